-- Returns the units of one further line of a cancelled order to stock. Runs after cancelled.sql in its transaction, once
-- per line in SKU order: cancelled.sql has locked the first line's balance, whose SKU is the smallest, so that all
-- balances are locked in SKU order, as every commit locks them. Nothing inserted: the order has no such line.
--
-- $1 order, $2 SKU, $3 now
WITH line AS (
    SELECT order_id, sku, quantity
    FROM order_lines
    WHERE order_id = $1 AND sku = $2
), entry AS (
    INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
    SELECT sku, 'returned', order_id, quantity, $3::timestamptz
    FROM line
)
UPDATE inventory
SET on_hand = inventory.on_hand + line.quantity, version = inventory.version + 1
FROM line
WHERE inventory.sku = line.sku
