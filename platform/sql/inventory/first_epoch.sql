-- The fence's first row, closed: the first rebuild opens it. A second inventory process finds it there.
--
-- $1 now
INSERT INTO gate_epoch (id, epoch, redis_run_id, state, changed_at)
VALUES (1, 0, '', 'closing', $1)
ON CONFLICT (id) DO NOTHING
