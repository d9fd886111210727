-- Strategy `conditional`: takes the units if they are there, in one step, and books them. Locks the stock row; whoever
-- waited for it is tested against the newest balance. Nothing inserted: not enough left.
--
-- $1 SKU, $2 units, $3 order, $4 now
WITH taken AS (
    UPDATE inventory
    SET on_hand = on_hand - $2, version = version + 1
    WHERE sku = $1 AND status = 'open' AND on_hand >= $2
    RETURNING sku
)
INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
SELECT sku, 'sold', $3::text, - $2::bigint, $4::timestamptz
FROM taken
