-- Strategy `buckets`: takes the units from one bucket of the SKU if they are there, and books them. Orders of one SKU
-- hash to different buckets and do not queue on one row. Nothing inserted: not enough in this bucket.
--
-- $1 SKU, $2 units, $3 order, $4 now, $5 bucket
WITH taken AS (
    UPDATE inventory_buckets
    SET on_hand = on_hand - $2
    WHERE sku = $1 AND bucket = $5 AND on_hand >= $2
    RETURNING sku
)
INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
SELECT sku, 'sold', $3::text, - $2::bigint, $4::timestamptz
FROM taken
