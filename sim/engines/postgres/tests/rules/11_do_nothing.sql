setup: CREATE TABLE t (id int PRIMARY KEY, v int);
a: BEGIN => ok
a: INSERT INTO t VALUES (1, 1) => 1
b: INSERT INTO t VALUES (1, 2) ON CONFLICT DO NOTHING RETURNING id => blocked
a: COMMIT => COMMIT
b! => rows
a: INSERT INTO t VALUES (5, 1), (5, 2) ON CONFLICT (id) DO NOTHING RETURNING v => rows 1
-- The conflicting row is newer than the statement's snapshot, and returns nothing.
a: BEGIN => ok
a: INSERT INTO t VALUES (7, 1) => 1
b: WITH tried AS (INSERT INTO t VALUES (7, 2) ON CONFLICT (id) DO NOTHING RETURNING v) SELECT v FROM tried UNION ALL SELECT v FROM t WHERE id = 7 => blocked
a: COMMIT => COMMIT
b! => rows
