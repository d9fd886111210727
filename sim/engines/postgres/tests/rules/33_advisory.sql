setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (1, 0);
-- Nobody overtakes a waiter whose lock does not go with his: neither who would wait nor who only tries.
a: BEGIN => ok
a: SELECT pg_try_advisory_xact_lock_shared(1) => rows true
b: BEGIN => ok
b: SELECT 1 FROM (SELECT pg_advisory_xact_lock(1)) AS l => blocked
c: SELECT pg_try_advisory_xact_lock_shared(1) => rows false
c: SELECT 2 FROM (SELECT pg_advisory_xact_lock_shared(1)) AS l => blocked
a: COMMIT => COMMIT
b! => rows 1
b: COMMIT => COMMIT
c! => rows 2
-- Who holds what the waiter wants goes before him.
a: BEGIN => ok
a: SELECT pg_try_advisory_xact_lock_shared(2) => rows true
b: SELECT 1 FROM (SELECT pg_advisory_xact_lock(2)) AS l => blocked
a: SELECT 1 FROM (SELECT pg_advisory_xact_lock(2)) AS l => rows 1
a: COMMIT => COMMIT
b! => rows 1
-- A cycle through the order of a queue has no victim: somebody passes.
a: BEGIN => ok
c: BEGIN => ok
a: SELECT pg_try_advisory_xact_lock_shared(3) => rows true
c: UPDATE t SET v = 1 WHERE id = 1 => 1
b: BEGIN => ok
b: SELECT 1 FROM (SELECT pg_advisory_xact_lock(3)) AS l => blocked
c: SELECT 2 FROM (SELECT pg_advisory_xact_lock_shared(3)) AS l => blocked
a: UPDATE t SET v = 2 WHERE id = 1 => blocked
wait 1200ms
c! => rows 2
c: COMMIT => COMMIT
a! => 1
a: COMMIT => COMMIT
b! => rows 1
b: COMMIT => COMMIT
