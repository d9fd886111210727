-- Makes an account. No row: the address has one.
--
-- $1 account, $2 address, $3 password hash, $4 now
INSERT INTO accounts (account_id, email, password_hash, role, created_at)
VALUES ($1, $2, $3, 'shopper', $4)
ON CONFLICT (email) DO NOTHING
RETURNING account_id, role
