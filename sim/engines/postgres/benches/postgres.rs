//! How long the engine's commonest statements take, on tables as large as a long run makes them.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use postgres_engine::{Config, Postgres, SessionId, Step, Value};

const ROWS: i64 = 100_000;

struct Server {
    pg: Postgres,
    session: SessionId,
    now_us: i64,
    next: i64,
}

impl Server {
    fn new() -> Self {
        let mut pg = Postgres::new(Config::default());
        let session = pg.connect().expect("the server is empty");
        let schema = "
            CREATE TABLE stock (sku bigint PRIMARY KEY, on_hand bigint NOT NULL CHECK (on_hand >= 0),
                                version bigint NOT NULL);
            CREATE TABLE orders (id bigint PRIMARY KEY, sku bigint NOT NULL, status text NOT NULL,
                                 created_at timestamptz NOT NULL DEFAULT now());
            CREATE INDEX orders_status ON orders (status, id);
            CREATE TABLE outbox (seq bigserial PRIMARY KEY, payload jsonb NOT NULL, published_at timestamptz);
            CREATE INDEX outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;";
        pg.execute_script(session, schema, 0).expect("the schema is supported");
        let mut server = Self { pg, session, now_us: 0, next: ROWS };
        let rows = [Value::Int(ROWS)];
        server.run("INSERT INTO stock SELECT n, 1000000000, 0 FROM generate_series(1, $1) AS n", &rows);
        server.run("INSERT INTO orders (id, sku, status) SELECT n, n, 'paid' FROM generate_series(1, $1) AS n", &rows);
        server.run(
            "INSERT INTO outbox (payload, published_at) SELECT '{}', now() FROM generate_series(1, $1) AS n",
            &rows,
        );
        server.run("INSERT INTO outbox (payload) SELECT '{\"a\": 1}' FROM generate_series(1, 1000) AS n", &[]);
        server
    }

    fn run(&mut self, sql: &str, params: &[Value]) -> u64 {
        self.now_us += 1;
        match self.pg.submit(self.session, sql, params, self.now_us) {
            Step::Done(result) => result.expect("the statement is right").affected,
            Step::Blocked => panic!("nobody else is connected"),
        }
    }
}

fn statements(c: &mut Criterion) {
    let mut server = Server::new();
    c.bench_function("select by primary key", |b| {
        b.iter(|| {
            server.next = server.next % ROWS + 1;
            let key = [Value::Int(server.next)];
            server.run("SELECT on_hand, version FROM stock WHERE sku = $1", &key)
        });
    });
    c.bench_function("update by primary key and commit", |b| {
        b.iter(|| {
            server.next = server.next % ROWS + 1;
            let key = [Value::Int(server.next)];
            server.run("UPDATE stock SET on_hand = on_hand - 1 WHERE sku = $1 AND on_hand >= 1", &key)
        });
    });
    c.bench_function("update one hot row and commit", |b| {
        b.iter(|| {
            server.run("UPDATE stock SET on_hand = on_hand - 1 WHERE sku = $1 AND on_hand >= 1", &[Value::Int(7)])
        });
    });
    server.next = ROWS;
    c.bench_function("insert an order", |b| {
        b.iter(|| {
            server.next += 1;
            let row = [Value::Int(server.next), Value::Int(7)];
            server.run("INSERT INTO orders (id, sku, status) VALUES ($1, $2, 'placed')", &row)
        });
    });
    c.bench_function("next hundred of the outbox", |b| {
        b.iter(|| server.run("SELECT seq, payload FROM outbox WHERE published_at IS NULL ORDER BY seq LIMIT 100", &[]));
    });
    c.bench_function("hot row transaction of four statements", |b| {
        b.iter(|| {
            server.next += 1;
            server.run("BEGIN", &[]);
            server.run("UPDATE stock SET on_hand = on_hand - 1 WHERE sku = $1 AND on_hand >= 1", &[Value::Int(7)]);
            let row = [Value::Int(server.next), Value::Int(7)];
            server.run("INSERT INTO orders (id, sku, status) VALUES ($1, $2, 'paid')", &row);
            server.run("COMMIT", &[])
        });
    });
}

/// A hundred sessions want the same row: one holds it, the others queue, and are served one after the other.
fn queue(c: &mut Criterion) {
    const SESSIONS: usize = 90;
    c.bench_function("ninety sessions queue for one row", |b| {
        b.iter_batched(
            || {
                let mut server = Server::new();
                let sessions: Vec<SessionId> =
                    (0..SESSIONS).map(|_| server.pg.connect().expect("there is room")).collect();
                server.run("BEGIN", &[]);
                server.run("UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 7", &[]);
                (server, sessions)
            },
            |(mut server, sessions)| {
                for session in sessions {
                    server.pg.submit(session, "UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 7", &[], 1_000_000);
                }
                server.run("COMMIT", &[]);
                // Returned, so that taking the tables down is not measured.
                (server.pg.take_completions().len(), server)
            },
            BatchSize::PerIteration,
        );
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(20).measurement_time(std::time::Duration::from_secs(1))
        .warm_up_time(std::time::Duration::from_millis(300));
    targets = statements, queue
}
criterion_main!(benches);
