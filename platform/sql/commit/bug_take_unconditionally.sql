-- KNOWN BUG, conditional-without-condition: takes the units without asking whether they are there, trusting that the
-- gate let nobody through for nothing.
--
-- $1 SKU, $2 units, $3 order, $4 now
WITH taken AS (
    UPDATE inventory
    SET on_hand = on_hand - $2, version = version + 1
    WHERE sku = $1 AND status = 'open'
    RETURNING sku
)
INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
SELECT sku, 'sold', $3::text, - $2::bigint, $4::timestamptz
FROM taken
