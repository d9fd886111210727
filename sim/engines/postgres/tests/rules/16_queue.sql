setup: CREATE TABLE t (id int PRIMARY KEY, log text NOT NULL); INSERT INTO t VALUES (1, '');
a: BEGIN => ok
a: UPDATE t SET log = log || 'a' WHERE id = 1 => 1
b: UPDATE t SET log = log || 'b' WHERE id = 1 => blocked
c: UPDATE t SET log = log || 'c' WHERE id = 1 => blocked
d: UPDATE t SET log = log || 'd' WHERE id = 1 => blocked
a: COMMIT => COMMIT
b! => 1
c! => 1
d! => 1
a: SELECT log FROM t => rows abcd
a: BEGIN => ok
a: SELECT id FROM t WHERE id = 1 FOR SHARE => rows 1
b: UPDATE t SET log = 'late' WHERE id = 1 => blocked
c: SELECT id FROM t WHERE id = 1 FOR SHARE => rows 1
a: COMMIT => COMMIT
b! => 1
