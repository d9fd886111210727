setup: CREATE TABLE t (id int PRIMARY KEY, v int);
a: BEGIN => ok
a: INSERT INTO t VALUES (1, 1) => 1
b: INSERT INTO t VALUES (1, 2) => blocked
a: COMMIT => COMMIT
b! => error 23505
a: BEGIN => ok
a: INSERT INTO t VALUES (2, 1) => 1
b: INSERT INTO t VALUES (2, 2) => blocked
a: ROLLBACK => ROLLBACK
b! => 1
-- A deleter in doubt.
a: BEGIN => ok
a: DELETE FROM t WHERE id = 1 => 1
b: INSERT INTO t VALUES (1, 3) => blocked
a: COMMIT => COMMIT
b! => 1
a: BEGIN => ok
a: DELETE FROM t WHERE id = 1 => 1
b: INSERT INTO t VALUES (1, 4) => blocked
a: ROLLBACK => ROLLBACK
b! => error 23505
