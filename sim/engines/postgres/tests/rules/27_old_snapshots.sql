setup: CREATE TABLE t (id int PRIMARY KEY, v bigint NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0);
-- The row has changed since the snapshot: that comes before any wait for who holds it now.
a: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
a: SELECT v FROM t WHERE id = 1 => rows 0
b: UPDATE t SET v = 1 WHERE id = 1 => 1
b: BEGIN => ok
b: UPDATE t SET v = 2 WHERE id = 1 => 1
a: SELECT v FROM t WHERE id = 1 FOR UPDATE => error 40001
a: ROLLBACK => ROLLBACK
b: COMMIT => COMMIT
-- Who comes to the head of the queue looks again.
a: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
a: SELECT v FROM t WHERE id = 1 => rows 2
b: BEGIN => ok
c: BEGIN => ok
b: UPDATE t SET v = 3 WHERE id = 1 => 1
c: UPDATE t SET v = 4 WHERE id = 1 => blocked
a: UPDATE t SET v = 5 WHERE id = 1 => blocked
b: COMMIT => COMMIT
c! => 1
a! => error 40001
a: ROLLBACK => ROLLBACK
c: COMMIT => COMMIT
-- A locking SELECT does not: it waits for whoever holds the newest version, and then fails.
a: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
a: SELECT v FROM t WHERE id = 1 => rows 4
b: BEGIN => ok
c: BEGIN => ok
b: UPDATE t SET v = 3 WHERE id = 1 => 1
c: UPDATE t SET v = 4 WHERE id = 1 => blocked
a: SELECT v FROM t WHERE id = 1 FOR SHARE => blocked
b: COMMIT => COMMIT
c! => 1
c: COMMIT => COMMIT
a! => error 40001
a: ROLLBACK => ROLLBACK
-- An upsert finds its row changed before it computes anything of it.
a: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
a: SELECT v FROM t WHERE id = 2 => rows 0
b: UPDATE t SET v = 9223372036854775807 WHERE id = 2 => 1
a: INSERT INTO t VALUES (2, 0) ON CONFLICT (id) DO UPDATE SET v = t.v + 1 => error 40001
a: ROLLBACK => ROLLBACK
