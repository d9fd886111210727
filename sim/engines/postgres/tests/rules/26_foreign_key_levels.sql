setup: CREATE TABLE parent (id int PRIMARY KEY, v int NOT NULL); CREATE TABLE child (id int PRIMARY KEY, parent_id int REFERENCES parent (id), v int NOT NULL DEFAULT 0); INSERT INTO parent VALUES (1, 0), (2, 0), (3, 0); INSERT INTO child VALUES (1, 1);
-- A reference committed after the snapshot refuses the delete all the same.
a: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
a: SELECT count(*) FROM child => rows 1
b: INSERT INTO child VALUES (2, 2) => 1
a: DELETE FROM parent WHERE id = 2 => error 23503
a: ROLLBACK => ROLLBACK
-- An update of the parent's other columns is no concurrent update to who refers to it.
a: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
a: SELECT count(*) FROM child => rows 2
b: UPDATE parent SET v = 1 WHERE id = 3 => 1
a: INSERT INTO child VALUES (3, 3) => 1
a: COMMIT => COMMIT
-- A delete waits for whoever is taking the reference away.
a: BEGIN => ok
a: DELETE FROM child WHERE id = 1 => 1
b: DELETE FROM parent WHERE id = 1 => blocked
a: COMMIT => COMMIT
b! => 1
-- A reference this transaction has written is checked again when its row changes.
a: BEGIN => ok
a: UPDATE child SET v = 1 WHERE id = 3 => 1
b: BEGIN => ok
b: SELECT v FROM parent WHERE id = 3 FOR UPDATE => rows 1
a: UPDATE child SET v = 2 WHERE id = 3 => blocked
b: COMMIT => COMMIT
a! => 1
a: COMMIT => COMMIT
-- A row locked FOR UPDATE counts as if its key had moved, once it is updated, whatever the update changed.
a: BEGIN => ok
a: SELECT v FROM parent WHERE id = 3 FOR UPDATE => rows 1
a: UPDATE parent SET v = 5 WHERE id = 3 => 1
b: BEGIN ISOLATION LEVEL REPEATABLE READ => ok
b: INSERT INTO child VALUES (5, 3) => blocked
c: INSERT INTO child VALUES (6, 3) => blocked
a: COMMIT => COMMIT
b! => error 40001
c! => 1
b: ROLLBACK => ROLLBACK
