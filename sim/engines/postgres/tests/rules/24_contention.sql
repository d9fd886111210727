setup: CREATE TABLE parent (id int PRIMARY KEY, code int UNIQUE, v int NOT NULL DEFAULT 0); CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent (id)); INSERT INTO parent VALUES (1, 10), (2, 20), (3, 30), (4, 40);
-- Two inserters that each hold what the other wants: a deadlock through unique checks.
a: BEGIN => ok
b: BEGIN => ok
a: INSERT INTO parent VALUES (100, 100) => 1
b: INSERT INTO parent VALUES (200, 200) => 1
a: INSERT INTO parent VALUES (200, 201) => blocked
wait 300ms
b: INSERT INTO parent VALUES (100, 101) => blocked
wait 1000ms
a! => error 40P01
b! => 1
b: ROLLBACK => ROLLBACK
a: ROLLBACK => ROLLBACK
-- Two sharers that both upgrade.
a: BEGIN => ok
b: BEGIN => ok
a: SELECT v FROM parent WHERE id = 1 FOR SHARE => rows 0
b: SELECT v FROM parent WHERE id = 1 FOR SHARE => rows 0
a: UPDATE parent SET v = 1 WHERE id = 1 => blocked
wait 300ms
b: UPDATE parent SET v = 2 WHERE id = 1 => blocked
wait 1000ms
a! => error 40P01
b! => 1
b: COMMIT => COMMIT
a: ROLLBACK => ROLLBACK
-- An upsert on a row whose deletion is in doubt.
a: BEGIN => ok
a: DELETE FROM parent WHERE id = 4 => 1
b: INSERT INTO parent VALUES (4, 44) ON CONFLICT (id) DO UPDATE SET v = 99 RETURNING code, v => blocked
a: COMMIT => COMMIT
b! => rows 44,0
a: BEGIN => ok
a: DELETE FROM parent WHERE id = 4 => 1
b: INSERT INTO parent VALUES (4, 45) ON CONFLICT (id) DO UPDATE SET v = 99 RETURNING code, v => blocked
a: ROLLBACK => ROLLBACK
b! => rows 44,99
-- An upsert waits for an updater and adds to what it left.
a: BEGIN => ok
a: UPDATE parent SET v = 5 WHERE id = 4 => 1
b: INSERT INTO parent VALUES (4, 45) ON CONFLICT (id) DO UPDATE SET v = parent.v + 1 RETURNING v => blocked
a: COMMIT => COMMIT
b! => rows 6
-- A key update waits for the sharer of the key; an update of another column does not.
a: BEGIN => ok
a: INSERT INTO child VALUES (1, 2) => 1
b: UPDATE parent SET v = 7 WHERE id = 2 => 1
b: UPDATE parent SET code = 21 WHERE id = 2 => blocked
a: COMMIT => COMMIT
b! => 1
b: UPDATE parent SET id = 22 WHERE id = 2 => error 23503
-- A child waits for a key update in doubt, and passes an update of another column.
a: BEGIN => ok
a: UPDATE parent SET v = 8 WHERE id = 3 => 1
b: INSERT INTO child VALUES (2, 3) => 1
a: UPDATE parent SET code = 31 WHERE id = 3 => 1
b: INSERT INTO child VALUES (3, 3) => blocked
a: COMMIT => COMMIT
b! => 1
-- A lock taken before the savepoint survives the way back, its upgrade does not.
a: BEGIN => ok
a: SELECT v FROM parent WHERE id = 1 FOR SHARE => rows 2
a: SAVEPOINT s => ok
a: UPDATE parent SET v = 50 WHERE id = 1 => 1
a: ROLLBACK TO s => ok
b: SELECT v FROM parent WHERE id = 1 FOR SHARE NOWAIT => rows 2
b: SELECT v FROM parent WHERE id = 1 FOR UPDATE NOWAIT => error 55P03
a: COMMIT => COMMIT
-- A waiter whose row is deleted, and one whose row moves out of its condition.
a: BEGIN => ok
a: DELETE FROM child WHERE id = 1 => 1
a: UPDATE child SET parent_id = 1 WHERE id = 2 => 1
b: SELECT id FROM child WHERE parent_id IN (2, 3) ORDER BY id FOR UPDATE => blocked
a: COMMIT => COMMIT
b! => rows 3
-- A statement timeout ends a wait, and the block with it.
b: BEGIN => ok
b: SET LOCAL statement_timeout = '200ms' => ok
a: BEGIN => ok
a: UPDATE parent SET v = 0 => 4
b: UPDATE parent SET v = 1 => blocked
wait 400ms
b! => error 57014
b: SELECT 1 => error 25P02
b: COMMIT => ROLLBACK
b: SHOW statement_timeout => rows 0
a: ROLLBACK => ROLLBACK
-- Advisory locks.
a: BEGIN => ok
a: SELECT pg_try_advisory_xact_lock(7) => rows true
b: SELECT pg_try_advisory_xact_lock(7) => rows false
a: COMMIT => COMMIT
