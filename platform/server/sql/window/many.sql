-- Generated products with the numbers from $1 to $2: the same number is always the same product. What is there stays.
--
-- $1 first number, $2 last number, $3 kinds, $4 materials, $5 moods, $6 how many categories, $7 how many sellers
INSERT INTO products (sku, seller_id, category, name, description, attributes, price_cents, currency, flash,
                      deal_ends_at, status, version, updated_at)
SELECT 'M' || lpad(n::text, 8, '0'), 'Seller ' || (1 + n * 31 % $7), 'aisle-' || (1 + n * 17 % $6),
       initcap(mood) || ' ' || material || ' ' || kind || ' ' || n,
       'A ' || kind || ' for every day, made of ' || material
           || '. It does what it says, quietly and for years, and is taken back when it does not.',
       jsonb_build_object('material', material, 'model', n::text),
       100 + n * 7919 % 100000, 'usd', false, NULL, 'active', 1, now()
FROM generate_series($1, $2) AS n,
     LATERAL (SELECT ($3::text[])[(1 + n % cardinality($3::text[]))::int] AS kind,
                     ($4::text[])[(1 + n / 3 % cardinality($4::text[]))::int] AS material,
                     ($5::text[])[(1 + n / 7 % cardinality($5::text[]))::int] AS mood) AS words
ON CONFLICT (sku) DO NOTHING
