-- A product of the catalog, unless it is there.
--
-- $1 sku, $2 name, $3 price in cents, $4 currency, $5 whether the flash lane sells it
INSERT INTO products (sku, name, price_cents, currency, flash, created_at)
VALUES ($1, $2, $3, $4, $5, now())
ON CONFLICT (sku) DO NOTHING
