setup: CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2), (3);
a: UPDATE t SET id = id + 1 => error 23505
a: UPDATE t SET id = id + 10 => 3
