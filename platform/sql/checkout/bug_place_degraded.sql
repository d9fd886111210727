-- KNOWN BUG, part of conditional-without-condition: whoever forgets the condition of the commit trusts that somebody
-- else has looked, and nobody does. As place_degraded.sql, without the look at what is left.
--
-- $1 order, $2 shopper, $3 SKU, $4 quantity, $5 amount in cents, $6 currency, $7 fingerprint, $8 payment method,
-- $9 end of the saga's lease, $10 now
WITH gate AS (
    SELECT epoch
    FROM gate_epoch
    WHERE id = 1 AND state = 'closed'
    FOR SHARE
), placed AS (
    INSERT INTO orders (order_id, shopper_id, sku, quantity, amount_cents, currency, status, fingerprint,
                        payment_method, epoch, next_attempt_at, attempts, placed_at, updated_at)
    SELECT $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, 'placed', $7::text,
           $8::text, 0, $9::timestamptz, 0, $10::timestamptz, $10::timestamptz
    FROM gate
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id, amount_cents
), intent AS (
    INSERT INTO payment_intents (order_id, amount_cents, status, updated_at)
    SELECT order_id, amount_cents, 'created', $10::timestamptz
    FROM placed
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 1, NULL, 'placed', $10::timestamptz
    FROM placed
)
SELECT gate.epoch, $4::bigint AS units_left, placed.order_id
FROM gate LEFT JOIN placed ON placed.order_id = $1
