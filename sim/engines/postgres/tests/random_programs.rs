//! Random interleavings of a few sessions over a few rows: nothing panics, nothing hangs for ever, and what must hold
//! of any schedule holds.

use postgres_engine::{Config, PgError, Postgres, Reply, SessionId, Step, Value};
use proptest::prelude::*;

const SESSIONS: usize = 4;

#[derive(Clone, Debug)]
enum Action {
    Begin(usize, &'static str),
    Commit(usize),
    Rollback(usize),
    Savepoint(usize),
    RollbackTo(usize),
    Transfer(usize, i64, i64),
    Take(usize, i64),
    Upsert(usize, i64),
    Delete(usize, i64),
    Lock(usize, i64, &'static str),
    Claim(usize),
    Read(usize),
    Cancel(usize),
    Disconnect(usize),
    Pass(i64),
}

fn action() -> impl Strategy<Value = Action> {
    let s = 0..SESSIONS;
    let id = 1..5_i64;
    let level = prop_oneof![
        3 => Just("BEGIN"),
        1 => Just("BEGIN ISOLATION LEVEL REPEATABLE READ"),
        1 => Just("BEGIN ISOLATION LEVEL SERIALIZABLE"),
    ];
    let lock =
        prop_oneof![Just("FOR UPDATE"), Just("FOR SHARE"), Just("FOR UPDATE NOWAIT"), Just("FOR SHARE SKIP LOCKED")];
    prop_oneof![
        4 => (s.clone(), level).prop_map(|(s, level)| Action::Begin(s, level)),
        4 => s.clone().prop_map(Action::Commit),
        2 => s.clone().prop_map(Action::Rollback),
        2 => s.clone().prop_map(Action::Savepoint),
        2 => s.clone().prop_map(Action::RollbackTo),
        6 => (s.clone(), id.clone(), id.clone()).prop_map(|(s, a, b)| Action::Transfer(s, a, b)),
        4 => (s.clone(), id.clone()).prop_map(|(s, a)| Action::Take(s, a)),
        4 => (s.clone(), id.clone()).prop_map(|(s, a)| Action::Upsert(s, a)),
        2 => (s.clone(), id.clone()).prop_map(|(s, a)| Action::Delete(s, a)),
        3 => (s.clone(), id, lock).prop_map(|(s, a, lock)| Action::Lock(s, a, lock)),
        3 => s.clone().prop_map(Action::Claim),
        3 => s.clone().prop_map(Action::Read),
        1 => s.clone().prop_map(Action::Cancel),
        1 => s.prop_map(Action::Disconnect),
        3 => (1..3_000_000_i64).prop_map(Action::Pass),
    ]
}

struct World {
    pg: Postgres,
    sessions: Vec<SessionId>,
    now_us: i64,
    trace: Vec<String>,
}

impl World {
    fn new() -> Self {
        let mut pg = Postgres::new(Config { change_feed: true, ..Config::default() });
        let sessions: Vec<SessionId> = (0..SESSIONS).map(|_| pg.connect().expect("there is room")).collect();
        let schema = "
            CREATE TABLE account (id bigint PRIMARY KEY, balance bigint NOT NULL);
            CREATE INDEX account_balance ON account (balance, id);
            CREATE TABLE stock (id bigint PRIMARY KEY, on_hand bigint NOT NULL CHECK (on_hand >= 0), sold bigint NOT NULL);
            CREATE TABLE seen (id bigint PRIMARY KEY, hits bigint NOT NULL, account_id bigint REFERENCES account (id));
            CREATE INDEX seen_once ON seen (id DESC, hits) WHERE hits = 1;
            INSERT INTO account SELECT n, 100 FROM generate_series(1, 4) AS n;
            INSERT INTO stock SELECT n, 3, 0 FROM generate_series(1, 4) AS n";
        pg.execute_script(sessions[0], schema, 0).expect("the schema is supported");
        Self { pg, sessions, now_us: 0, trace: Vec::new() }
    }

    fn note(&mut self, session: SessionId, result: &Result<Reply, PgError>) {
        self.trace.push(format!("{session} {result:?}"));
        if let Err(error) = result {
            assert!(
                [
                    "40001", "40P01", "23505", "23503", "23514", "25P02", "25P01", "3B001", "55P03", "57014", "55000",
                    "25001"
                ]
                .contains(&error.sqlstate),
                "unexpected {error}"
            );
        }
    }

    fn submit(&mut self, at: usize, sql: &str, params: &[i64]) {
        let session = self.sessions[at];
        let params: Vec<Value> = params.iter().copied().map(Value::Int).collect();
        self.now_us += 10;
        if let Step::Done(result) = self.pg.submit(session, sql, &params, self.now_us) {
            self.note(session, &result);
        }
        self.collect();
    }

    fn collect(&mut self) {
        for (session, result) in self.pg.take_completions() {
            self.note(session, &result);
        }
    }

    fn act(&mut self, action: &Action) {
        match action {
            Action::Begin(s, level) => self.submit(*s, level, &[]),
            Action::Commit(s) => self.submit(*s, "COMMIT", &[]),
            Action::Rollback(s) => self.submit(*s, "ROLLBACK", &[]),
            Action::Savepoint(s) => self.submit(*s, "SAVEPOINT s", &[]),
            Action::RollbackTo(s) => self.submit(*s, "ROLLBACK TO s", &[]),
            Action::Transfer(s, a, b) => {
                let sql = "UPDATE account SET balance = balance + m.d FROM (VALUES ($1::bigint, -1), ($2::bigint, 1)) \
                           AS m (id, d) WHERE account.id = m.id AND $1 <> $2";
                self.submit(*s, sql, &[*a, *b]);
            }
            Action::Take(s, a) => {
                let sql = "UPDATE stock SET on_hand = on_hand - 1, sold = sold + 1 WHERE id = $1 AND on_hand >= 1";
                self.submit(*s, sql, &[*a]);
            }
            Action::Upsert(s, a) => {
                let sql = "INSERT INTO seen VALUES ($1, 1, $1) ON CONFLICT (id) DO UPDATE SET hits = seen.hits + 1";
                self.submit(*s, sql, &[*a]);
            }
            Action::Delete(s, a) => self.submit(*s, "DELETE FROM seen WHERE id = $1", &[*a]),
            Action::Lock(s, a, lock) => self.submit(*s, &format!("SELECT id FROM account WHERE id = $1 {lock}"), &[*a]),
            Action::Claim(s) => {
                let sql = "UPDATE seen SET hits = 1 WHERE id IN (SELECT id FROM seen ORDER BY id LIMIT 2 FOR UPDATE SKIP LOCKED)";
                self.submit(*s, sql, &[]);
            }
            Action::Read(s) => {
                self.submit(*s, "SELECT sum(balance) FROM account WHERE id > 0", &[]);
                self.submit(*s, "SELECT id FROM seen WHERE hits = 1 ORDER BY id DESC LIMIT 2", &[]);
            }
            Action::Cancel(s) => self.pg.cancel(self.sessions[*s], self.now_us),
            Action::Disconnect(s) => {
                self.pg.disconnect(self.sessions[*s], self.now_us);
                self.sessions[*s] = self.pg.connect().expect("there is room");
            }
            Action::Pass(us) => {
                self.now_us += us;
                self.pg.advance(self.now_us);
            }
        }
        self.collect();
    }

    /// Ends everything, letting deadlocks resolve, and checks what must hold of the rest.
    fn settle(&mut self) {
        for _ in 0..SESSIONS {
            self.now_us += 10_000_000;
            self.pg.advance(self.now_us);
            self.collect();
            for at in 0..SESSIONS {
                if !self.pg.is_blocked(self.sessions[at]) {
                    self.submit(at, "COMMIT", &[]);
                }
            }
        }
        for session in &self.sessions {
            assert!(!self.pg.is_blocked(*session), "a statement still waits, though nobody holds anything");
        }
        assert_eq!(self.pg.next_deadline(), None);
        for (sql, expected) in [
            ("SELECT sum(balance)::bigint FROM account", 400),
            ("SELECT sum(on_hand + sold)::bigint FROM stock", 12),
            ("SELECT count(*) FROM seen s LEFT JOIN account a ON a.id = s.account_id WHERE a.id IS NULL", 0),
            // Through the index and past it: the same rows.
            ("SELECT (SELECT count(*) FROM account WHERE balance > -1000) - (SELECT count(*) FROM account)", 0),
            ("SELECT (SELECT count(*) FROM seen WHERE hits = 1) - (SELECT count(*) FROM seen WHERE hits + 0 = 1)", 0),
        ] {
            let Step::Done(Ok(reply)) = self.pg.submit(self.sessions[0], sql, &[], self.now_us) else {
                panic!("{sql}")
            };
            assert_eq!(reply.rows[0][0], Value::Int(expected), "{sql}");
        }
    }
}

fn run(actions: &[Action]) -> Vec<String> {
    let mut world = World::new();
    for action in actions {
        world.act(action);
    }
    world.settle();
    let commits = world.pg.take_commits();
    world.trace.push(format!("{commits:?}"));
    world.trace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_schedule_keeps_money_stock_and_references(actions in prop::collection::vec(action(), 1..80)) {
        run(&actions);
    }

    #[test]
    fn the_same_schedule_gives_the_same_trace(actions in prop::collection::vec(action(), 1..40)) {
        prop_assert_eq!(run(&actions), run(&actions));
    }

    #[test]
    fn no_text_makes_the_server_panic(words in prop::collection::vec(word(), 1..14)) {
        let mut world = World::new();
        let sql = words.join(" ");
        world.pg.submit(world.sessions[0], &sql, &[Value::Int(1), Value::from("x")], 1);
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "SELECT",
        "FROM",
        "account",
        "WHERE",
        "id",
        "=",
        "1",
        "$1",
        "$2",
        "(",
        ")",
        ",",
        "*",
        "ORDER BY",
        "LIMIT",
        "UPDATE",
        "SET",
        "balance",
        "INSERT INTO",
        "VALUES",
        "seen",
        "ON CONFLICT",
        "DO NOTHING",
        "RETURNING",
        "count(*)",
        "GROUP BY",
        "sum(balance)",
        "OVER ()",
        "CASE WHEN",
        "THEN",
        "END",
        "NULL",
        "'x'",
        "AS",
        "a",
        "JOIN",
        "ON",
        "true",
        "+",
        "/",
        "0",
        "FOR UPDATE",
        "IN",
        "EXISTS",
        "WITH",
        "DELETE FROM",
        "UNION",
        "unnest('{1}'::bigint[])",
        "now()",
        "-",
        "||",
        "HAVING",
        "DISTINCT",
        "::int",
        "::jsonb",
        "BETWEEN",
        "AND",
        "IS NULL",
        "LEFT JOIN",
        "generate_series(1, 3)",
        "max(id)",
    ])
}
