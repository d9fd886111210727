-- Strategy `buckets`, stealing: locks every bucket of the SKU that has units, in bucket order so that two thieves cannot
-- deadlock, and says what they hold.
--
-- $1 SKU
SELECT bucket, on_hand
FROM inventory_buckets
WHERE sku = $1 AND on_hand > 0
ORDER BY bucket
FOR UPDATE
