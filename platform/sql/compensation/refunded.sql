-- Ends an order whose capture has been given back. No row: it is not 'compensating' (any more).
--
-- $1 order, $2 now, $3 the card gateway's id, $4 the event as JSON text
WITH moved AS (
    UPDATE orders
    SET status = 'refunded', updated_at = $2
    WHERE order_id = $1 AND status = 'compensating'
    RETURNING order_id
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 3, 'compensating', 'refunded', $2::timestamptz
    FROM moved
), repaid AS (
    UPDATE payment_intents
    SET status = 'refunded', gateway_id = $3, updated_at = $2
    FROM moved
    WHERE payment_intents.order_id = moved.order_id
), event AS (
    INSERT INTO outbox (event_id, topic, event_key, kind, payload, created_at)
    SELECT order_id || ':order_refunded', 'orders', order_id, 'order_refunded', $4::text::jsonb, $2::timestamptz
    FROM moved
)
SELECT order_id FROM moved
