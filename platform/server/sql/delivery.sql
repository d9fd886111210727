-- Books a delivery, once: the ledger's key on (reference, sku, kind) lets no delivery be booked twice. No row comes back
-- when it was booked before.
--
-- $1 sku, $2 delivery, $3 units
INSERT INTO stock_ledger (sku, kind, reference, delta, recorded_at)
VALUES ($1, 'stocked', $2, $3, now())
ON CONFLICT (reference, sku, kind) DO NOTHING
RETURNING delta
