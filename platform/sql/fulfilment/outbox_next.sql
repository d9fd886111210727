-- The next events to publish, oldest first, locked until they are marked.
--
-- FOR UPDATE and not SKIP LOCKED, on purpose: a second relay that stepped over the first one's batch could publish an
-- order's later event while the earlier one is still on its way. Here it waits at the oldest unpublished row, so one
-- relay publishes at a time, another takes over the moment it dies, and no lock row or lease is needed. A row that was
-- published while this statement waited fails the WHERE on its newest version and is replaced by the next.
-- Called by the outbox relay.
--
-- $1 topic, $2 how many
SELECT seq, event_id, event_key, payload
FROM outbox
WHERE published_at IS NULL AND topic = $1
ORDER BY seq
LIMIT $2
FOR UPDATE
