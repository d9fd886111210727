-- The balance row of a product, unless it is there.
--
-- $1 sku
INSERT INTO inventory (sku, on_hand, version, status)
VALUES ($1, 0, 1, 'open')
ON CONFLICT (sku) DO NOTHING
