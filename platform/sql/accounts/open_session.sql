-- Opens a session.
--
-- $1 session, $2 account, $3 hash of its token, $4 now, $5 when it ends
INSERT INTO sessions (session_id, account_id, token_hash, created_at, expires_at)
VALUES ($1, $2, $3, $4, $5)
