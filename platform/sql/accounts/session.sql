-- Whose session a token opens; no row when it opens none, has ended or was revoked. Takes no lock. Called for every request
-- that shows a token.
--
-- $1 hash of the token, $2 now
SELECT s.session_id, s.account_id, a.role
FROM sessions s JOIN accounts a ON a.account_id = s.account_id
WHERE s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > $2
