-- A page of one category, in SKU order. Takes no lock.
--
-- $1 the last SKU of the page before, empty for the first page, $2 how many, $3 category
SELECT sku, name, category, price_cents, currency, flash, deal_ends_at
FROM products
WHERE category = $3 AND status = 'active' AND sku > $1
ORDER BY sku
LIMIT $2
