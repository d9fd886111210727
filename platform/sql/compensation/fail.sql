-- Ends an order of which nothing was captured and nothing can be captured any more: from 'placed' when the card was
-- declined, from 'compensating' when the authorization was cancelled or never came to be. No row: it stands elsewhere.
--
-- $1 order, $2 the status it is in, $3 reason, $4 now, $5 the intent's status, $6 the decline's code or null
WITH moved AS (
    UPDATE orders
    SET status = 'failed', reason = $3, updated_at = $4
    WHERE order_id = $1 AND status = $2
    RETURNING order_id
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, CASE WHEN $2 = 'placed' THEN 2 ELSE 3 END, $2::text, 'failed', $4::timestamptz
    FROM moved
), unpaid AS (
    UPDATE payment_intents
    SET status = $5, decline_code = $6, updated_at = $4
    FROM moved
    WHERE payment_intents.order_id = moved.order_id
)
SELECT order_id FROM moved
