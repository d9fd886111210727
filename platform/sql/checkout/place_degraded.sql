-- Writes down an order while Redis is away, with epoch 0 for "no hold". Only while the gate is marked 'closed': the two
-- ways of placing exclude each other, so that once the gate opens again the rebuilt counters know of every order.
--
-- First looks whether what is on hand, less the orders that may still be committed, leaves enough. Two of these
-- statements may look at the same moment and both find the last unit: the condition of the commit is what guards, this
-- look only spares shoppers a charge and a refund.
--
-- No row: the gate is not closed. A row without order_id: the order was there before, or there is not enough
-- (units_left says).
--
-- $1 order, $2 shopper, $3 SKU, $4 quantity, $5 amount in cents, $6 currency, $7 fingerprint, $8 payment method,
-- $9 end of the saga's lease, $10 now
WITH gate AS (
    SELECT epoch
    FROM gate_epoch
    WHERE id = 1 AND state = 'closed'
    FOR SHARE
), stock AS (
    SELECT i.on_hand
               + COALESCE((SELECT sum(b.on_hand) FROM inventory_buckets b WHERE b.sku = $3), 0)::bigint
               - COALESCE((SELECT sum(o.quantity) FROM orders o
                           WHERE o.sku = $3 AND o.status IN ('placed', 'compensating', 'cancelling')
                             AND o.status = 'placed'), 0)::bigint
               - COALESCE((SELECT sum(l.quantity) FROM orders o JOIN order_lines l ON l.order_id = o.order_id
                           WHERE l.sku = $3 AND o.status IN ('placed', 'compensating', 'cancelling')
                             AND o.status = 'placed'), 0)::bigint AS units_left
    FROM inventory i
    WHERE i.sku = $3
), placed AS (
    INSERT INTO orders (order_id, shopper_id, sku, quantity, amount_cents, currency, status, fingerprint,
                        payment_method, epoch, next_attempt_at, attempts, placed_at, updated_at)
    SELECT $1::text, $2::text, $3::text, $4::bigint, $5::bigint, $6::text, 'placed', $7::text,
           $8::text, 0, $9::timestamptz, 0, $10::timestamptz, $10::timestamptz
    FROM gate CROSS JOIN stock
    WHERE stock.units_left >= $4
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
SELECT gate.epoch, stock.units_left, placed.order_id
FROM gate CROSS JOIN stock LEFT JOIN placed ON placed.order_id = $1
