-- What `platform migrate` remembers of itself. Written under its advisory lock only.
CREATE TABLE schema_migrations (
    version     bigint PRIMARY KEY,
    name        text NOT NULL,
    -- SHA-256 of the text that was run: an edit of an applied migration is found by it.
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL
)
