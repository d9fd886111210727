-- The further lines of orders that have any, in SKU order. An order's lines never change, so this fits whatever was read of
-- the orders before. Takes no lock. Called for orders whose line_count says so, and for no others.
--
-- $1 orders
SELECT order_id, sku, quantity, amount_cents
FROM order_lines
WHERE order_id = ANY ($1)
ORDER BY order_id, sku
