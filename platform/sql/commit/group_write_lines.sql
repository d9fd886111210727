-- As group_write.sql, for a batch with orders of several products: orders and lines come as two lists. Returns how many
-- orders were moved and how many balances were changed; if either differs from the plan the caller rolls back.
--
-- $1 orders, $2 the card gateway's ids, $3 the events as JSON text, $4 of each line its order, $5 its SKU,
-- $6 its quantity, $7 now, $8 epoch from fence.sql
WITH batch AS (
    SELECT b.order_id, b.gateway_id, b.event
    FROM unnest($1::text[], $2::text[], $3::text[]) AS b (order_id, gateway_id, event)
), lines AS (
    SELECT l.order_id, l.sku, l.quantity
    FROM unnest($4::text[], $5::text[], $6::bigint[]) AS l (order_id, sku, quantity)
), totals AS (
    SELECT sku, sum(quantity)::bigint AS units
    FROM lines
    GROUP BY sku
), moved AS (
    UPDATE orders o
    SET status = 'confirmed', epoch = $8, updated_at = $7
    FROM batch
    WHERE o.order_id = batch.order_id AND o.status = 'placed'
    RETURNING o.order_id
), step AS (
    INSERT INTO order_transitions (order_id, seq, from_status, to_status, moved_at)
    SELECT order_id, 2, 'placed', 'confirmed', $7::timestamptz
    FROM moved
), paid AS (
    UPDATE payment_intents p
    SET status = 'captured', gateway_id = batch.gateway_id, updated_at = $7
    FROM batch
    WHERE p.order_id = batch.order_id
), event AS (
    INSERT INTO outbox (event_id, topic, event_key, kind, payload, created_at)
    SELECT order_id || ':order_confirmed', 'orders', order_id, 'order_confirmed', event::jsonb, $7::timestamptz
    FROM batch
), sold AS (
    INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
    SELECT sku, 'sold', order_id, - quantity, $7::timestamptz
    FROM lines
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
