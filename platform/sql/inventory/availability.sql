-- What can be bought of one SKU, from Postgres alone: on hand less the orders that may still be committed. Takes no lock.
-- Called while Redis is away.
--
-- $1 SKU
SELECT i.on_hand
           + COALESCE((SELECT sum(b.on_hand) FROM inventory_buckets b WHERE b.sku = $1), 0)::bigint
           - COALESCE((SELECT sum(o.quantity) FROM orders o
                       WHERE o.sku = $1 AND o.status IN ('placed', 'compensating', 'cancelling')
                         AND o.status = 'placed'), 0)::bigint
           - COALESCE((SELECT sum(l.quantity) FROM orders o JOIN order_lines l ON l.order_id = o.order_id
                       WHERE l.sku = $1 AND o.status IN ('placed', 'compensating', 'cancelling')
                         AND o.status = 'placed'), 0)::bigint AS units
FROM inventory i
WHERE i.sku = $1
