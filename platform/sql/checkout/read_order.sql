-- One order with what is known of its payment, as it stands now. Takes no lock. Called to answer a repeat, and after
-- any answer that was lost.
--
-- $1 order
SELECT o.order_id, o.shopper_id, o.sku, o.quantity, o.amount_cents, o.currency, o.status, o.reason, o.fingerprint,
       o.payment_method, o.epoch, o.next_attempt_at, o.attempts, o.placed_at, o.line_count, p.decline_code
FROM orders o LEFT JOIN payment_intents p ON p.order_id = o.order_id
WHERE o.order_id = $1
