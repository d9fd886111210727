-- Strategy `buckets`: moves what lies in the balance row (supply, returned units) into the buckets, as evenly as it goes.
-- The sum over row and buckets does not change. Locks the balance rows in SKU order.
--
-- $1 number of buckets, $2 their numbers from 0
WITH supply AS (
    SELECT sku, on_hand
    FROM inventory
    WHERE on_hand > 0
    ORDER BY sku
    FOR UPDATE
), emptied AS (
    UPDATE inventory i
    SET on_hand = i.on_hand - supply.on_hand, version = i.version + 1
    FROM supply
    WHERE i.sku = supply.sku
)
INSERT INTO inventory_buckets (sku, bucket, on_hand)
SELECT supply.sku, b.bucket,
       supply.on_hand / $1::bigint + CASE WHEN b.bucket < supply.on_hand % $1::bigint THEN 1 ELSE 0 END
FROM supply CROSS JOIN unnest($2::bigint[]) AS b (bucket)
-- By SKU and then by bucket, as orders of several products lock them: none can wait for this while it is waited for.
ORDER BY supply.sku, b.bucket
ON CONFLICT (sku, bucket) DO UPDATE SET on_hand = inventory_buckets.on_hand + EXCLUDED.on_hand
