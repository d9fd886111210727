-- The orders Redis must know of: those that may still be committed keep their hold; the others of the recent past leave a
-- tombstone, so that a late repeat is answered from the order and not with "sold out". Run under the fence.
--
-- $1 how far back the past is recent
SELECT order_id, sku, quantity, fingerprint, status, line_count
FROM orders
WHERE status = 'placed' OR updated_at > $1
ORDER BY sku, order_id
