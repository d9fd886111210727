//! The server around the statements: connections, time, crashes, the change feed, and what is refused.

use postgres_engine::{ChangeOp, Config, Postgres, Reply, SessionId, Step, Value};

fn server(config: Config) -> (Postgres, SessionId) {
    let mut pg = Postgres::new(config);
    let session = pg.connect().expect("the server is empty");
    let schema =
        "CREATE TABLE t (id bigserial PRIMARY KEY, v bigint NOT NULL DEFAULT 0); INSERT INTO t (v) VALUES (10), (20)";
    pg.execute_script(session, schema, 0).expect("the schema is supported");
    (pg, session)
}

fn ask(pg: &mut Postgres, session: SessionId, sql: &str, now_us: i64) -> Result<Reply, String> {
    match pg.submit(session, sql, &[], now_us) {
        Step::Done(result) => result.map_err(|error| error.sqlstate.to_owned()),
        Step::Blocked => Err("blocked".to_owned()),
    }
}

fn ints(reply: &Reply) -> Vec<i64> {
    reply.rows.iter().map(|row| row[0].as_int().expect("an integer column")).collect()
}

fn assert_send<T: Send>(_: &T) {}

#[test]
fn a_server_can_be_moved_between_threads() {
    assert_send(&Postgres::new(Config::default()));
}

#[test]
fn a_crash_keeps_what_was_committed_and_drops_the_rest() {
    let (mut pg, a) = server(Config::default());
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "UPDATE t SET v = 99 WHERE id = 1", 1).unwrap();
    ask(&mut pg, a, "INSERT INTO t (v) VALUES (30)", 1).unwrap();
    let b = pg.connect().unwrap();
    assert_eq!(ask(&mut pg, b, "UPDATE t SET v = 1 WHERE id = 1", 2).unwrap_err(), "blocked");
    pg.crash();
    assert_eq!(ask(&mut pg, a, "SELECT 1", 3).unwrap_err(), "08003");
    assert!(pg.take_completions().is_empty());
    assert_eq!(pg.next_deadline(), None);
    let c = pg.connect().unwrap();
    assert_eq!(ints(&ask(&mut pg, c, "SELECT v FROM t ORDER BY id", 4).unwrap()), [10, 20]);
    // The sequence goes on where it was.
    assert_eq!(ints(&ask(&mut pg, c, "INSERT INTO t (v) VALUES (1) RETURNING id", 4).unwrap()), [4]);
}

#[test]
fn a_crash_frees_the_locks_of_those_who_waited_too() {
    let (mut pg, a) = server(Config::default());
    let b = pg.connect().unwrap();
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "UPDATE t SET v = 99 WHERE id = 1", 1).unwrap();
    assert_eq!(ask(&mut pg, b, "UPDATE t SET v = 1 WHERE id = 1", 2).unwrap_err(), "blocked");
    pg.crash();
    let c = pg.connect().unwrap();
    assert_eq!(ints(&ask(&mut pg, c, "UPDATE t SET v = v + 1 WHERE id = 1 RETURNING v", 3).unwrap()), [11]);
}

#[test]
fn a_woken_statement_still_finds_what_its_snapshot_saw() {
    let (mut pg, a) = server(Config::default());
    let b = pg.connect().unwrap();
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "UPDATE t SET v = v + 1", 1).unwrap();
    let both = "WITH first AS (UPDATE t SET v = v + 5 WHERE id = 1 RETURNING id), \
                second AS (UPDATE t SET v = v + 5 WHERE id = 2) SELECT id FROM first";
    assert_eq!(ask(&mut pg, b, both, 2).unwrap_err(), "blocked");
    // The commit wakes the waiter and vacuums at once; the row its second half has yet to find must stay findable.
    ask(&mut pg, a, "COMMIT", 3).unwrap();
    assert_eq!(pg.take_completions().len(), 1);
    assert_eq!(ints(&ask(&mut pg, a, "SELECT v FROM t ORDER BY id", 4).unwrap()), [16, 26]);
}

#[test]
fn a_disconnect_frees_the_locks_and_lets_the_next_run() {
    let (mut pg, a) = server(Config::default());
    let b = pg.connect().unwrap();
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "UPDATE t SET v = v + 1", 1).unwrap();
    assert_eq!(ask(&mut pg, b, "UPDATE t SET v = v + 5 RETURNING v", 2).unwrap_err(), "blocked");
    pg.disconnect(a, 3);
    let done = pg.take_completions();
    assert_eq!(done.len(), 1);
    assert_eq!(ints(done[0].1.as_ref().unwrap()), [15, 25]);
}

#[test]
fn a_waiting_statement_times_out_when_its_time_is_over() {
    let (mut pg, a) = server(Config { statement_timeout_us: 500_000, ..Config::default() });
    let b = pg.connect().unwrap();
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "UPDATE t SET v = v + 1", 1).unwrap();
    assert_eq!(ask(&mut pg, b, "DELETE FROM t", 1_000).unwrap_err(), "blocked");
    assert_eq!(pg.next_deadline(), Some(501_000));
    pg.advance(500_999);
    assert!(pg.take_completions().is_empty());
    pg.advance(501_000);
    assert_eq!(pg.take_completions()[0].1.as_ref().unwrap_err().sqlstate, "57014");
    assert_eq!(pg.next_deadline(), None);
}

#[test]
fn a_cancelled_statement_fails_and_leaves_the_queue() {
    let (mut pg, a) = server(Config::default());
    let b = pg.connect().unwrap();
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "SELECT v FROM t WHERE id = 1 FOR UPDATE", 1).unwrap();
    assert_eq!(ask(&mut pg, b, "UPDATE t SET v = 7 WHERE id = 1", 2).unwrap_err(), "blocked");
    pg.cancel(b, 3);
    assert_eq!(pg.take_completions()[0].1.as_ref().unwrap_err().sqlstate, "57014");
    ask(&mut pg, a, "COMMIT", 4).unwrap();
    assert!(pg.take_completions().is_empty());
    assert_eq!(ints(&ask(&mut pg, b, "SELECT v FROM t WHERE id = 1", 5).unwrap()), [10]);
}

#[test]
fn connections_beyond_the_limit_are_refused() {
    let mut pg = Postgres::new(Config { max_connections: 2, ..Config::default() });
    let first = pg.connect().unwrap();
    pg.connect().unwrap();
    assert_eq!(pg.connect().unwrap_err().sqlstate, "53300");
    pg.disconnect(first, 0);
    pg.connect().unwrap();
}

#[test]
fn the_change_feed_tells_commits_in_order_and_rollbacks_not_at_all() {
    let (mut pg, a) = server(Config { change_feed: true, ..Config::default() });
    pg.take_commits();
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "UPDATE t SET v = 11 WHERE id = 1", 1).unwrap();
    ask(&mut pg, a, "SAVEPOINT s", 1).unwrap();
    ask(&mut pg, a, "DELETE FROM t WHERE id = 2", 1).unwrap();
    ask(&mut pg, a, "ROLLBACK TO s", 1).unwrap();
    ask(&mut pg, a, "COMMIT", 5).unwrap();
    ask(&mut pg, a, "BEGIN", 6).unwrap();
    ask(&mut pg, a, "DELETE FROM t", 6).unwrap();
    ask(&mut pg, a, "ROLLBACK", 6).unwrap();
    ask(&mut pg, a, "DELETE FROM t WHERE id = 2", 7).unwrap();
    let commits = pg.take_commits();
    assert_eq!(commits.len(), 2);
    assert_eq!((commits[0].committed_at_us, commits[1].committed_at_us), (5, 7));
    assert!(commits[0].sequence < commits[1].sequence);
    let [update] = commits[0].changes.as_slice() else { panic!("{commits:?}") };
    assert_eq!((update.op, &*update.table), (ChangeOp::Update, "t"));
    assert_eq!((update.old_value("v"), update.new_value("v")), (Some(&Value::Int(10)), Some(&Value::Int(11))));
    assert_eq!(commits[1].changes[0].op, ChangeOp::Delete);
    assert_eq!(commits[1].changes[0].old_value("id"), Some(&Value::Int(2)));
}

#[test]
fn a_schema_change_rolls_back_with_its_transaction() {
    let (mut pg, a) = server(Config::default());
    ask(&mut pg, a, "BEGIN", 1).unwrap();
    ask(&mut pg, a, "CREATE TABLE u (id int PRIMARY KEY)", 1).unwrap();
    ask(&mut pg, a, "INSERT INTO u VALUES (1)", 1).unwrap();
    ask(&mut pg, a, "TRUNCATE t", 1).unwrap();
    let b = pg.connect().unwrap();
    assert_eq!(ask(&mut pg, b, "SELECT count(*) FROM t", 2).unwrap_err(), "blocked");
    ask(&mut pg, a, "ROLLBACK", 3).unwrap();
    assert_eq!(ints(pg.take_completions()[0].1.as_ref().unwrap()), [2]);
    assert_eq!(ask(&mut pg, a, "SELECT * FROM u", 4).unwrap_err(), "42P01");
}

#[test]
fn what_is_not_supported_is_refused_by_name() {
    let (mut pg, a) = server(Config::default());
    for (sql, named) in [
        ("CREATE TABLE x (d date)", "DATE"),
        ("CREATE VIEW x AS SELECT 1", "CREATE VIEW"),
        ("WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r", "RECURSIVE"),
        ("SELECT ts_rank(1)", "ts_rank"),
        ("CREATE INDEX ON t (lower(v))", "expression"),
    ] {
        let Step::Done(Err(error)) = pg.submit(a, sql, &[], 1) else { panic!("{sql} was accepted") };
        assert_eq!(error.sqlstate, "0A000", "{sql}: {error}");
        assert!(error.message.to_lowercase().contains(&named.to_lowercase()), "{sql}: {error}");
    }
}

#[test]
fn constraint_errors_name_their_constraint() {
    let (mut pg, a) = server(Config::default());
    let schema = "CREATE TABLE c (id int PRIMARY KEY, n int NOT NULL CHECK (n > 0), t bigint REFERENCES t (id) ON DELETE CASCADE)";
    ask(&mut pg, a, schema, 1).unwrap();
    for (sql, sqlstate, constraint) in [
        ("INSERT INTO c VALUES (1, 0, 1)", "23514", "c_n_check"),
        ("INSERT INTO c VALUES (1, NULL, 1)", "23502", "n"),
        ("INSERT INTO c VALUES (1, 1, 9)", "23503", "c_t_fkey"),
        ("INSERT INTO c VALUES (1, 1, 1), (1, 1, 1)", "23505", "c_pkey"),
    ] {
        let Step::Done(Err(error)) = pg.submit(a, sql, &[], 1) else { panic!("{sql} was accepted") };
        assert_eq!((error.sqlstate, error.constraint.as_deref()), (sqlstate, Some(constraint)), "{error}");
    }
    ask(&mut pg, a, "INSERT INTO c VALUES (1, 1, 1), (2, 1, 2)", 1).unwrap();
    ask(&mut pg, a, "DELETE FROM t WHERE id = 1", 1).unwrap();
    assert_eq!(ints(&ask(&mut pg, a, "SELECT id FROM c", 1).unwrap()), [2]);
}

#[test]
fn parameters_take_the_type_their_place_asks_for() {
    let (mut pg, a) = server(Config::default());
    let schema = "CREATE TABLE p (id text PRIMARY KEY, at timestamptz, doc jsonb, amount numeric(10, 2))";
    ask(&mut pg, a, schema, 1).unwrap();
    let params =
        [Value::from("k"), Value::Timestamp(1_000_000), Value::from("{\"b\": 1, \"a\": [1, 2]}"), Value::Int(12)];
    let Step::Done(Ok(_)) = pg.submit(a, "INSERT INTO p VALUES ($1, $2, $3, $4)", &params, 1) else {
        panic!("refused")
    };
    let sql = "SELECT doc -> 'a' ->> 1, amount::text, (at + interval '1 minute')::text FROM p WHERE id = ANY ($1) AND at <= $2";
    let params = [Value::TextArray(["x".into(), "k".into()].into()), Value::Timestamp(2_000_000)];
    let Step::Done(Ok(reply)) = pg.submit(a, sql, &params, 1) else { panic!("refused") };
    let shown: Vec<String> = reply.rows[0].iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["2", "12.00", "1970-01-01 00:01:01+00"]);
}

#[test]
fn a_transaction_has_written_once_it_changed_or_locked_a_row() {
    let (mut pg, a) = server(Config::default());
    let after = |pg: &mut Postgres, sql: &str| {
        ask(pg, a, "BEGIN", 1).unwrap();
        ask(pg, a, sql, 1).unwrap();
        let (inside, written) = (pg.in_transaction(a), pg.has_written(a));
        ask(pg, a, "COMMIT", 1).unwrap();
        assert!(inside && !pg.has_written(a), "{sql}");
        written
    };
    assert!(!after(&mut pg, "SELECT v FROM t"));
    assert!(!after(&mut pg, "SELECT pg_advisory_xact_lock(7)"));
    assert!(!after(&mut pg, "UPDATE t SET v = 1 WHERE id = 77"));
    assert!(after(&mut pg, "SELECT v FROM t WHERE id = 1 FOR SHARE"));
    assert!(after(&mut pg, "UPDATE t SET v = 1 WHERE id = 1"));
}
