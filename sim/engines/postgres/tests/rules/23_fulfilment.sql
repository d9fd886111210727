setup: CREATE TABLE outbox (seq bigserial PRIMARY KEY, topic text NOT NULL, published_at timestamptz); CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL; INSERT INTO outbox (topic) SELECT 'orders' FROM generate_series(1, 6);
-- Two relays: the second waits at the oldest row, and goes on behind what the first has published.
a: BEGIN => ok
a: SELECT seq FROM outbox WHERE published_at IS NULL AND topic = 'orders' ORDER BY seq LIMIT 2 FOR UPDATE => rows 1 | 2
b: SELECT seq FROM outbox WHERE published_at IS NULL AND topic = 'orders' ORDER BY seq LIMIT 2 FOR UPDATE => blocked
a: UPDATE outbox SET published_at = now() WHERE seq = ANY ('{1,2}'::bigint[]) => 2
a: COMMIT => COMMIT
b! => rows 3 | 4
-- Windows, groups and ordering over what is left.
a: SELECT seq, row_number() OVER (PARTITION BY topic ORDER BY seq DESC), sum(seq) OVER (ORDER BY seq) FROM outbox WHERE published_at IS NULL ORDER BY seq => rows 3,4,3 | 4,3,7 | 5,2,12 | 6,1,18
a: SELECT published_at IS NULL AS open, count(*), min(seq), max(seq), array_agg(seq ORDER BY seq DESC)::text LIKE '{%' FROM outbox GROUP BY 1 ORDER BY open => rows false,2,1,2,true | true,4,3,6,true
a: SELECT t.k, t.n, t.ordinality FROM unnest('{a,b}'::text[], '{1,2}'::bigint[]) WITH ORDINALITY AS t (k, n) ORDER BY t.ordinality DESC => rows b,2,2 | a,1,1
a: SELECT o.seq FROM outbox o LEFT JOIN outbox p ON p.seq = o.seq + 3 AND p.published_at IS NULL WHERE p.seq IS NULL ORDER BY o.seq => rows 4 | 5 | 6
a: SELECT DISTINCT topic FROM outbox UNION ALL SELECT 'x' ORDER BY 1 => rows orders | x
a: SELECT count(*) FROM outbox o WHERE EXISTS (SELECT 1 FROM outbox p WHERE p.seq = o.seq + 1) => rows 5
a: DELETE FROM outbox o USING (VALUES (1), (2)) AS gone (seq) WHERE o.seq = gone.seq RETURNING o.seq => 2
a: INSERT INTO outbox (seq, topic) VALUES (3, 'late') ON CONFLICT (seq) DO UPDATE SET topic = excluded.topic WHERE outbox.topic = 'orders' RETURNING topic => rows late
a: SELECT CASE WHEN seq > 4 THEN 'high' ELSE 'low' END AS side, count(*) FROM outbox GROUP BY side HAVING count(*) > 1 ORDER BY side => rows high,2 | low,2
a: SELECT x FROM (SELECT seq % 2 AS x, max(seq) AS m FROM outbox GROUP BY seq % 2) AS halves WHERE m > 5 => rows 0
a: SELECT seq FROM outbox WHERE seq BETWEEN 4 AND 5 OR seq IN (6, 7) ORDER BY seq DESC OFFSET 1 LIMIT 1 => rows 5
