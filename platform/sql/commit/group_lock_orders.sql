-- Strategy `group`: locks those orders of a batch that may still be committed, in id order so that two batches cannot
-- deadlock. An order that is missing from the answer was moved by somebody else.
--
-- $1 orders
SELECT order_id
FROM orders
WHERE order_id = ANY ($1) AND status = 'placed'
ORDER BY order_id
FOR UPDATE
