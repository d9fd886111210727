setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0), (3, 0), (4, 0);
-- The next in line finds the row deleted and leaves the line; whoever stands behind looks at once, and fails at once.
b: BEGIN => ok
b: DELETE FROM t WHERE id = 1 => 1
c: BEGIN => ok
c: SELECT id FROM t ORDER BY id LIMIT 1 FOR UPDATE => blocked
a: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
a: SELECT id FROM t ORDER BY id LIMIT 2 FOR UPDATE => blocked
b: COMMIT => COMMIT
c! => rows 2
a! => error 40001
a: ROLLBACK => ROLLBACK
c: COMMIT => COMMIT
-- Who holds the row already does not stand in line: who does, waits for it.
a: BEGIN => ok
b: BEGIN => ok
a: SELECT id FROM t WHERE id = 2 FOR SHARE => rows 2
b: SELECT id FROM t WHERE id = 2 FOR SHARE => rows 2
c: UPDATE t SET v = 3 WHERE id = 2 => blocked
a: UPDATE t SET v = v + 1 WHERE id = 2 => blocked
wait 1200ms
b: COMMIT => COMMIT
a! => 1
a: COMMIT => COMMIT
c! => 1
-- A locking SELECT goes on along the update chain, and waits there without a place in the line.
a: BEGIN => ok
b: BEGIN => ok
c: BEGIN => ok
a: UPDATE t SET v = 1 WHERE id = 3 => 1
b: UPDATE t SET v = 2 WHERE id = 3 => blocked
c: SELECT v FROM t WHERE id = 3 FOR SHARE => blocked
a: COMMIT => COMMIT
b! => 1
b: ROLLBACK => ROLLBACK
c! => rows 1
c: COMMIT => COMMIT
