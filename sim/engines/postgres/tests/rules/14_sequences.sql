setup: CREATE TABLE t (id bigserial PRIMARY KEY, k int UNIQUE); CREATE SEQUENCE s;
a: BEGIN => ok
a: SELECT nextval('s') => rows 1
a: INSERT INTO t (k) VALUES (1) RETURNING id => rows 1
a: ROLLBACK => ROLLBACK
a: SELECT nextval('s') => rows 2
a: INSERT INTO t (k) VALUES (1) RETURNING id => rows 2
a: INSERT INTO t (k) VALUES (1) ON CONFLICT (k) DO NOTHING RETURNING id => rows
a: INSERT INTO t (k) VALUES (1) => error 23505
a: INSERT INTO t (k) VALUES (2) RETURNING id => rows 5
