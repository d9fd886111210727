-- Marks events as published. The rows are already locked by outbox_next.sql. Called by the outbox relay, after the log
-- has acknowledged them: a crash in between publishes them twice, and consumers deduplicate.
--
-- $1 the events' seq, $2 now
UPDATE outbox
SET published_at = $2
WHERE seq = ANY ($1) AND published_at IS NULL
