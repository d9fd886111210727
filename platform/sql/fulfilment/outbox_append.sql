-- Puts events into the outbox, in the transaction of what they tell of. Written again (a commit tried twice), an event
-- stays the one it was. Takes no lock but the new rows'. Called by whoever moves orders.
--
-- $1 event ids, $2 topic, $3 keys, $4 kinds, $5 payloads as JSON text, $6 now
INSERT INTO outbox (event_id, topic, event_key, kind, payload, created_at)
SELECT e.event_id, $2::text, e.event_key, e.kind, e.payload::jsonb, $6::timestamptz
FROM unnest($1::text[], $3::text[], $4::text[], $5::text[]) AS e (event_id, event_key, kind, payload)
ON CONFLICT (event_id) DO NOTHING
