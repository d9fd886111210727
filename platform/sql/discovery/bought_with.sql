-- What was bought most often together with a product. Takes no lock. Called for a product's page.
--
-- $1 SKU, $2 how many
SELECT other, orders
FROM bought_together
WHERE sku = $1
ORDER BY orders DESC, other
LIMIT $2
