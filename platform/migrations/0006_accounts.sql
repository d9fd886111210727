-- Who may sign in, and the sessions in which they are. Neither a password nor a session's token is kept: only what shows
-- that somebody knows them.

CREATE TABLE accounts (
    account_id     text PRIMARY KEY,
    -- In lower case: one address is one account.
    email          text NOT NULL UNIQUE,
    -- Argon2id, with its parameters and its salt in front.
    password_hash  text NOT NULL,
    role           text NOT NULL CHECK (role IN ('shopper', 'merchant', 'admin')),
    created_at     timestamptz NOT NULL
);

CREATE TABLE sessions (
    -- What the session is called in lists and when it is revoked; it opens nothing.
    session_id  text PRIMARY KEY,
    account_id  text NOT NULL REFERENCES accounts (account_id),
    -- SHA-256 of the token. The token is random and long: nobody finds it by trying, so no salt and no slow hash.
    token_hash  text NOT NULL UNIQUE,
    created_at  timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL,
    revoked_at  timestamptz
);

CREATE INDEX sessions_of_account ON sessions (account_id, created_at);
