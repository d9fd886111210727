setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 0), (2, 0);
a: BEGIN => ok
b: BEGIN => ok
a: UPDATE t SET v = 1 WHERE id = 1 => 1
b: UPDATE t SET v = 2 WHERE id = 2 => 1
a: UPDATE t SET v = 1 WHERE id = 2 => blocked
wait 500ms
b: UPDATE t SET v = 2 WHERE id = 1 => blocked
-- a's second is over first, and the cycle stands.
wait 600ms
a! => error 40P01
b! => 1
b: COMMIT => COMMIT
a: COMMIT => ROLLBACK
-- A timer that fired before the cycle closed does not fire again: the other one is the victim.
a: BEGIN => ok
b: BEGIN => ok
a: UPDATE t SET v = 1 WHERE id = 1 => 1
b: UPDATE t SET v = 2 WHERE id = 2 => 1
a: UPDATE t SET v = 1 WHERE id = 2 => blocked
wait 1500ms
b: UPDATE t SET v = 2 WHERE id = 1 => blocked
wait 1200ms
b! => error 40P01
a! => 1
a: COMMIT => COMMIT
b: ROLLBACK => ROLLBACK
