-- The gate's fence as it stands. Takes no lock. Called when a Redis connection is verified, to renew the lease of an open
-- gate, and by the upkeep.
SELECT epoch, redis_run_id, state
FROM gate_epoch
WHERE id = 1
