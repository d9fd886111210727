-- A product as it is stored, for comparing it with the catalog's.
--
-- $1 sku
SELECT name, price_cents, currency, flash
FROM products
WHERE sku = $1
