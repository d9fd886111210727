-- Moves one order to 'cancelling' and records the move. The compensation worker takes it up at once: the refund and
-- the return of the stock are its work. The row is already locked by lock_own.sql; the status is tested all the same,
-- so that this statement is right on its own. Called by a cancellation.
--
-- $1 the order, $2 the status it was found in, $3 now
WITH moved AS (
    UPDATE orders
    SET status = 'cancelling', reason = 'cancelled', next_attempt_at = $3, attempts = 0, updated_at = $3
    WHERE order_id = $1 AND status = $2
    RETURNING order_id
), latest AS (
    SELECT order_id, max(seq) AS seq
    FROM order_transitions
    WHERE order_id = $1
    GROUP BY order_id
)
INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
SELECT moved.order_id, latest.seq + 1, $2::text, 'cancelling', $3::timestamptz
FROM moved JOIN latest ON latest.order_id = moved.order_id
RETURNING order_id
