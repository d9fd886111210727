-- Adds a delivery's units to the balance, in the transaction that booked it. Strategy `buckets` spreads them later.
--
-- $1 sku, $2 units
UPDATE inventory
SET on_hand = on_hand + $2, version = version + 1
WHERE sku = $1
