-- Claims orders that nobody has settled and whose lease is over, oldest first. Several workers pass over each other's
-- rows (SKIP LOCKED); the new lease keeps a claimed order out of the next worker's sight. A lease is a courtesy, not a
-- fence: every step a claim leads to is guarded by the order's status and safe to do twice.
--
-- $1 now, $2 end of the new lease, $3 how many
WITH due AS (
    SELECT order_id
    FROM orders
    WHERE status IN ('placed', 'compensating', 'cancelling') AND next_attempt_at <= $1
    ORDER BY next_attempt_at
    LIMIT $3
    FOR UPDATE SKIP LOCKED
)
UPDATE orders o
SET next_attempt_at = $2, attempts = o.attempts + 1
FROM due
WHERE o.order_id = due.order_id
RETURNING o.order_id, o.shopper_id, o.sku, o.quantity, o.amount_cents, o.currency, o.status, o.reason, o.fingerprint,
          o.payment_method, o.epoch, o.next_attempt_at, o.attempts, o.placed_at, o.line_count,
          NULL::text AS decline_code
