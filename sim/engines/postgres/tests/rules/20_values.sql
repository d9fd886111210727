setup: CREATE TABLE t (id bigint PRIMARY KEY, n int NOT NULL, s text NOT NULL); INSERT INTO t VALUES (9223372036854775807, 2147483647, 'x');
a: UPDATE t SET id = id + 1 => error 22003
a: UPDATE t SET n = n + 1 => error 22003
a: SELECT 7 / 2, -7 / 2, 7 % 3 => rows 3,-3,1
a: SELECT 2.5::numeric::int, 2.5::float8::int, 3.5::float8::int, (-2.5)::numeric::int => rows 3,2,4,-3
a: SELECT 10::numeric / 3, 1.0 / 3.0, 2::numeric / 3 => rows 3.3333333333333333,0.33333333333333333333,0.66666666666666666667
a: SELECT '{"bb": 1, "a": 2, "bb": 3}'::jsonb::text => rows {"a": 2, "bb": 3}
a: SELECT jsonb_build_object('b', 1, 'a', 'x')::text => rows {"a": "x", "b": 1}
a: SELECT 'a' < 'B', 'B' < 'a' => rows false,true
a: SELECT sum(n), avg(n), count(*) FROM t => rows 2147483647,2147483647.00000000,1
a: BEGIN => ok
a: ROLLBACK => ROLLBACK
a: SELECT now() = now(), NULL = NULL, NULL IS NOT DISTINCT FROM NULL => rows true,NULL,true
a: SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' LIKE 'b%' => rows true,true,false
a: SELECT coalesce(NULL, 2), greatest(1, NULL, 3), least(2, 1), nullif(1, 1) => rows 2,3,1,NULL
