-- Strategy `buckets`, stealing: takes the planned units from buckets that lock_buckets.sql has locked, and books the
-- order's units once.
--
-- $1 SKU, $2 units of the order, $3 order, $4 now, $5 buckets, $6 units of each
WITH plan AS (
    SELECT p.bucket, p.units
    FROM unnest($5::bigint[], $6::bigint[]) AS p (bucket, units)
), taken AS (
    UPDATE inventory_buckets b
    SET on_hand = b.on_hand - plan.units
    FROM plan
    WHERE b.sku = $1 AND b.bucket = plan.bucket AND b.on_hand >= plan.units
    RETURNING plan.units AS units
)
INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
SELECT $1::text, 'sold', $3::text, - $2::bigint, $4::timestamptz
FROM taken
HAVING sum(taken.units) = $2
