setup: CREATE TABLE t (k int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 10), (2, 20), (3, 30);
b: SELECT k FROM t WHERE k = ANY ('{3,1,1}'::int[]) ORDER BY k => rows 1 | 3
-- Each of two lists counts.
b: SELECT k FROM t WHERE k = ANY ('{1,2}'::int[]) AND k = ANY ('{2,3}'::int[]) => rows 2
-- The list is asked again of the version a waiter finds.
a: BEGIN => ok
a: UPDATE t SET k = 9 WHERE k = 1 => 1
-- An entry of a version nobody else sees yet finds nothing.
c: SELECT k FROM t WHERE k = ANY ('{1,9}'::int[]) => rows 1
b: UPDATE t SET v = v + 1 WHERE k = ANY ('{1,2}'::int[]) => blocked
a: COMMIT => COMMIT
b! => 1
b: SELECT k, v FROM t ORDER BY k => rows 2,21 | 3,30 | 9,10
