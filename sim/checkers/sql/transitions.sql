-- Every move of every order. Read by the audit; takes no lock.
SELECT order_id, seq, from_status, to_status FROM order_transitions ORDER BY order_id, seq
