-- Every order. Read by the audit; takes no lock.
SELECT order_id, shopper_id, sku, quantity, amount_cents, status, line_count FROM orders ORDER BY order_id
