//! The sandbox over real sockets: as its callers see it, and as a process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use payment_sandbox::switches::Switches;
use payment_sandbox::{Access, Sandbox, webhooks};
use payments_engine::Config;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const INTENT: &str = "amount=4999&currency=usd&payment_method=pm_card_visa&payment_method_types%5B%5D=card\
                      &capture_method=manual&confirm=true&metadata%5Border_id%5D=ord_1";

/// A sandbox on a port of its own, and a client that is impatient.
struct Shop {
    base: String,
    client: Client,
}

impl Shop {
    async fn open(access: Access, switches: Switches) -> Self {
        Self::open_with(Config::default(), access, switches, None).await
    }

    async fn open_with(config: Config, access: Access, switches: Switches, webhook_url: Option<String>) -> Self {
        let sandbox = Sandbox::new(config, access, switches, 1);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        if let Some(url) = webhook_url {
            drop(tokio::spawn(webhooks::deliver(sandbox.clone(), url)));
        }
        drop(tokio::spawn(async move { axum::serve(listener, sandbox.router()).await }));
        let client = Client::builder().no_proxy().timeout(Duration::from_millis(500)).build().unwrap();
        Self { base, client }
    }

    fn post(&self, path: &str, key: &str, form: &str) -> RequestBuilder {
        let request = self.client.post(format!("{}{path}", self.base)).header("idempotency-key", key);
        request.header("content-type", "application/x-www-form-urlencoded").body(form.to_owned())
    }

    async fn pay(&self, key: &str) -> (u16, Value) {
        read(self.post("/v1/payment_intents", key, INTENT)).await.unwrap()
    }

    async fn found(&self) -> Value {
        let query = "query=metadata%5B%27order_id%27%5D%3A%27ord_1%27";
        let request = self.client.get(format!("{}/v1/payment_intents/search?{query}", self.base));
        read(request).await.unwrap().1["data"].take()
    }

    async fn admin(&self, request: RequestBuilder, body: Value) -> u16 {
        request.body(body.to_string()).send().await.unwrap().status().as_u16()
    }
}

async fn read(request: RequestBuilder) -> Result<(u16, Value), reqwest::Error> {
    let answer = request.send().await?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await?;
    Ok((status, serde_json::from_slice(&body).unwrap_or(Value::Null)))
}

#[tokio::test]
async fn a_payment_is_held_captured_and_refunded_by_forms_as_stripe_takes_them() {
    let shop = Shop::open(Access::default(), Switches::default()).await;
    let (status, held) = shop.pay("k1").await;
    assert_eq!((status, &held["status"]), (200, &json!("requires_capture")), "{held}");
    assert_eq!(shop.pay("k1").await.1, held, "a key replays its answer");
    let id = held["id"].as_str().unwrap();
    let (_, captured) = read(shop.post(&format!("/v1/payment_intents/{id}/capture"), "k2", "")).await.unwrap();
    assert_eq!(captured["amount_received"], 4_999);
    let (_, refund) = read(shop.post("/v1/refunds", "k3", &format!("payment_intent={id}"))).await.unwrap();
    assert_eq!((&refund["status"], &refund["amount"]), (&json!("succeeded"), &json!(4_999)));
    assert_eq!(shop.found().await[0]["id"], held["id"]);
}

#[tokio::test]
async fn keys_are_asked_for_where_they_are_set() {
    let access = Access { api_key: Some("sk_test_1".into()), admin_token: Some("t".into()) };
    let shop = Shop::open(access, Switches::default()).await;
    let pay = |key: &str| shop.post("/v1/payment_intents", "k", INTENT).bearer_auth(key);
    for wrong in ["sk_test_2", "sk_test_", "sk_test_11", ""] {
        assert_eq!(read(pay(wrong)).await.unwrap().0, 401, "{wrong:?}");
    }
    assert_eq!(shop.pay("k").await.0, 401);
    assert_eq!(read(pay("sk_test_1")).await.unwrap().0, 200);
    let switches = || shop.client.put(format!("{}/admin/switches", shop.base));
    assert_eq!(shop.admin(switches(), json!({})).await, 401);
    assert_eq!(shop.admin(switches().bearer_auth("t"), json!({})).await, 200);
}

#[tokio::test]
async fn a_capture_that_hangs_has_taken_the_money_and_its_key_tells_so() {
    let shop = Shop::open(Access::default(), Switches { capture_hang_ppm: 1_000_000, ..Switches::default() }).await;
    let (_, held) = shop.pay("k1").await;
    let capture = format!("/v1/payment_intents/{}/capture", held["id"].as_str().unwrap());
    assert!(read(shop.post(&capture, "k2", "")).await.unwrap_err().is_timeout());
    assert_eq!(shop.found().await[0]["status"], "succeeded");
    let switches = shop.client.put(format!("{}/admin/switches", shop.base));
    assert_eq!(shop.admin(switches, json!({ "capture_hang_ppm": 0 })).await, 200);
    assert_eq!(read(shop.post(&capture, "k2", "")).await.unwrap().1["status"], "succeeded");
    assert_eq!(shop.found().await[0]["amount_received"], 4_999);
}

#[tokio::test]
async fn an_outage_executes_nothing_and_ends_when_it_is_told_to() {
    let shop = Shop::open(Access::default(), Switches { outage: true, ..Switches::default() }).await;
    assert!(read(shop.post("/v1/payment_intents", "k1", INTENT)).await.unwrap_err().is_timeout());
    let switches = shop.client.put(format!("{}/admin/switches", shop.base));
    assert_eq!(shop.admin(switches, json!({})).await, 200);
    assert_eq!(shop.found().await, json!([]));
}

#[tokio::test]
async fn a_slow_answer_comes_late_and_its_key_is_in_use_until_then() {
    let switches = Switches { slow_ppm: 1_000_000, slow_ms: 300, ..Switches::default() };
    let shop = Shop::open(Access::default(), switches).await;
    let (slow, early) = tokio::join!(shop.pay("k1"), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        shop.pay("k1").await
    });
    assert_eq!((slow.0, early.0), (200, 409));
}

#[tokio::test]
async fn single_faults_are_ordered_while_it_runs_and_misspelt_ones_refused() {
    let shop = Shop::open(Access::default(), Switches::default()).await;
    let order = |body: Value| shop.admin(shop.client.post(format!("{}/admin/faults", shop.base)), body);
    assert_eq!(order(json!({ "fault": "decline-next", "code": "insufficient_funds" })).await, 202);
    let (status, declined) = shop.pay("k1").await;
    assert_eq!((status, &declined["error"]["decline_code"]), (402, &json!("insufficient_funds")));
    assert_eq!(order(json!({ "fault": "server-error", "operation": "create", "executed": true })).await, 202);
    assert_eq!(shop.pay("k2").await.0, 500);
    assert_eq!(shop.pay("k2").await.0, 500, "stored under the key");
    assert_eq!(order(json!({ "fault": "decline-nxt" })).await, 400);
    let switches = shop.client.put(format!("{}/admin/switches", shop.base));
    assert_eq!(shop.admin(switches, json!({ "declines": 1 })).await, 400);
}

#[tokio::test]
async fn webhooks_are_signed_doubled_when_told_and_sent_again_until_acknowledged() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/webhooks", listener.local_addr().unwrap());
    let config = Config { webhook_secret: Some("whsec".into()), webhook_backoff_ms: 50, ..Config::default() };
    let switches = Switches { duplicate_webhook_every: 1, ..Switches::default() };
    let shop = Shop::open_with(config, Access::default(), switches, Some(url)).await;
    assert_eq!(shop.pay("k1").await.0, 200);
    // The first delivery is refused, so three come: two copies, and one of them again.
    let mut ids = Vec::new();
    for status in ["500 Internal Server Error", "200 OK", "200 OK"] {
        let (mut socket, _) = listener.accept().await.unwrap();
        let mut request = String::new();
        let body = loop {
            let mut part = vec![0; 65_536];
            let count = socket.read(&mut part).await.unwrap();
            request.push_str(std::str::from_utf8(&part[..count]).unwrap());
            let Some((head, body)) = request.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
            if body.len() == length.parse::<usize>().unwrap() {
                break body.to_owned();
            }
        };
        let signature = request.lines().find_map(|line| line.strip_prefix("stripe-signature: t=")).unwrap();
        let (seconds, signed) = signature.split_once(",v1=").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(b"whsec").unwrap();
        mac.update(format!("{seconds}.{body}").as_bytes());
        let expected: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(signed, expected);
        let event: Value = serde_json::from_str(&body).unwrap();
        ids.push(event["id"].as_str().unwrap().to_owned());
        let answer = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
    }
    assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

/// The program, listening; ended by its drop.
struct Program {
    child: Child,
    /// What it says: kept open, since a program whose words go nowhere may end.
    _said: BufReader<ChildStderr>,
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn start(flags: &[&str]) -> (Program, String) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_payment-sandbox"));
    program.args(["--listen", "127.0.0.1:0"]).args(flags).env("NO_COLOR", "1").stderr(Stdio::piped());
    let mut child = program.spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let address = line.split_once("address=").unwrap_or_else(|| panic!("{line}")).1.trim().to_owned();
    (Program { child, _said: said }, address)
}

#[tokio::test]
async fn it_stops_when_told_to_even_while_a_request_hangs() {
    let (mut program, address) = start(&["--outage"]);
    let hanging = tokio::spawn(reqwest::Client::new().get(format!("http://{address}/v1/payment_intents")).send());
    tokio::time::sleep(Duration::from_millis(200)).await;
    let id = program.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    let ended = tokio::task::spawn_blocking(move || program.child.wait().unwrap());
    let status = tokio::time::timeout(Duration::from_secs(20), ended).await.unwrap().unwrap();
    assert!(status.success(), "{status}");
    assert!(hanging.await.unwrap().is_err());
}

#[test]
fn a_port_in_use_is_one_line_and_a_failure() {
    let (_first, address) = start(&[]);
    let second = Command::new(env!("CARGO_BIN_EXE_payment-sandbox")).args(["--listen", &address]).output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert!(!second.status.success());
    assert!(said.starts_with("payment-sandbox: cannot listen on") && said.lines().count() == 1, "{said}");
}
