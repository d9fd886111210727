setup: CREATE TABLE t (id int PRIMARY KEY, rank int NOT NULL, open boolean NOT NULL); INSERT INTO t VALUES (1, 1, true), (2, 2, true), (3, 3, true);
a: BEGIN => ok
a: UPDATE t SET rank = 9 WHERE id = 1 => 1
-- The order is that of the snapshot, the values are new.
b: SELECT id, rank FROM t WHERE open ORDER BY rank FOR UPDATE => blocked
a: COMMIT => COMMIT
b! => rows 1,9 | 2,2 | 3,3
a: BEGIN => ok
a: UPDATE t SET open = false WHERE id = 2 => 1
-- A row that no longer qualifies is replaced by the next.
b: SELECT id FROM t WHERE open ORDER BY rank LIMIT 1 FOR UPDATE => blocked
a: COMMIT => COMMIT
b! => rows 3
