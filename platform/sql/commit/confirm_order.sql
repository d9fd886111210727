-- Moves one order to 'confirmed' and writes everything that goes with it but the stock, which comes last so that the
-- hot row is locked for the shortest time. Locks the order's row: another mover of the same order waits here and then
-- finds it no longer 'placed'. No row: it was not ours to move.
--
-- $1 order, $2 epoch from fence.sql, $3 now, $4 the card gateway's id, $5 the event as JSON text
WITH moved AS (
    UPDATE orders
    SET status = 'confirmed', epoch = $2, updated_at = $3
    WHERE order_id = $1 AND status = 'placed'
    RETURNING order_id
), step AS (
    -- 'placed' is always the first state, so this is always the second.
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 2, 'placed', 'confirmed', $3::timestamptz
    FROM moved
), paid AS (
    UPDATE payment_intents
    SET status = 'captured', gateway_id = $4, updated_at = $3
    FROM moved
    WHERE payment_intents.order_id = moved.order_id
), event AS (
    INSERT INTO outbox (event_id, topic, event_key, kind, payload, created_at)
    SELECT order_id || ':order_confirmed', 'orders', order_id, 'order_confirmed', $5::text::jsonb, $3::timestamptz
    FROM moved
)
SELECT order_id FROM moved
