-- Moves the gate between 'open', 'closing', 'closed' and 'rebuilding' within one epoch. Waits for those who are placing
-- orders (FOR SHARE). No row: the epoch or the state is another by now.
--
-- $1 epoch, $2 from, $3 to, $4 now
UPDATE gate_epoch
SET state = $3, changed_at = $4
WHERE id = 1 AND epoch = $1 AND state = $2
RETURNING epoch
