-- Adds a batch to the counts of what was bought together, one row per ordered pair. Locks the pairs' rows until the end of
-- the transaction; they come sorted and once each, so that two members cannot wait for each other. Called by the
-- recommendations consumer.
--
-- $1 SKUs, $2 the other SKU of each, $3 orders
INSERT INTO bought_together (sku, other, orders)
SELECT p.sku, p.other, p.orders
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS p (sku, other, orders)
ON CONFLICT (sku, other) DO UPDATE SET orders = bought_together.orders + EXCLUDED.orders
