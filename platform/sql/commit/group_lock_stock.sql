-- Strategy `group`: locks the balances a batch will take from, in SKU order, and reads them. Comes after the orders are
-- locked and right before the one statement that writes, so the hot row is held for two round trips and the COMMIT,
-- whatever the size of the batch.
--
-- $1 SKUs
SELECT sku, on_hand
FROM inventory
WHERE sku = ANY ($1) AND status = 'open'
ORDER BY sku
FOR UPDATE
