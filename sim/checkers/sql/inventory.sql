-- The balance of every product outside buckets. Read by the audit; takes no lock.
SELECT sku, on_hand FROM inventory ORDER BY sku
