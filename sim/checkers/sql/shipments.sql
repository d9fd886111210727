-- Every parcel. Read by the audit; takes no lock.
SELECT order_id, sku, quantity FROM shipments ORDER BY shipment_id
