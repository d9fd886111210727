-- Moves an order from 'placed' to 'compensating': from here on no saga, however slow, can commit it, so what it has
-- taken can be given back. Called before any money is given back. No row: somebody else moved it first.
--
-- $1 order, $2 reason, $3 now, $4 when the compensation worker may take it up
WITH moved AS (
    UPDATE orders
    SET status = 'compensating', reason = $2, updated_at = $3, next_attempt_at = $4
    WHERE order_id = $1 AND status = 'placed'
    RETURNING order_id
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 2, 'placed', 'compensating', $3::timestamptz
    FROM moved
)
SELECT order_id FROM moved
