setup: CREATE TABLE t (id int PRIMARY KEY, v int NOT NULL); INSERT INTO t VALUES (2, 0);
a: INSERT INTO t VALUES (1, 1), (1, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v => error 21000
a: INSERT INTO t VALUES (2, 1), (2, 2) ON CONFLICT (id) DO UPDATE SET v = excluded.v => error 21000
