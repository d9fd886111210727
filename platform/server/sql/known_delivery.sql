-- The units of a delivery as it was booked.
--
-- $1 sku, $2 delivery
SELECT delta
FROM stock_ledger
WHERE sku = $1 AND reference = $2 AND kind = 'stocked'
