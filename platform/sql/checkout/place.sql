-- Writes down an order, its payment intent and its first transition, before any money moves. One statement is one
-- transaction: there is never an order without its intent.
--
-- The gate row is locked FOR SHARE, so this and a move of the epoch are ordered one after the other: either the rebuild
-- of the counters sees this order and keeps its hold, or this statement finds another epoch and writes nothing. A hold
-- taken under a closed epoch thus never backs an order.
--
-- No row: the epoch has moved or the gate is not open. A row without order_id: the order was there before.
--
-- $1 order, $2 shopper, $3 SKU, $4 quantity, $5 amount in cents, $6 currency, $7 fingerprint, $8 payment method,
-- $9 epoch of the hold, $10 end of the saga's lease, $11 now
WITH gate AS (
    SELECT epoch
    FROM gate_epoch
    WHERE id = 1 AND epoch = $9 AND state = 'open'
    FOR SHARE
), placed AS (
    INSERT INTO orders (order_id, shopper_id, sku, quantity, amount_cents, currency, status, fingerprint,
                        payment_method, epoch, next_attempt_at, attempts, placed_at, updated_at)
    SELECT $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, 'placed', $7::text,
           $8::text, gate.epoch, $10::timestamptz, 0, $11::timestamptz, $11::timestamptz
    FROM gate
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id, amount_cents
), intent AS (
    INSERT INTO payment_intents (order_id, amount_cents, status, updated_at)
    SELECT order_id, amount_cents, 'created', $11::timestamptz
    FROM placed
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 1, NULL, 'placed', $11::timestamptz
    FROM placed
)
SELECT gate.epoch, placed.order_id
FROM gate LEFT JOIN placed ON placed.order_id = $1
