-- Moves those of the given orders that stand in one status to the next, and records each move. An order that has left
-- the status meanwhile (cancelled, say) is passed over: the WHERE is tested again on the newest version after a wait.
-- No state comes twice in an order's life, so the highest seq of the snapshot is still the highest whenever the status
-- still matches. Locks the rows it moves until the end of the transaction. Called by the warehouse.
--
-- $1 the orders, $2 from, $3 to, $4 now. Returns the orders that moved.
WITH moved AS (
    UPDATE orders
    SET status = $3, updated_at = $4
    WHERE order_id = ANY ($1) AND status = $2
    RETURNING order_id
), latest AS (
    SELECT order_id, max(seq) AS seq
    FROM order_transitions
    WHERE order_id = ANY ($1)
    GROUP BY order_id
)
INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
SELECT moved.order_id, latest.seq + 1, $2::text, $3::text, $4::timestamptz
FROM moved JOIN latest ON latest.order_id = moved.order_id
RETURNING order_id
