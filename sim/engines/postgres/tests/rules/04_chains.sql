setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 1), (2, 2);
a: BEGIN => ok
a: DELETE FROM t WHERE id = 1 => 1
a: INSERT INTO t VALUES (1, 100) => 1
b: UPDATE t SET v = v + 1 WHERE id = 1 => blocked
a: COMMIT => COMMIT
b! => 0
a: BEGIN => ok
a: UPDATE t SET id = 3 WHERE id = 2 => 1
b: UPDATE t SET v = v + 1 WHERE id = 2 => blocked
a: COMMIT => COMMIT
b! => 0
b: SELECT id, v FROM t ORDER BY id => rows 1,100 | 3,2
