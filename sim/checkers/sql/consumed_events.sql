-- What each consumer says it took in. Read by the audit; takes no lock.
SELECT consumer, event_id FROM consumed_events ORDER BY consumer, event_id
