-- Units on hand of these products, those split over buckets included.
SELECT sku,
       on_hand + coalesce((SELECT sum(b.on_hand) FROM inventory_buckets b WHERE b.sku = i.sku), 0)::bigint AS on_hand
FROM inventory i
WHERE sku = ANY ($1)
