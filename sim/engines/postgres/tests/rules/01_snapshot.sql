setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 10), (2, 20);
a: BEGIN => ok
a: SELECT v FROM t WHERE id = 1 => rows 10
b: UPDATE t SET v = 11 WHERE id = 1 => 1
a: SELECT v FROM t WHERE id = 1 => rows 11
-- The parts of one statement share a snapshot: the outer SELECT does not see the inner UPDATE, RETURNING does.
a: WITH moved AS (UPDATE t SET v = v + 100 WHERE id = 2 RETURNING v) SELECT (SELECT v FROM moved), v FROM t WHERE id = 2 => rows 120,20
a: SELECT v FROM t WHERE id = 2 => rows 120
a: COMMIT => COMMIT
