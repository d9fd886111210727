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
