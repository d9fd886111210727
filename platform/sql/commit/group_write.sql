-- Strategy `group`: commits a batch whose orders are locked. Returns how many orders were moved and how many balances were
-- changed; if either differs from what the caller expects it rolls back.
--
-- The balances are locked here, in SKU order so that two batches cannot deadlock, unless group_lock_stock.sql did before: the
-- hot row is then held for one round trip and the COMMIT. Whoever waits for one takes from its newest version.
--
-- $1 orders, $2 their SKUs, $3 their quantities, $4 the card gateway's ids, $5 the events as JSON text, $6 now,
-- $7 epoch from fence.sql
WITH batch AS (
    SELECT b.order_id, b.sku, b.quantity, b.gateway_id, b.event
    FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[])
        AS b (order_id, sku, quantity, gateway_id, event)
), totals AS (
    SELECT sku, sum(quantity)::bigint AS units
    FROM batch
    GROUP BY sku
), moved AS (
    UPDATE orders o
    SET status = 'confirmed', epoch = $7, updated_at = $6
    FROM batch
    WHERE o.order_id = batch.order_id AND o.status = 'placed'
    RETURNING o.order_id
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 2, 'placed', 'confirmed', $6::timestamptz
    FROM moved
), paid AS (
    UPDATE payment_intents p
    SET status = 'captured', gateway_id = batch.gateway_id, updated_at = $6
    FROM batch
    WHERE p.order_id = batch.order_id
), event AS (
    INSERT INTO outbox (event_id, topic, event_key, kind, payload, created_at)
    SELECT order_id || ':order_confirmed', 'orders', order_id, 'order_confirmed', event::jsonb, $6::timestamptz
    FROM batch
), sold AS (
    INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
    SELECT sku, 'sold', order_id, - quantity, $6::timestamptz
    FROM batch
), balances AS (
    SELECT sku
    FROM inventory
    WHERE sku IN (SELECT sku FROM totals) AND status = 'open'
    ORDER BY sku
    FOR UPDATE
), taken AS (
    UPDATE inventory i
    SET on_hand = i.on_hand - totals.units, version = i.version + 1
    FROM balances JOIN totals ON totals.sku = balances.sku
    WHERE i.sku = balances.sku AND i.status = 'open' AND i.on_hand >= totals.units
    RETURNING i.sku
)
SELECT (SELECT count(*) FROM moved) AS orders_moved, (SELECT count(*) FROM taken) AS balances_changed
