-- Adds a batch to the running totals, one row per SKU. Locks the SKUs' rows until the end of the transaction; they
-- come sorted and once each, so that two members cannot wait for each other. Called by the analytics consumer.
--
-- $1 SKUs, $2 orders, $3 units, $4 revenue in cents, $5 cancelled orders
INSERT INTO sales_by_sku (sku, orders, units, revenue_cents, cancelled)
SELECT s.sku, s.orders, s.units, s.revenue_cents, s.cancelled
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::bigint[], $5::bigint[])
    AS s (sku, orders, units, revenue_cents, cancelled)
ON CONFLICT (sku) DO UPDATE SET
    orders = sales_by_sku.orders + EXCLUDED.orders,
    units = sales_by_sku.units + EXCLUDED.units,
    revenue_cents = sales_by_sku.revenue_cents + EXCLUDED.revenue_cents,
    cancelled = sales_by_sku.cancelled + EXCLUDED.cancelled
