-- What every SKU has on hand, buckets included. Takes no lock; the rebuild runs it under the fence, the leak gauge without.
SELECT i.sku, i.on_hand + COALESCE(b.units, 0) AS units
FROM inventory i
    LEFT JOIN (SELECT sku, sum(on_hand)::bigint AS units FROM inventory_buckets GROUP BY sku) b ON b.sku = i.sku
ORDER BY i.sku
