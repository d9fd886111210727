-- Asks for one parcel per line of each confirmed order. Takes no lock but the new rows'. Called by the warehouse consumer.
--
-- $1 of each line its order, $2 its SKU, $3 its quantity, $4 now
INSERT INTO shipments (order_id, sku, quantity, requested_at)
SELECT s.order_id, s.sku, s.quantity, $4::timestamptz
FROM unnest($1::text[], $2::text[], $3::bigint[]) AS s (order_id, sku, quantity)
