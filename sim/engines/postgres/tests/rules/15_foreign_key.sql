setup: CREATE TABLE parent (id int PRIMARY KEY, v int NOT NULL); CREATE TABLE child (id int PRIMARY KEY, parent_id int NOT NULL REFERENCES parent (id)); INSERT INTO parent VALUES (1, 0), (2, 0);
a: BEGIN => ok
a: INSERT INTO child VALUES (1, 1) => 1
b: UPDATE parent SET v = 1 WHERE id = 1 => 1
b: SELECT v FROM parent WHERE id = 1 FOR UPDATE => blocked
a: COMMIT => COMMIT
b! => rows 1
a: INSERT INTO child VALUES (2, 99) => error 23503
a: DELETE FROM parent WHERE id = 1 => error 23503
-- The parent goes while the check waits.
a: BEGIN => ok
a: DELETE FROM parent WHERE id = 2 => 1
b: INSERT INTO child VALUES (3, 2) => blocked
a: COMMIT => COMMIT
b! => error 23503
-- Both in one statement, the child first.
a: WITH c AS (INSERT INTO child VALUES (9, 9)) INSERT INTO parent VALUES (9, 0) => 1
