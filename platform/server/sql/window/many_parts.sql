-- Categories and sellers for generated products.
--
-- $1 how many categories, $2 how many sellers
WITH made_categories AS (
    INSERT INTO categories (category, name)
    SELECT 'aisle-' || n, 'Aisle ' || n FROM generate_series(1, $1) AS n
    ON CONFLICT DO NOTHING
)
INSERT INTO sellers (seller_id, name)
SELECT 'Seller ' || n, 'Seller ' || n FROM generate_series(1, $2) AS n
ON CONFLICT DO NOTHING
