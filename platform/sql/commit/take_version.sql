-- Strategy `version`, second half: writes the new balance if nobody changed the row since it was read. Nothing
-- inserted: somebody did, and the whole transaction is tried again. On one hot row all but one of the waiters fail each
-- time, which is why this strategy collapses.
--
-- $1 SKU, $2 units, $3 order, $4 now, $5 the balance read, $6 the version read
WITH taken AS (
    UPDATE inventory
    SET on_hand = $5::bigint - $2::bigint, version = $6::bigint + 1
    WHERE sku = $1 AND version = $6
    RETURNING sku
)
INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
SELECT sku, 'sold', $3::text, - $2::bigint, $4::timestamptz
FROM taken
