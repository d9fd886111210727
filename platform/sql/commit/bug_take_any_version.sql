-- KNOWN BUG, commit-without-version-test: writes the balance computed from what was read earlier, whatever happened in
-- between. The other's sale is lost from the balance.
--
-- $1 SKU, $2 units, $3 order, $4 now, $5 the balance read, $6 the version read
WITH taken AS (
    UPDATE inventory
    SET on_hand = $5::bigint - $2::bigint, version = $6::bigint + 1
    WHERE sku = $1
    RETURNING sku
)
INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
SELECT sku, 'sold', $3::text, - $2::bigint, $4::timestamptz
FROM taken
