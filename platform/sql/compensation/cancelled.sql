-- Ends a cancelled order whose money has been given back, and returns its units to stock. Runs in a transaction after
-- fence.sql, because it moves stock. The unique key of the ledger would refuse a second return. The units go to the
-- balance; where stock is split into buckets, the inventory role spreads them. No row: it is not 'cancelling' (any more).
--
-- $1 order, $2 epoch from fence.sql, $3 now, $4 the card gateway's id, $5 the event as JSON text
WITH latest AS (
    SELECT order_id, max(seq) AS seq
    FROM order_transitions
    WHERE order_id = $1
    GROUP BY order_id
), moved AS (
    UPDATE orders
    SET status = 'cancelled', reason = 'cancelled', epoch = $2, updated_at = $3
    WHERE order_id = $1 AND status = 'cancelling'
    RETURNING order_id, sku, quantity
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT moved.order_id, latest.seq + 1, 'cancelling', 'cancelled', $3::timestamptz
    FROM moved JOIN latest ON latest.order_id = moved.order_id
), repaid AS (
    UPDATE payment_intents
    SET status = 'refunded', gateway_id = $4, updated_at = $3
    FROM moved
    WHERE payment_intents.order_id = moved.order_id
), event AS (
    INSERT INTO outbox (event_id, topic, event_key, kind, payload, created_at)
    SELECT order_id || ':order_cancelled', 'orders', order_id, 'order_cancelled', $5::text::jsonb, $3::timestamptz
    FROM moved
), entry AS (
    INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
    SELECT sku, 'returned', order_id, quantity, $3::timestamptz
    FROM moved
), stock AS (
    UPDATE inventory
    SET on_hand = inventory.on_hand + moved.quantity, version = inventory.version + 1
    FROM moved
    WHERE inventory.sku = moved.sku
)
SELECT order_id FROM moved
