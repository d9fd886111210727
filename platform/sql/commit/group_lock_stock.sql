-- Strategy `group`: locks the balances a batch will take from, in SKU order, and reads them. Only for a batch that was
-- tried as a whole and found a balance too small: it holds the hot row for one round trip more. Others who look for the row
-- between its change and the COMMIT then overtake those who have stood in line for it, and batches become uneven.
--
-- $1 SKUs
SELECT sku, on_hand
FROM inventory
WHERE sku = ANY ($1) AND status = 'open'
ORDER BY sku
FOR UPDATE
