-- One order of one shopper, locked, so that what is decided about it still holds when it is written down. Locks the
-- row FOR UPDATE until the end of the transaction: the warehouse and the compensation worker wait or step over it.
-- Called first by a cancellation.
--
-- $1 the order, $2 the shopper
SELECT order_id, shopper_id, sku, quantity, amount_cents, currency, status, reason, line_count
FROM orders
WHERE order_id = $1 AND shopper_id = $2
FOR UPDATE
