-- The balances that are split over rows. Read by the audit; takes no lock.
SELECT sku, bucket, on_hand FROM inventory_buckets ORDER BY sku, bucket
