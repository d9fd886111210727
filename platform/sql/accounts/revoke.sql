-- Ends a session of an account. No row: the account has no such session, or it has ended already.
--
-- $1 session, $2 account, $3 now
UPDATE sessions
SET revoked_at = $3
WHERE session_id = $1 AND account_id = $2 AND revoked_at IS NULL AND expires_at > $3
RETURNING session_id
