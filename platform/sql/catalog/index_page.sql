-- Every product, hidden ones too, in SKU order: what a search index is built from. Takes no lock; a change that commits
-- meanwhile comes by the change stream.
--
-- $1 the last SKU of the page before, empty for the first page, $2 how many
SELECT sku, seller_id, category, name, description, attributes, price_cents, currency, flash, deal_ends_at, status, version
FROM products
WHERE sku > $1
ORDER BY sku
LIMIT $2
