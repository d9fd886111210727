setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0);
-- A released savepoint's locks are the transaction's: whoever waits for them waits anew, and looks for a deadlock anew.
a: BEGIN => ok
a: SAVEPOINT s => ok
a: SELECT id FROM t WHERE id = 1 FOR UPDATE => rows 1
b: BEGIN => ok
b: UPDATE t SET v = 2 WHERE id = 2 => 1
b: UPDATE t SET v = 2 WHERE id = 1 => blocked
wait 1200ms
a: RELEASE s => ok
a: UPDATE t SET v = 1 WHERE id = 2 => blocked
wait 1300ms
b! => error 40P01
a! => 1
a: COMMIT => COMMIT
b: ROLLBACK => ROLLBACK
-- What was done before a savepoint is not waited for any less when what came after it is gone.
a: BEGIN => ok
a: UPDATE t SET v = 3 WHERE id = 1 => 1
a: SAVEPOINT s => ok
a: UPDATE t SET v = 3 WHERE id = 2 => 1
b: UPDATE t SET v = 4 WHERE id = 1 => blocked
c: INSERT INTO t VALUES (2, 5) ON CONFLICT (id) DO UPDATE SET v = 5 => blocked
a: ROLLBACK TO s => ok
c! => 1
a: COMMIT => COMMIT
b! => 1
-- A waiter for two of a transaction's locks, one of them released into it, goes on when it fails.
setup: CREATE TABLE u (id int PRIMARY KEY, t_id int REFERENCES t (id)); UPDATE t SET v = 0;
a: BEGIN => ok
a: INSERT INTO u VALUES (1, 1) => 1
a: SAVEPOINT s => ok
a: UPDATE t SET v = 6 WHERE id = 1 => 1
b: SELECT v FROM t WHERE id = 1 FOR UPDATE => blocked
a: RELEASE s => ok
a: INSERT INTO u VALUES (2, 9) => error 23503
b! => rows 0
a: ROLLBACK => ROLLBACK
