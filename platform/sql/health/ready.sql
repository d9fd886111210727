-- Whether the database answers at all. Takes no lock, reads no table. Called by /readyz of every role that needs
-- Postgres, at most once per second and process.
SELECT 1 AS ready
