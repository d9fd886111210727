-- Orders that have been in a status long enough for the warehouse's next step, the longest-waiting first. Locks them
-- until the end of the transaction; what a shopper is just cancelling, or another warehouse has in hand, is stepped
-- over and found the next time. Called by the warehouse. The list of statuses is that of the partial index, which a
-- parameter alone could not prove: without it every order ever made is looked at.
--
-- $1 the status, one of the two, $2 in it since this time or longer, $3 how many
SELECT order_id, shopper_id, sku, quantity, amount_cents, currency, status, reason, line_count
FROM orders
WHERE status IN ('picking', 'shipped') AND status = $1 AND updated_at <= $2
ORDER BY updated_at, order_id
LIMIT $3
FOR UPDATE SKIP LOCKED
