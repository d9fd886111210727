//! What is known when the server, or the way to it, fails.

use std::time::Duration;

use live::postgres::{PostgresPool, PostgresSettings};
use ports::Outcome;
use ports::sql::{Isolation, SqlError, SqlPool};
use testbed::{Cut, Postgres, PostgresOptions, Proxy};

fn impatient() -> PostgresSettings {
    PostgresSettings {
        max_connections: 2,
        connect_timeout: Duration::from_millis(500),
        answer_timeout: Duration::from_millis(500),
        ..PostgresSettings::default()
    }
}

/// A database, its own pool, and a pool that reaches it through a proxy.
async fn behind_a_proxy(database: &str) -> (PostgresPool, Proxy, PostgresPool) {
    let url = testbed::shared::database(database).unwrap();
    let direct = PostgresPool::new(&url, PostgresSettings::default()).unwrap();
    direct.run_script("CREATE TABLE sold (id bigint PRIMARY KEY)").await.unwrap();
    let (head, tail) = url.rsplit_once('/').unwrap();
    let (head, server) = head.rsplit_once('@').unwrap();
    let proxy = Proxy::start(server.parse().unwrap()).await.unwrap();
    let proxied = PostgresPool::new(&format!("{head}@{}/{tail}", proxy.address()), impatient()).unwrap();
    (direct, proxy, proxied)
}

async fn sold(pool: &PostgresPool) -> i64 {
    pool.query("SELECT count(*) AS n FROM sold", &[]).await.unwrap().first().unwrap().int("n")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_is_unknown_and_was_applied() {
    let (direct, proxy, pool) = behind_a_proxy("live_lost_commit").await;
    for (id, how) in [(1_i64, Cut::Reset), (2, Cut::Hang)] {
        proxy.lose_commit_answers(1, how);
        let mut transaction = pool.begin(Isolation::ReadCommitted).await.unwrap();
        transaction.query("INSERT INTO sold VALUES ($1)", &[id.into()]).await.unwrap();
        let error = transaction.commit().await.unwrap_err();
        assert_eq!(error.outcome(), Outcome::Unknown, "{error}");
        let expected = if how == Cut::Reset { SqlError::ConnectionLost } else { SqlError::TimedOut { waited_ms: 500 } };
        assert_eq!(error, expected);
        assert_eq!(sold(&direct).await, id);
        // The connection is not used again, and its place is.
        assert_eq!(sold(&pool).await, id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_before_commit_leaves_nothing() {
    let (direct, proxy, pool) = behind_a_proxy("live_cut").await;
    let mut transaction = pool.begin(Isolation::ReadCommitted).await.unwrap();
    transaction.query("INSERT INTO sold VALUES (1)", &[]).await.unwrap();
    proxy.cut();
    let error = transaction.commit().await.unwrap_err();
    assert_eq!(error, SqlError::ConnectionLost);
    assert_eq!(sold(&direct).await, 0);
    assert_eq!(sold(&pool).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_timed_out_and_the_connection_given_up() {
    let (_direct, proxy, pool) = behind_a_proxy("live_silence").await;
    let mut transaction = pool.begin(Isolation::ReadCommitted).await.unwrap();
    proxy.swallow(true);
    let error = transaction.query("SELECT count(*) AS n FROM sold", &[]).await.unwrap_err();
    assert_eq!(error, SqlError::TimedOut { waited_ms: 500 });
    drop(transaction);
    proxy.swallow(false);
    let before = proxy.connections();
    assert_eq!(sold(&pool).await, 0);
    assert!(proxy.connections() > before, "a new connection");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ended_by_the_server_is_unknown_not_refused() {
    let (direct, _proxy, pool) = behind_a_proxy("live_terminated").await;
    let mut transaction = pool.begin(Isolation::ReadCommitted).await.unwrap();
    let session = transaction.query("SELECT pg_backend_pid() AS pid", &[]).await.unwrap().first().unwrap().int("pid");
    direct.query("SELECT pg_terminate_backend($1::integer) AS done", &[session.into()]).await.unwrap();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(transaction.commit().await.unwrap_err(), SqlError::ConnectionLost);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_is_lost_then_unreachable_then_there_again() {
    let mut server = Postgres::start().unwrap();
    let pool = PostgresPool::new(&server.url(), impatient()).unwrap();
    let mut transaction = pool.begin(Isolation::ReadCommitted).await.unwrap();
    server.kill().unwrap();
    assert_eq!(transaction.query("SELECT 1 AS one", &[]).await.unwrap_err(), SqlError::ConnectionLost);
    drop(transaction);
    let error = pool.query("SELECT 1 AS one", &[]).await.unwrap_err();
    assert_eq!((&error, error.outcome()), (&SqlError::Unreachable, Outcome::NotApplied));
    server.restart().unwrap();
    assert_eq!(pool.query("SELECT 1 AS one", &[]).await.unwrap().first().unwrap().int("one"), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_and_a_database_that_is_not_there_are_refused_by_name() {
    let options = PostgresOptions { password: Some("right".into()), ..PostgresOptions::default() };
    let server = Postgres::start_with(&options).unwrap();
    let wrong = server.url().replacen("right", "wrong", 1);
    let pool = PostgresPool::new(&wrong, impatient()).unwrap();
    assert!(pool.query("SELECT 1 AS one", &[]).await.unwrap_err().is("28P01"));
    let pool = PostgresPool::new(&server.url_of("nowhere"), impatient()).unwrap();
    assert!(pool.query("SELECT 1 AS one", &[]).await.unwrap_err().is("3D000"));
}
