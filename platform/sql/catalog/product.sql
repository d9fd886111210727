-- One product as its page shows it. No row: there is none, or it is hidden. Takes no lock.
--
-- $1 SKU
SELECT p.sku, p.name, p.description, p.category, c.name AS category_name, s.name AS seller, p.attributes,
       p.price_cents, p.currency, p.flash, p.deal_ends_at, p.version
FROM products p
     JOIN categories c ON c.category = p.category
     JOIN sellers s ON s.seller_id = p.seller_id
WHERE p.sku = $1 AND p.status = 'active'
