-- Strategy `version`, first half: the balance and its version, not locked.
--
-- $1 SKU
SELECT on_hand, version
FROM inventory
WHERE sku = $1 AND status = 'open'
