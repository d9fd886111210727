-- The lines of every order after its first. Read by the audit; takes no lock.
SELECT order_id, sku, quantity, amount_cents FROM order_lines ORDER BY order_id, sku
