setup: CREATE TABLE t (id int PRIMARY KEY);
a: BEGIN => ok
a: INSERT INTO t VALUES (1) => 1
a: SELECT 1 / 0 => error 22012
a: SELECT 1 => error 25P02
a: SAVEPOINT s => error 25P02
a: COMMIT => ROLLBACK
a: SELECT id FROM t => rows
a: BEGIN => ok
a: INSERT INTO t VALUES (1) => 1
a: SAVEPOINT s => ok
a: INSERT INTO t VALUES (1) => error 23505
a: INSERT INTO t VALUES (2) => error 25P02
a: ROLLBACK TO s => ok
a: INSERT INTO t VALUES (2) => 1
a: COMMIT => COMMIT
a: SELECT id FROM t ORDER BY id => rows 1 | 2
