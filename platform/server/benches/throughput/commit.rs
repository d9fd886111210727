//! Hard commits of one hot product, by each strategy: the platform's commit code against pgbench.
//!
//! Orders are placed beforehand. What counts is what Postgres holds afterwards: confirmed orders, each of which must have
//! its ledger entry. `group` commits up to 50 orders in a transaction, so there a client of pgbench stands for 50 callers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use platform::config::{CommitStrategy, Config};
use platform::transaction::steps::{Committing, PaidOrder};
use tokio::time::Instant;

use crate::report::Row;
use crate::servers::{BUCKETS, CLIENTS, PLENTY, Servers};
use crate::{Plan, failed, pgbench};

/// Orders of one transaction, for `group`.
const BATCH: usize = 50;
/// What an order costs.
const AMOUNT_CENTS: i64 = 4_990;

pub(crate) async fn measure(servers: &Servers, plan: Plan) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    let mut placed = 0;
    for strategy in CommitStrategy::ALL {
        let what = format!("orders/s, {}", strategy.name());
        let against = match strategy {
            CommitStrategy::Group => "pgbench, same statements, 2 clients of 50 orders a transaction",
            CommitStrategy::Version | CommitStrategy::Conditional | CommitStrategy::Buckets => {
                "pgbench, same statements, 100 clients"
            }
        };
        let mut row = Row::new(&what, 0.8, against);
        for round in 0..plan.rounds {
            for by_platform in [true, false] {
                let side = if by_platform { "platform" } else { "bare" };
                let sku = format!("{}-{side}-{round}", strategy.name());
                let orders = Orders::place(servers, strategy, plan, sku, placed)?;
                placed += orders.count;
                let (rates, seconds) = if by_platform {
                    (&mut row.platform, by_the_platform(servers, strategy, plan, &orders).await?)
                } else {
                    (&mut row.bare, by_pgbench(servers, strategy, plan, &orders)?)
                };
                rates.push(orders.committed(servers)? / seconds);
            }
        }
        rows.push(row);
    }
    Ok(rows)
}

/// Placed orders of one product; their ids are the numbers from `first`.
struct Orders {
    sku: String,
    first: usize,
    count: usize,
}

impl Orders {
    fn place(
        servers: &Servers,
        strategy: CommitStrategy,
        plan: Plan,
        sku: String,
        first: usize,
    ) -> Result<Self, String> {
        // What a strategy can come to on one hot row, at the most.
        let share = match strategy {
            CommitStrategy::Version => 0.1,
            CommitStrategy::Conditional => 0.2,
            CommitStrategy::Buckets => 0.5,
            CommitStrategy::Group => 1.0,
        };
        let wanted = f64::from(plan.orders_per_s) * plan.turn.as_secs_f64() * share;
        let per_client = (1..).find(|count| (count * CLIENTS * BATCH) as f64 >= wanted).expect("some number does");
        let count = per_client * CLIENTS * BATCH;
        let event = PaidOrder::of_one_unit("ORDER", "ann", &sku, AMOUNT_CENTS).event();
        servers.add_product(&sku, PLENTY)?;
        servers.sql(&format!(
            "INSERT INTO orders
             SELECT n::text, 'ann', '{sku}', 1, {AMOUNT_CENTS}, 'usd', 'placed', NULL, 'f', 'pm_card_visa', 1,
                    now() + interval '1 day', 0, now(), now()
             FROM generate_series({first}, {first} + {count} - 1) AS n;
             INSERT INTO order_transitions
             SELECT n::text, 1, NULL, 'placed', now() FROM generate_series({first}, {first} + {count} - 1) AS n;
             INSERT INTO payment_intents
             SELECT n::text, {AMOUNT_CENTS}, 'created', NULL, NULL, now()
             FROM generate_series({first}, {first} + {count} - 1) AS n;"
        ))?;
        match strategy {
            CommitStrategy::Buckets => servers.sql(&format!(
                "INSERT INTO inventory_buckets
                 SELECT '{sku}', n, {PLENTY} / {BUCKETS} FROM generate_series(0, {BUCKETS} - 1) AS n;
                 UPDATE inventory SET on_hand = 0 WHERE sku = '{sku}'"
            ))?,
            CommitStrategy::Group => servers.sql(&format!(
                "DROP TABLE IF EXISTS bench_batches;
                 CREATE TABLE bench_batches AS
                 SELECT ({first} + (n - {first}) / {BATCH})::bigint AS number,
                        array_agg(n::text ORDER BY n) AS orders, array_agg('{sku}'::text) AS skus,
                        array_agg(1::bigint) AS quantities, array_agg('pi_' || n) AS intents,
                        array_agg(replace('{event}', 'ORDER', n::text)) AS events
                 FROM generate_series({first}, {first} + {count} - 1) AS n
                 GROUP BY 1;
                 CREATE UNIQUE INDEX ON bench_batches (number)"
            ))?,
            CommitStrategy::Version | CommitStrategy::Conditional => String::new(),
        };
        servers.sql("VACUUM ANALYZE")?;
        servers.sql("CHECKPOINT")?;
        Ok(Self { sku, first, count })
    }

    /// Orders that are committed, each with its ledger entry, and no other entry.
    fn committed(&self, servers: &Servers) -> Result<f64, String> {
        let sku = &self.sku;
        let counts = servers.sql(&format!(
            "SELECT (SELECT count(*) FROM orders WHERE sku = '{sku}' AND status = 'confirmed'),
                    (SELECT count(*) FROM stock_ledger WHERE sku = '{sku}' AND kind = 'sold'),
                    (SELECT {PLENTY} - on_hand FROM inventory WHERE sku = '{sku}')
                    - (SELECT coalesce(sum(on_hand), 0) FROM inventory_buckets WHERE sku = '{sku}')"
        ))?;
        let mut counts = counts.split('|');
        match (counts.next(), counts.next(), counts.next()) {
            (Some(orders), Some(entries), Some(units)) if orders == entries && entries == units => {
                let committed: usize = orders.parse().map_err(failed)?;
                if committed == self.count {
                    return Err(format!("{sku}: all {committed} orders were committed before the turn was over"));
                }
                Ok(f64::from(u32::try_from(committed).map_err(failed)?))
            }
            other => Err(format!("{sku}: orders, ledger entries and units differ: {other:?}")),
        }
    }
}

/// How many seconds it took.
async fn by_the_platform(
    servers: &Servers,
    strategy: CommitStrategy,
    plan: Plan,
    orders: &Orders,
) -> Result<f64, String> {
    let mut config = Config::default();
    config.commit.strategy = strategy;
    config.commit.buckets = BUCKETS;
    config.commit.group_max = BATCH;
    let context = servers.context(config)?;
    // Connections are opened before the turn, as pgbench's are.
    let opening: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let sql = context.sql.clone();
            tokio::spawn(async move { sql.query("SELECT pg_sleep(0.2)::text AS slept", &[]).await })
        })
        .collect();
    for opened in opening {
        opened.await.map_err(failed)?.map_err(failed)?;
    }
    let committing = Arc::new(Committing::new(context));
    let next = Arc::new(AtomicUsize::new(orders.first));
    let last = orders.first + orders.count;
    let began = Instant::now();
    let callers: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let (committing, next, sku) = (committing.clone(), next.clone(), orders.sku.clone());
            tokio::spawn(keep_committing(committing, next, last, sku, began + plan.turn))
        })
        .collect();
    for caller in callers {
        caller.await.map_err(failed)?;
    }
    Ok(began.elapsed().as_secs_f64())
}

async fn keep_committing(
    committing: Arc<Committing>,
    next: Arc<AtomicUsize>,
    last: usize,
    sku: String,
    until: Instant,
) {
    while Instant::now() < until {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= last {
            return;
        }
        let order = PaidOrder::of_one_unit(&number.to_string(), "ann", &sku, AMOUNT_CENTS);
        // One that found no end in its tries is taken up again, as the compensation role would.
        while !committing.commit(&order).await && Instant::now() < until {}
    }
}

/// How many seconds it took.
fn by_pgbench(servers: &Servers, strategy: CommitStrategy, plan: Plan, orders: &Orders) -> Result<f64, String> {
    let (clients, per_run) = match strategy {
        CommitStrategy::Group => (CLIENTS / BATCH, BATCH),
        CommitStrategy::Version | CommitStrategy::Conditional | CommitStrategy::Buckets => (CLIENTS, 1),
    };
    let event = PaidOrder::of_one_unit("1234567", "ann", &orders.sku, AMOUNT_CENTS).event();
    let variables = [
        ("base", orders.first.to_string()),
        ("quota", (orders.count / per_run / clients).to_string()),
        ("done", "0".to_owned()),
        ("sku", orders.sku.clone()),
        ("units", "1".to_owned()),
        ("now", "2026-11-24 00:00:00+00".to_owned()),
        ("intent", "pi_1234567".to_owned()),
        ("event", event.to_string()),
    ];
    let script = pgbench::script(strategy);
    let turn = Duration::from_secs(plan.turn.as_secs().max(1));
    pgbench::run(&pgbench::Run { database: servers.database(), script: &script, clients, turn, variables: &variables })
}
