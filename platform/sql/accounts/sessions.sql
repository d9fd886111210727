-- The sessions of an account that are open, the latest first. Takes no lock.
--
-- $1 account, $2 now, $3 how many
SELECT session_id, created_at, expires_at
FROM sessions
WHERE account_id = $1 AND revoked_at IS NULL AND expires_at > $2
ORDER BY created_at DESC, session_id
LIMIT $3
