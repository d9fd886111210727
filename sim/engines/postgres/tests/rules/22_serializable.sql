setup: CREATE TABLE doctor (id int PRIMARY KEY, on_call boolean NOT NULL); INSERT INTO doctor VALUES (1, true), (2, true), (3, true);
-- Write skew: each sees the other still on call. The second to commit is refused.
a: BEGIN ISOLATION LEVEL SERIALIZABLE => ok
b: BEGIN ISOLATION LEVEL SERIALIZABLE => ok
a: SELECT count(*) FROM doctor WHERE on_call => rows 3
b: SELECT count(*) FROM doctor WHERE on_call => rows 3
a: UPDATE doctor SET on_call = false WHERE id = 1 => 1
b: UPDATE doctor SET on_call = false WHERE id = 2 => 1
a: COMMIT => COMMIT
b: COMMIT => error 40001
a: SELECT count(*) FROM doctor WHERE on_call => rows 2
-- Transactions that only follow each other are left alone.
a: BEGIN ISOLATION LEVEL SERIALIZABLE => ok
a: UPDATE doctor SET on_call = true WHERE id = 1 => 1
a: COMMIT => COMMIT
b: BEGIN ISOLATION LEVEL SERIALIZABLE => ok
b: UPDATE doctor SET on_call = true WHERE id = 2 => 1
b: COMMIT => COMMIT
-- Inserts that each miss the other's row.
a: BEGIN ISOLATION LEVEL SERIALIZABLE => ok
b: BEGIN ISOLATION LEVEL SERIALIZABLE => ok
a: SELECT count(*) FROM doctor => rows 3
b: SELECT count(*) FROM doctor => rows 3
a: INSERT INTO doctor VALUES (4, true) => 1
b: INSERT INTO doctor VALUES (5, true) => 1
b: COMMIT => COMMIT
a: COMMIT => error 40001
