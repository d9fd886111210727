-- What became of the orders of expired holds. An id without a row never became an order. Takes no lock.
--
-- $1 orders
SELECT order_id, status, epoch, sku, quantity, fingerprint, line_count
FROM orders
WHERE order_id = ANY ($1)
