-- First statement of every transaction that moves stock. FOR SHARE orders it against a move of the epoch: the commit
-- happens wholly before the rebuild's snapshot (which then counts it) or under the epoch returned here (whose scripts
-- must then be told of it). The epoch is kept with the order. Sharers do not wait for each other.
SELECT epoch
FROM gate_epoch
WHERE id = 1
FOR SHARE
