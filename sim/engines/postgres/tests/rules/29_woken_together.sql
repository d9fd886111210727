setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0), (4, 0);
-- Two that one COMMIT wakes: a row's lock is not handed over, so whoever runs first takes what it comes to.
a: BEGIN => ok
a: UPDATE t SET v = 1 WHERE id IN (2, 4) => 2
b: SELECT id FROM t WHERE id > 0 ORDER BY id DESC FOR SHARE => blocked
wait 20ms
c: SELECT id FROM t WHERE id >= 2 ORDER BY id FOR UPDATE => blocked
a: COMMIT => COMMIT
b! => rows 4 | 3 | 2 | 1
c! => rows 2 | 3 | 4
-- One COMMIT wakes an upsert, which slept on the transaction, and a share locker, which slept on it in the row's queue. The
-- upsert began first, so it comes to the new version first; the other follows the update chain there, and waits again.
a: BEGIN => ok
b: BEGIN => ok
c: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
c: SELECT v FROM t WHERE id = 3 => rows 0
a: UPDATE t SET v = 2 WHERE id = 3 => 1
b: INSERT INTO t VALUES (3, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE t.v < excluded.v => blocked
c: SELECT v FROM t WHERE id = 3 FOR SHARE => blocked
a: COMMIT => COMMIT
b! => 0
b: COMMIT => COMMIT
c! => error 40001
c: ROLLBACK => ROLLBACK
-- The share locker began first: it finds the new version free, locks it, and fails for the change it has seen.
a: BEGIN => ok
b: BEGIN => ok
c: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
c: SELECT v FROM t WHERE id = 3 => rows 2
a: UPDATE t SET v = 3 WHERE id = 3 => 1
c: SELECT v FROM t WHERE id = 3 FOR SHARE => blocked
b: INSERT INTO t VALUES (3, 1) ON CONFLICT (id) DO UPDATE SET v = excluded.v WHERE t.v < excluded.v => blocked
a: COMMIT => COMMIT
c! => error 40001
b! => 0
b: COMMIT => COMMIT
c: ROLLBACK => ROLLBACK
