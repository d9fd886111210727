-- As orders_for_rebuild.sql, for the further lines of those orders. Run under the fence, right after it.
--
-- $1 how far back the past is recent
SELECT l.order_id, l.sku, l.quantity, o.fingerprint, o.status
FROM orders o JOIN order_lines l ON l.order_id = o.order_id
WHERE o.line_count > 1 AND (o.status = 'placed' OR o.updated_at > $1)
ORDER BY l.sku, l.order_id
