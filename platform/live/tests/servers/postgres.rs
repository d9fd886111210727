//! Statements, values, transactions and refusals on a real PostgreSQL.

use std::time::Duration;

use live::postgres::{PostgresPool, PostgresSettings};
use ports::Outcome;
use ports::sql::{Isolation, SqlError, SqlPool, SqlTransaction, SqlValue};

pub(crate) fn pool_with(database: &str, settings: PostgresSettings) -> PostgresPool {
    PostgresPool::new(&testbed::shared::database(database).unwrap(), settings).unwrap()
}

fn pool(database: &str) -> PostgresPool {
    pool_with(database, PostgresSettings::default())
}

async fn count(pool: &PostgresPool) -> i64 {
    pool.query("SELECT count(*) AS n FROM stock", &[]).await.unwrap().first().unwrap().int("n")
}

async fn pool_with_stock(database: &str, settings: PostgresSettings) -> PostgresPool {
    let pool = pool_with(database, settings);
    pool.run_script("CREATE TABLE stock (sku text PRIMARY KEY, on_hand bigint NOT NULL CHECK (on_hand >= 0)); INSERT INTO stock VALUES ('a', 5), ('b', 5)")
        .await
        .unwrap();
    pool
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_of_the_port_goes_in_and_comes_out() {
    let pool = pool("live_types");
    let sql = "SELECT $1::boolean AS b, $2::smallint AS i2, $3::integer AS i4, $4::bigint AS i8, $5::text AS t, \
               $6::timestamptz AS at, $7::jsonb AS j, $8::bigint[] AS ia, $9::text[] AS ta, $10::numeric AS n, \
               $11::json AS k, $12::text[] AS none";
    let params = [
        true.into(),
        (-7).into(),
        70_000.into(),
        i64::MIN.into(),
        "käse".into(),
        SqlValue::Timestamp(1_700_000_000_123_456),
        SqlValue::Json(r#"{"b": 1, "a": [null]}"#.into()),
        SqlValue::IntArray(vec![1, -2, i64::MAX]),
        SqlValue::TextArray(vec!["x".into(), "".into(), "ü".into()]),
        (-1_234_567_890_123).into(),
        SqlValue::Json("[1]".into()),
        SqlValue::TextArray(vec![]),
    ];
    let rows = pool.query(sql, &params).await.unwrap();
    let mut expected = params.to_vec();
    expected[6] = SqlValue::Json(r#"{"a": [null], "b": 1}"#.into());
    assert_eq!(rows.rows, [expected]);
    assert_eq!(rows.affected, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_null_takes_the_type_of_its_parameter() {
    let pool = pool("live_nulls");
    let sql = "SELECT $1::boolean AS a, $2::bigint AS b, $3::timestamptz AS c, $4::jsonb AS d, $5::text[] AS e, $6::uuid IS NULL AS f";
    let rows = pool.query(sql, &vec![SqlValue::Null; 6]).await.unwrap();
    let mut expected = vec![SqlValue::Null; 5];
    expected.push(true.into());
    assert_eq!(rows.rows, [expected]);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_affected_are_counted_with_and_without_returning() {
    let pool = pool_with_stock("live_affected", PostgresSettings::default()).await;
    let plain = pool.query("UPDATE stock SET on_hand = on_hand - $1", &[1.into()]).await.unwrap();
    assert_eq!((plain.affected, plain.rows.len()), (2, 0));
    let returning = pool
        .query(
            "DELETE FROM stock WHERE sku = ANY ($1) RETURNING sku, on_hand",
            &[SqlValue::TextArray(vec!["a".into(), "z".into()])],
        )
        .await
        .unwrap();
    assert_eq!((returning.affected, returning.first().unwrap().int("on_hand")), (1, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_does_not_fit_is_refused_before_anything_is_sent() {
    let pool = pool_with_stock("live_unfit", PostgresSettings::default()).await;
    let error = pool.query("UPDATE stock SET on_hand = $1", &["7".into()]).await.unwrap_err();
    assert!(error.is("42804"), "{error}");
    let error = pool.query("UPDATE stock SET on_hand = 0 RETURNING point(1, 2) AS p", &[]).await.unwrap_err();
    assert!(error.is("42804") && error.to_string().contains("\"p\""), "{error}");
    let left = pool.query("SELECT sum(on_hand) AS n FROM stock", &[]).await.unwrap();
    assert_eq!(left.first().unwrap().int("n"), 10);
    assert!(pool.query("SELECT $1::bigint AS n", &[]).await.is_err(), "too few parameters");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_names_its_sqlstate_and_its_constraint_and_leaves_the_connection_usable() {
    let settings = PostgresSettings { max_connections: 1, ..PostgresSettings::default() };
    let pool = pool_with_stock("live_refusals", settings).await;
    let error = pool.query("INSERT INTO stock VALUES ($1, 1)", &["a".into()]).await.unwrap_err();
    let SqlError::Refused { sqlstate, constraint, .. } = &error else { panic!("{error}") };
    assert_eq!((&**sqlstate, constraint.as_deref()), ("23505", Some("stock_pkey")));
    assert_eq!(error.outcome(), Outcome::NotApplied);
    assert!(pool.query("SELEC 1", &[]).await.unwrap_err().is("42601"));
    assert_eq!(count(&pool).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_transaction_is_rolled_back_and_its_connection_used_again() {
    let settings = PostgresSettings { max_connections: 1, ..PostgresSettings::default() };
    let pool = pool_with_stock("live_dropped", settings).await;
    for _ in 0..3 {
        let mut dropped = pool.begin(Isolation::ReadCommitted).await.unwrap();
        dropped.query("INSERT INTO stock VALUES ('c', 1)", &[]).await.unwrap();
        drop(dropped);
        assert_eq!(count(&pool).await, 2);
    }
    let mut kept = pool.begin(Isolation::ReadCommitted).await.unwrap();
    kept.query("INSERT INTO stock VALUES ('c', 1)", &[]).await.unwrap();
    kept.commit().await.unwrap();
    assert_eq!(count(&pool).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_dropped_in_the_middle_of_a_statement_frees_its_locks() {
    let settings = PostgresSettings { lock_timeout: Duration::from_secs(20), ..PostgresSettings::default() };
    let pool = pool_with_stock("live_dropped_busy", settings).await;
    let lock = "UPDATE stock SET on_hand = on_hand WHERE sku = 'a'";
    let mut holder = pool.begin(Isolation::ReadCommitted).await.unwrap();
    holder.query(lock, &[]).await.unwrap();
    let mut waiter = pool.begin(Isolation::ReadCommitted).await.unwrap();
    waiter.query("UPDATE stock SET on_hand = on_hand WHERE sku = 'b'", &[]).await.unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(100), waiter.query(lock, &[])).await;
    assert!(waited.is_err(), "it waits for the lock");
    drop(waiter);
    // The waiter's session ends while the holder still holds: 'b' is free.
    pool.query("UPDATE stock SET on_hand = 0 WHERE sku = 'b'", &[]).await.unwrap();
    holder.rollback().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_transaction_does_not_pretend_to_commit() {
    let pool = pool_with_stock("live_failed", PostgresSettings::default()).await;
    let mut transaction = pool.begin(Isolation::ReadCommitted).await.unwrap();
    transaction.query("INSERT INTO stock VALUES ('c', 1)", &[]).await.unwrap();
    assert!(transaction.query("INSERT INTO stock VALUES ('a', 1)", &[]).await.unwrap_err().is("23505"));
    assert!(transaction.query("SELECT 1 AS one", &[]).await.unwrap_err().is("25P02"));
    let error = transaction.commit().await.unwrap_err();
    assert_eq!((error.is("25P02"), error.outcome()), (true, Outcome::NotApplied));
    assert_eq!(count(&pool).await, 2);
}

async fn take(transaction: &mut dyn SqlTransaction) -> Result<(), SqlError> {
    transaction.query("UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 'a'", &[]).await.map(drop)
}

#[tokio::test(flavor = "multi_thread")]
async fn each_isolation_level_is_the_one_asked_for() {
    let pool = pool_with_stock("live_isolation", PostgresSettings::default()).await;
    let levels = [
        (Isolation::ReadCommitted, "read committed", true),
        (Isolation::RepeatableRead, "repeatable read", false),
        (Isolation::Serializable, "serializable", false),
    ];
    for (isolation, name, passes) in levels {
        let mut first = pool.begin(isolation).await.unwrap();
        let shown = first.query("SELECT current_setting('transaction_isolation') AS level", &[]).await.unwrap();
        assert_eq!(shown.first().unwrap().text("level"), name);
        pool.query("UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'a'", &[]).await.unwrap();
        let taken = take(&mut *first).await;
        assert_eq!(taken.is_ok(), passes, "{name}");
        assert!(passes || taken.unwrap_err().is("40001"));
        first.rollback().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_without_a_free_place_says_so_and_nothing_was_sent() {
    let settings = PostgresSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_millis(50),
        ..PostgresSettings::default()
    };
    let pool = pool_with_stock("live_exhausted", settings).await;
    let held = pool.begin(Isolation::ReadCommitted).await.unwrap();
    let error = pool.query("DELETE FROM stock", &[]).await.unwrap_err();
    assert_eq!(error, SqlError::PoolExhausted { waited_ms: 50 });
    held.rollback().await.unwrap();
    assert_eq!(count(&pool).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_servers_own_limits_end_a_statement_and_a_wait() {
    let settings = PostgresSettings {
        statement_timeout: Duration::from_millis(100),
        lock_timeout: Duration::from_millis(50),
        ..PostgresSettings::default()
    };
    let pool = pool_with_stock("live_limits", settings).await;
    assert!(pool.query("SELECT pg_sleep(5)::text AS s", &[]).await.unwrap_err().is("57014"));
    let mut holder = pool.begin(Isolation::ReadCommitted).await.unwrap();
    take(&mut *holder).await.unwrap();
    let mut waiter = pool.begin(Isolation::ReadCommitted).await.unwrap();
    let error = take(&mut *waiter).await.unwrap_err();
    assert!(error.is("55P03") && error.is_transient(), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_tasks_share_four_connections() {
    let settings = PostgresSettings {
        max_connections: 4,
        acquire_timeout: Duration::from_secs(20),
        ..PostgresSettings::default()
    };
    let pool = pool_with_stock("live_shared", settings).await;
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut transaction = pool.begin(Isolation::ReadCommitted).await.unwrap();
                transaction.query("UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'b'", &[]).await.unwrap();
                transaction.commit().await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let sessions = "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()";
    assert!(pool.query(sessions, &[]).await.unwrap().first().unwrap().int("n") <= 4);
    let left = pool.query("SELECT on_hand FROM stock WHERE sku = 'b'", &[]).await.unwrap();
    assert_eq!(left.first().unwrap().int("on_hand"), 105);
}
