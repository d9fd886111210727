-- Moves the epoch on: the first statement of the transaction that reads what the counters shall be. Waits for every
-- transaction that holds the fence FOR SHARE, and makes later ones wait until this one commits; the statements after it
-- therefore see exactly the commits that belong to earlier epochs. From here until the gate is marked open nobody places
-- orders. No row: another inventory process was faster.
--
-- $1 the epoch that was read, $2 the Redis server's run id, $3 now
UPDATE gate_epoch
SET epoch = epoch + 1, redis_run_id = $2, state = 'rebuilding', changed_at = $3
WHERE id = 1 AND epoch = $1
RETURNING epoch
