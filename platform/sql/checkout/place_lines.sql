-- As place.sql, for an order of several products: its further lines are written with it, in the same statement.
--
-- No row: the epoch has moved or the gate is not open. A row without order_id: the order was there before.
--
-- $1 order, $2 shopper, $3 SKU, $4 quantity, $5 amount in cents of all lines, $6 currency, $7 fingerprint,
-- $8 payment method, $9 further SKUs, $10 their quantities, $11 their amounts in cents, $12 epoch of the holds,
-- $13 end of the saga's lease, $14 now, $15 number of lines
WITH gate AS (
    SELECT epoch
    FROM gate_epoch
    WHERE id = 1 AND epoch = $12 AND state = 'open'
    FOR SHARE
), placed AS (
    INSERT INTO orders (order_id, shopper_id, sku, quantity, amount_cents, currency, status, fingerprint,
                        payment_method, epoch, next_attempt_at, attempts, placed_at, updated_at, line_count)
    SELECT $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, 'placed', $7::text,
           $8::text, gate.epoch, $13::timestamptz, 0, $14::timestamptz, $14::timestamptz, $15::bigint
    FROM gate
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id, amount_cents
), further AS (
    INSERT INTO order_lines (order_id, sku, quantity, amount_cents)
    SELECT placed.order_id, l.sku, l.quantity, l.amount_cents
    FROM placed CROSS JOIN unnest($9::text[], $10::bigint[], $11::bigint[]) AS l (sku, quantity, amount_cents)
), intent AS (
    INSERT INTO payment_intents (order_id, amount_cents, status, updated_at)
    SELECT order_id, amount_cents, 'created', $14::timestamptz
    FROM placed
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 1, NULL, 'placed', $14::timestamptz
    FROM placed
)
SELECT gate.epoch, placed.order_id
FROM gate LEFT JOIN placed ON placed.order_id = $1
