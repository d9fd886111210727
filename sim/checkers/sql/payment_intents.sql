-- What the platform believes of each order's money. Read by the audit; takes no lock.
SELECT order_id, amount_cents, status FROM payment_intents ORDER BY order_id
