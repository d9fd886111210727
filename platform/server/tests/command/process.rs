//! Starts the built binary, and ends it whatever becomes of the test.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::{Value, json};

/// The built binary with nothing set by whoever runs the tests.
pub(crate) fn platform(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_platform"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("DOORBUSTER_") {
            command.env_remove(name);
        }
    }
    command.args(args).stdin(Stdio::null());
    command
}

/// How long a run may take on a machine that does many things at once. What would serve for ever, where it should have
/// refused to, is ended then.
const ENDS_WITHIN: Duration = Duration::from_secs(120);

/// Runs it to its end.
///
/// # Panics
/// When it does not end.
pub(crate) fn run(args: &[&str]) -> Output {
    run_within(ENDS_WITHIN, args).unwrap_or_else(|said| panic!("{args:?} did not end within {ENDS_WITHIN:?}: {said}"))
}

/// Runs it to its end, or ends it and returns what it had said.
pub(crate) fn run_within(limit: Duration, args: &[&str]) -> Result<Output, String> {
    let child = platform(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let process = Pid::from_raw(i32::try_from(child.id()).unwrap());
    let (ended, end) = std::sync::mpsc::channel();
    #[expect(clippy::disallowed_methods, reason = "real processes, outside every simulation")]
    drop(std::thread::spawn(move || ended.send(child.wait_with_output().unwrap())));
    if let Ok(output) = end.recv_timeout(limit) {
        return Ok(output);
    }
    kill(process, Signal::SIGKILL).unwrap();
    let output = end.recv().unwrap();
    Err(text(&output.stdout) + &text(&output.stderr))
}

/// What it wrote.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// A serving process. Dropped, it is killed.
pub(crate) struct Serving {
    child: Child,
    /// Where it serves.
    pub(crate) url: String,
    /// What it said before it served.
    pub(crate) said: Vec<String>,
}

impl Serving {
    /// Starts it on a free port and waits until it says where.
    pub(crate) fn start(args: &[&str]) -> Self {
        let mut args = args.to_vec();
        args.extend(["--listen", "127.0.0.1:0"]);
        let mut child = platform(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            if let Some((_, url)) = line.split_once("serving at ") {
                let url = url.to_owned();
                return Self { child, url, said };
            }
            said.push(line);
        }
        panic!("it ended before it served: {said:?}, {:?}", child.wait());
    }

    /// Its id among the system's processes.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(i32::try_from(self.child.id()).unwrap()), signal).unwrap();
    }

    /// Waits for its end; the exit code, if it ended by itself.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    /// The exit code, if it has ended.
    pub(crate) fn has_ended(&mut self) -> Option<Option<i32>> {
        self.child.try_wait().unwrap().map(|status| status.code())
    }

    /// Gets JSON.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        let client = reqwest::Client::new();
        let answer = client.get(format!("{}{path}", self.url)).header("x-shopper-id", "ann").send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Posts nothing, as `ann`.
    pub(crate) async fn post(&self, path: &str) -> (u16, Value) {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url));
        let answer = request.header("x-shopper-id", "ann").send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Buys, as `ann`.
    pub(crate) async fn buy(&self, key: &str, sku: &str, payment_method: &str) -> (u16, Value) {
        let body = json!({"sku": sku, "quantity": 1, "payment_method": payment_method});
        let request = reqwest::Client::new().post(format!("{}/v1/checkouts", self.url));
        let answer = request.header("x-shopper-id", "ann").header("idempotency-key", key).json(&body).send();
        let answer = answer.await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Waits until an order has this status.
    pub(crate) async fn wait_for_status(&self, order_id: &str, wanted: &str) {
        for _ in 0..3_000 {
            let (_, order) = self.get(&format!("/v1/orders/{order_id}")).await;
            if order["status"] == wanted {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("{order_id} did not become {wanted}: {:?}", self.get(&format!("/v1/orders/{order_id}")).await);
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // It may have ended by itself, which is what many tests want.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
