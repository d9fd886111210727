-- Everything that can be bought, for the product list that lanes and gateways keep in memory. Takes no lock.
SELECT sku, price_cents, currency, flash
FROM products
ORDER BY sku
