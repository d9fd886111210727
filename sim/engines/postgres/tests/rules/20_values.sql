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
-- now() stands still in a transaction, and only there.
setup: CREATE TABLE moment (at timestamptz NOT NULL);
a: BEGIN => ok
a: INSERT INTO moment VALUES (now()) => 1
wait 20ms
a: SELECT now() = at FROM moment => rows true
a: COMMIT => COMMIT
a: SELECT now() > at FROM moment => rows true
a: SELECT now() = now(), NULL = NULL, NULL IS NOT DISTINCT FROM NULL => rows true,NULL,true
a: SELECT 'abc' LIKE 'a%', 'abc' LIKE '_b_', 'abc' LIKE 'b%' => rows true,true,false
a: SELECT coalesce(NULL, 2), greatest(1, NULL, 3), least(2, 1), nullif(1, 1) => rows 2,3,1,NULL
a: SELECT interval '90 minutes', interval '1 day' * 2.5, interval '1 month' + interval '3 days 04:05:06.7', make_interval(secs => 90) => rows 01:30:00,2 days 12:00:00,1 mon 3 days 04:05:06.7,00:01:30
a: SELECT e.value || '!' FROM jsonb_array_elements_text('["a", "b"]') AS e => rows a! | b!
a: SELECT 5 / 2.0, -5 / 2, -5 % 3, 1e3, 0.1 + 0.2, 10::bigint * 1.1 => rows 2.5000000000000000,-2,-2,1000,0.3,11.0
a: SELECT '2024-01-31 10:00:00Z'::timestamptz + interval '1 month', extract(epoch from '2024-01-01'::timestamptz) => rows 2024-02-29 10:00:00+00,1704067200.000000
a: SELECT true AND NULL, false AND NULL, true OR NULL, 1 IN (2, NULL), 3 <> ALL ('{1,2}'::int[]) => rows NULL,false,true,NULL,true
