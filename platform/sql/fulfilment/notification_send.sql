-- The messages to shoppers, one per event. Takes no lock but the new rows'. Called by the notification consumer.
--
-- $1 event ids, $2 orders, $3 shoppers, $4 messages, $5 now
INSERT INTO notifications (event_id, order_id, shopper_id, message, sent_at)
SELECT n.event_id, n.order_id, n.shopper_id, n.message, $5::timestamptz
FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS n (event_id, order_id, shopper_id, message)
