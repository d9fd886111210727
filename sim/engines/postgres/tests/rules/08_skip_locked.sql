setup: CREATE TABLE job (id int PRIMARY KEY, status text NOT NULL); INSERT INTO job SELECT n, 'new' FROM generate_series(1, 6) AS n;
a: BEGIN => ok
a: SELECT id FROM job WHERE status = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED => rows 1 | 2
b: BEGIN => ok
b: SELECT id FROM job WHERE status = 'new' ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED => rows 3 | 4
c: SELECT id FROM job WHERE id = 1 FOR UPDATE NOWAIT => error 55P03
c: SET lock_timeout = '200ms' => ok
c: SELECT id FROM job WHERE id = 1 FOR UPDATE => blocked
wait 300ms
c! => error 55P03
c: UPDATE job SET status = 'c' WHERE id IN (SELECT id FROM job WHERE status = 'new' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id => rows 5
a: COMMIT => COMMIT
b: COMMIT => COMMIT
