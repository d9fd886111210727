-- One order as shoppers see it. Takes no lock. Called for GET /internal/orders/{id}.
--
-- $1 the order
SELECT order_id, shopper_id, sku, quantity, amount_cents, currency, status, reason, line_count
FROM orders
WHERE order_id = $1
