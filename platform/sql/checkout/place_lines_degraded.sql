-- As place_degraded.sql, for an order of several products: all of them must be there, or nothing is written.
--
-- No row: the gate is not closed. A row without order_id: the order was there before, or there is not enough of
-- short_sku, the first SKU that falls short.
--
-- $1 order, $2 shopper, $3 SKU, $4 quantity, $5 amount in cents of all lines, $6 currency, $7 fingerprint,
-- $8 payment method, $9 further SKUs, $10 their quantities, $11 their amounts in cents, $12 end of the saga's lease,
-- $13 now, $14 number of lines, $15 all SKUs, $16 all quantities
WITH gate AS (
    SELECT epoch
    FROM gate_epoch
    WHERE id = 1 AND state = 'closed'
    FOR SHARE
), wanted AS (
    SELECT w.sku, w.quantity
    FROM unnest($15::text[], $16::bigint[]) AS w (sku, quantity)
), bucketed AS (
    SELECT sku, sum(on_hand)::bigint AS units
    FROM inventory_buckets
    WHERE sku = ANY ($15)
    GROUP BY sku
), promised AS (
    SELECT p.sku, sum(p.quantity)::bigint AS units
    FROM (
        SELECT o.sku, o.quantity
        FROM orders o
        WHERE o.status IN ('placed', 'compensating', 'cancelling') AND o.status = 'placed'
        UNION ALL
        SELECT l.sku, l.quantity
        FROM orders o JOIN order_lines l ON l.order_id = o.order_id
        WHERE o.status IN ('placed', 'compensating', 'cancelling') AND o.status = 'placed'
    ) p
    WHERE p.sku = ANY ($15)
    GROUP BY p.sku
), short AS (
    SELECT min(wanted.sku) AS sku
    FROM wanted
        LEFT JOIN inventory i ON i.sku = wanted.sku
        LEFT JOIN bucketed ON bucketed.sku = wanted.sku
        LEFT JOIN promised ON promised.sku = wanted.sku
    WHERE COALESCE(i.on_hand, 0) + COALESCE(bucketed.units, 0) - COALESCE(promised.units, 0) < wanted.quantity
), placed AS (
    INSERT INTO orders (order_id, shopper_id, sku, quantity, amount_cents, currency, status, fingerprint,
                        payment_method, epoch, next_attempt_at, attempts, placed_at, updated_at, line_count)
    SELECT $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, 'placed', $7::text,
           $8::text, 0, $12::timestamptz, 0, $13::timestamptz, $13::timestamptz, $14::bigint
    FROM gate CROSS JOIN short
    WHERE short.sku IS NULL
    ON CONFLICT (order_id) DO NOTHING
    RETURNING order_id, amount_cents
), further AS (
    INSERT INTO order_lines (order_id, sku, quantity, amount_cents)
    SELECT placed.order_id, l.sku, l.quantity, l.amount_cents
    FROM placed CROSS JOIN unnest($9::text[], $10::bigint[], $11::bigint[]) AS l (sku, quantity, amount_cents)
), intent AS (
    INSERT INTO payment_intents (order_id, amount_cents, status, updated_at)
    SELECT order_id, amount_cents, 'created', $13::timestamptz
    FROM placed
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 1, NULL, 'placed', $13::timestamptz
    FROM placed
)
SELECT gate.epoch, short.sku AS short_sku, placed.order_id
FROM gate CROSS JOIN short LEFT JOIN placed ON placed.order_id = $1
