-- Records events as consumed and returns those that were not before: only these may take effect, and they must in this
-- same transaction. Waits for another member's transaction that is recording one of them, and goes by its outcome; the
-- ids come sorted, so that two members with overlapping batches cannot wait for each other. Called by every consumer,
-- first.
--
-- $1 the consumer, $2 event ids, sorted, $3 now
INSERT INTO consumed_events (consumer, event_id, consumed_at)
SELECT $1::text, e.event_id, $3::timestamptz
FROM unnest($2::text[]) AS e (event_id)
ON CONFLICT (consumer, event_id) DO NOTHING
RETURNING event_id
