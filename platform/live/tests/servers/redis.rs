//! Commands and lost connections on a real Redis.

use std::time::Duration;

use live::redis::{LiveRedis, outcome};
use ports::Outcome;
use ports::redis_port::{Connection, RedisConnector};
use redis::aio::ConnectionLike;
use redis::{Cmd, RedisResult, Value};
use testbed::{Persistence, Redis};

async fn run(connection: &Connection, words: &[&str]) -> RedisResult<Value> {
    let mut command = Cmd::new();
    for word in words {
        command.arg(*word);
    }
    connection.clone().req_packed_command(&command).await.and_then(Value::extract_error)
}

async fn connect(url: &str) -> RedisResult<Connection> {
    LiveRedis::new(url, Duration::from_millis(500)).unwrap().connect().await
}

#[tokio::test(flavor = "multi_thread")]
async fn many_tasks_share_one_connection() {
    let connection = connect(&testbed::shared::redis().unwrap()).await.unwrap();
    let tasks: Vec<_> = (0..100)
        .map(|_| {
            let connection = connection.clone();
            tokio::spawn(async move { run(&connection, &["INCR", "live:shared"]).await.unwrap() })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(run(&connection, &["GET", "live:shared"]).await.unwrap(), Value::BulkString(b"100".to_vec()));
    run(&connection, &["DEL", "live:shared"]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_script_the_server_does_not_know_is_told_apart() {
    let connection = connect(&testbed::shared::redis().unwrap()).await.unwrap();
    let unknown = run(&connection, &["EVALSHA", "0000000000000000000000000000000000000000", "0"]).await.unwrap_err();
    assert_eq!(unknown.kind(), redis::ErrorKind::Server(redis::ServerErrorKind::NoScript));
    assert_eq!(outcome(&unknown), Outcome::NotApplied);
    let failed = run(&connection, &["EVAL", "redis.call('SET', KEYS[1], 1) error('half-way')", "1", "live:half"]).await;
    assert_eq!(outcome(&failed.unwrap_err()), Outcome::Unknown);
    assert_eq!(run(&connection, &["DEL", "live:half"]).await.unwrap(), Value::Int(1), "what it had written stands");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_take_longer_than_the_library_would_wait() {
    let server = Redis::start(Persistence::None).unwrap();
    let connection = connect(&server.url()).await.unwrap();
    let slow = run(&connection, &["BLPOP", "live:nothing", "0.8"]).await;
    assert_eq!(slow.unwrap(), Value::Nil);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_connection_stays_lost_when_the_server_is_back() {
    let mut server = Redis::start(Persistence::None).unwrap();
    let connection = connect(&server.url()).await.unwrap();
    run(&connection, &["SET", "k", "v"]).await.unwrap();
    server.kill().unwrap();
    let lost = run(&connection, &["GET", "k"]).await.unwrap_err();
    assert_eq!(outcome(&lost), Outcome::Unknown, "{lost}");
    let refused = connect(&server.url()).await.err().unwrap();
    assert_eq!(outcome(&refused), Outcome::NotApplied, "{refused}");
    server.restart().unwrap();
    assert!(run(&connection, &["GET", "k"]).await.is_err(), "nobody believes its counters unasked");
    let fresh = connect(&server.url()).await.unwrap();
    assert_eq!(run(&fresh, &["GET", "k"]).await.unwrap(), Value::Nil);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_halted_server_is_not_connected_to_for_ever() {
    let mut server = Redis::start(Persistence::None).unwrap();
    server.pause().unwrap();
    let started = tokio::time::Instant::now();
    assert!(connect(&server.url()).await.is_err());
    assert!(started.elapsed() < Duration::from_secs(5));
    server.resume();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_refused() {
    let server = Redis::start_with_password(Persistence::None, "right").unwrap();
    assert!(connect(&server.url()).await.is_ok());
    let wrong = connect(&server.url().replacen("right", "wrong", 1)).await.err().unwrap();
    assert_eq!(outcome(&wrong), Outcome::NotApplied, "{wrong}");
}
