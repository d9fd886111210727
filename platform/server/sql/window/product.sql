-- A product's page, or what it is from now on.
--
-- $1 SKU, $2 seller, $3 category, $4 name, $5 description, $6 attributes, $7 price in cents, $8 currency, $9 whether the
-- flash lane sells it, $10 when its deal ends, or null
INSERT INTO products (sku, seller_id, category, name, description, attributes, price_cents, currency, flash,
                      deal_ends_at, status, version, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', 1, now())
ON CONFLICT (sku) DO UPDATE
SET seller_id = EXCLUDED.seller_id, category = EXCLUDED.category, name = EXCLUDED.name,
    description = EXCLUDED.description, attributes = EXCLUDED.attributes, price_cents = EXCLUDED.price_cents,
    currency = EXCLUDED.currency, flash = EXCLUDED.flash, deal_ends_at = EXCLUDED.deal_ends_at,
    version = products.version + 1, updated_at = EXCLUDED.updated_at
