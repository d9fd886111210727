-- The account of an address. Takes no lock. Called at sign-in.
--
-- $1 address
SELECT account_id, password_hash
FROM accounts
WHERE email = $1
