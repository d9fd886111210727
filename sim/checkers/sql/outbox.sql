-- Every event there ever was, and whether it left the outbox. Read by the audit; takes no lock.
SELECT seq, event_id, event_key, kind, published_at IS NOT NULL AS published FROM outbox ORDER BY seq
