setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL);
a: BEGIN => ok
a: INSERT INTO t VALUES (1, 1) => 1
b: INSERT INTO t VALUES (1, 10) ON CONFLICT (id) DO UPDATE SET v = t.v + excluded.v RETURNING v => blocked
a: COMMIT => COMMIT
b! => rows 11
-- The WHERE is false: no row, but the lock stays.
a: BEGIN => ok
a: INSERT INTO t VALUES (1, 5) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE t.v < 0 RETURNING v => rows
b: SELECT v FROM t WHERE id = 1 FOR UPDATE NOWAIT => error 55P03
a: COMMIT => COMMIT
