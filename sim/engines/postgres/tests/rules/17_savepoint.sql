setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0);
a: BEGIN => ok
a: UPDATE t SET v = 1 WHERE id = 1 => 1
a: SAVEPOINT s => ok
a: UPDATE t SET v = 1 WHERE id = 2 => 1
b: UPDATE t SET v = v + 10 WHERE id = 2 => blocked
a: ROLLBACK TO SAVEPOINT s => ok
b! => 1
b: SELECT v FROM t WHERE id = 1 FOR UPDATE NOWAIT => error 55P03
a: COMMIT => COMMIT
a: SELECT id, v FROM t ORDER BY id => rows 1,1 | 2,10
