//! A killed server comes back on the same port with what it is meant to keep.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{Read, Write};
use std::net::TcpStream;

use testbed::{Error, Kafka, Persistence, Postgres, PostgresOptions, Redis, psql};

/// One inline command, and as many bytes of answer as the expected one has.
fn ask(port: u16, command: &str, expected: &str) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
    stream.write_all(format!("{command}\r\n").as_bytes()).unwrap();
    let mut answer = vec![0; expected.len()];
    stream.read_exact(&mut answer).unwrap();
    String::from_utf8(answer).unwrap()
}

fn survives_kill(persistence: Persistence) -> bool {
    let mut redis = Redis::start(persistence).unwrap();
    let port = redis.port();
    assert_eq!(ask(port, "SET stock 200", "+OK"), "+OK");
    redis.kill().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err(), "it is dead");
    redis.restart().unwrap();
    assert_eq!(redis.port(), port);
    ask(port, "GET stock", "$3").starts_with("$3")
}

#[test]
fn redis_with_an_append_only_file_keeps_what_it_answered() {
    assert!(survives_kill(Persistence::AofAlways));
}

#[test]
fn redis_without_persistence_forgets() {
    assert!(!survives_kill(Persistence::None));
}

#[test]
fn redis_with_snapshots_forgets_what_came_after_the_last() {
    assert!(!survives_kill(Persistence::Rdb));
}

#[test]
fn redis_stopped_in_order_keeps_its_append_only_file() {
    let mut redis = Redis::start(Persistence::AofEverySecond).unwrap();
    ask(redis.port(), "SET stock 200", "+OK");
    redis.stop().unwrap();
    redis.restart().unwrap();
    assert_eq!(ask(redis.port(), "GET stock", "$3"), "$3");
}

#[test]
fn redis_cut_back_forgets_what_came_after_the_cut_and_nothing_else() {
    let mut redis = Redis::start(Persistence::AofEverySecond).unwrap();
    let port = redis.port();
    ask(port, "SET stock 200", "+OK");
    let before = redis.written().unwrap();
    ask(port, "SET stock 19", "+OK");
    redis.kill().unwrap();
    assert!(redis.cut_back(&before).unwrap() > 0);
    redis.restart().unwrap();
    assert_eq!(ask(port, "GET stock", "$3\r\n200"), "$3\r\n200");
}

#[test]
fn redis_tells_how_much_its_last_snapshot_lacks() {
    let redis = Redis::start(Persistence::Rdb).unwrap();
    assert_eq!(redis.changes_since_snapshot().unwrap(), 0);
    ask(redis.port(), "SET stock 200", "+OK");
    assert_eq!(redis.changes_since_snapshot().unwrap(), 1);
    redis.take_snapshot().unwrap();
    assert_eq!(redis.changes_since_snapshot().unwrap(), 0);
}

#[test]
fn postgres_keeps_what_was_committed_and_nothing_else() {
    let mut postgres = Postgres::start().unwrap();
    let url = postgres.create_database("shop").unwrap();
    psql(&url, "CREATE TABLE t (n int); INSERT INTO t VALUES (1)").unwrap();
    for round in 2..5 {
        postgres.kill().unwrap();
        assert!(matches!(psql(&url, "SELECT 1"), Err(Error::Client { .. })), "it is dead");
        postgres.restart().unwrap();
        psql(&url, &format!("INSERT INTO t VALUES ({round})")).unwrap();
    }
    assert_eq!(psql(&url, "SELECT n FROM t ORDER BY n").unwrap(), "1\n2\n3\n4");
}

#[test]
fn a_halted_postgres_answers_again_when_it_goes_on() {
    let mut postgres = Postgres::start().unwrap();
    postgres.pause().unwrap();
    let url = format!("{}?connect_timeout=2", postgres.url());
    assert!(psql(&url, "SELECT 1").is_err());
    postgres.resume();
    assert_eq!(psql(&postgres.url(), "SELECT 1").unwrap(), "1");
}

#[test]
fn a_password_is_asked_for_when_one_is_set() {
    let options = PostgresOptions { password: Some("right".to_owned()), ..PostgresOptions::default() };
    let postgres = Postgres::start_with(&options).unwrap();
    assert_eq!(psql(&postgres.url(), "SELECT 1").unwrap(), "1");
    let wrong = postgres.url().replace("right", "wrong");
    assert!(psql(&wrong, "SELECT 1").unwrap_err().to_string().contains("password authentication failed"));
}

#[test]
fn a_server_that_does_not_come_up_shows_its_log() {
    let options = PostgresOptions {
        settings: vec![("no_such_setting".to_owned(), "1".to_owned())],
        ..PostgresOptions::default()
    };
    let error = Postgres::start_with(&options).unwrap_err().to_string();
    assert!(error.contains("postgres did not come up") && error.contains("no_such_setting"), "{error}");
}

#[test]
fn a_killed_kafka_comes_back() {
    let mut kafka = Kafka::start().unwrap();
    let bootstrap = kafka.bootstrap();
    kafka.kill().unwrap();
    assert!(TcpStream::connect(&bootstrap).is_err(), "it is dead");
    kafka.restart().unwrap();
    assert_eq!(kafka.bootstrap(), bootstrap);
    TcpStream::connect(&bootstrap).unwrap();
}
