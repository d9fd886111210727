setup: CREATE TABLE t (id int PRIMARY KEY); CREATE SEQUENCE s;
a: BEGIN READ ONLY => ok
a: SELECT id FROM t => rows
a: SELECT id FROM t FOR UPDATE => error 25006
a: ROLLBACK => ROLLBACK
a: BEGIN READ ONLY => ok
a: SELECT nextval('s') => error 25006
a: ROLLBACK => ROLLBACK
a: BEGIN READ ONLY => ok
a: INSERT INTO t VALUES (1) => error 25006
a: ROLLBACK => ROLLBACK
a: SELECT concat('a', NULL, true, 1), true::text => rows at1,true
-- BEGIN inside a block is a warning, and changes what may still be changed.
a: BEGIN => ok
a: BEGIN READ ONLY => ok
a: INSERT INTO t VALUES (1) => error 25006
a: ROLLBACK => ROLLBACK
a: BEGIN => ok
a: SELECT 1 => rows 1
a: BEGIN ISOLATION LEVEL REPEATABLE READ => error 25001
a: ROLLBACK => ROLLBACK
