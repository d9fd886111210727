//! The proxy loses what it is told to lose, and the server has done what the client was not told.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::process::{Command, Output};
use std::time::Duration;

use testbed::{Cut, Postgres, Proxy, psql};

struct Wire {
    postgres: Postgres,
    proxy: Proxy,
    runtime: tokio::runtime::Runtime,
}

impl Wire {
    fn start() -> Self {
        let postgres = Postgres::start().unwrap();
        psql(&postgres.url(), "CREATE TABLE t (n int)").unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let upstream = ([127, 0, 0, 1], postgres.port()).into();
        let proxy = runtime.block_on(Proxy::start(upstream)).unwrap();
        Self { postgres, proxy, runtime }
    }

    /// psql through the proxy, statement by statement.
    fn client(&self, statements: &[&str]) -> Output {
        let url = format!("postgres://postgres@{}/postgres", self.proxy.address());
        let mut command = Command::new("timeout");
        command.args(["5", "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", &url]);
        for statement in statements {
            command.args(["-c", statement]);
        }
        command.output().unwrap()
    }

    fn rows(&self) -> String {
        psql(&self.postgres.url(), "SELECT count(*) FROM t").unwrap()
    }
}

const TRANSACTION: [&str; 3] = ["BEGIN", "INSERT INTO t VALUES (1)", "COMMIT"];

#[test]
fn a_lost_answer_to_commit_leaves_the_row_and_an_error() {
    let wire = Wire::start();
    assert!(wire.client(&TRANSACTION).status.success());
    wire.proxy.lose_commit_answers(1, Cut::Reset);
    let lost = wire.client(&TRANSACTION);
    assert!(!lost.status.success(), "the client was told");
    assert_eq!(wire.rows(), "2");
    assert_eq!(wire.proxy.commit_answers_lost(), 1);
    assert!(wire.client(&TRANSACTION).status.success(), "only one answer is lost");
    assert_eq!(wire.rows(), "3");
}

#[test]
fn a_hanging_answer_to_commit_leaves_the_client_waiting() {
    let wire = Wire::start();
    wire.proxy.lose_commit_answers(1, Cut::Hang);
    assert_eq!(wire.client(&TRANSACTION).status.code(), Some(124), "the client's time limit ended it");
    assert_eq!(wire.rows(), "1");
}

#[test]
fn statements_other_than_commit_pass() {
    let wire = Wire::start();
    wire.proxy.lose_commit_answers(1, Cut::Reset);
    assert!(wire.client(&["INSERT INTO t VALUES (1)", "BEGIN", "ROLLBACK"]).status.success());
    assert_eq!(wire.proxy.commit_answers_lost(), 0);
}

#[test]
fn connections_are_cut_refused_and_held() {
    let wire = Wire::start();
    let _on_the_runtime = wire.runtime.enter();
    wire.proxy.refuse(true);
    assert!(!wire.client(&["SELECT 1"]).status.success());
    wire.proxy.refuse(false);
    wire.proxy.swallow(true);
    assert_eq!(wire.client(&["SELECT 1"]).status.code(), Some(124));
    wire.proxy.swallow(false);
    let cut = std::thread::scope(|scope| {
        let client = scope.spawn(|| wire.client(&["SELECT pg_sleep(4)"]));
        std::thread::sleep(Duration::from_secs(1));
        wire.proxy.cut();
        client.join().unwrap()
    });
    assert!(!cut.status.success());
    assert!(wire.client(&["SELECT 1"]).status.success());
}
