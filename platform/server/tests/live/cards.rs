//! The card gateway of the stack: the payment sandbox as a process, its webhooks sent to the payments role, its faults
//! ordered over its administrator's API.

use std::path::{Path, PathBuf};

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use testbed::{Program, Server, free_port};
use tokio::task::block_in_place;

use crate::stack::failed;

/// What webhooks are signed with.
pub(crate) const WEBHOOK_SECRET: &str = "whsec_for_tests";
/// What the platform shows to the sandbox.
pub(crate) const API_KEY: &str = "sk_for_tests";
/// What the sandbox's administrator shows.
const ADMIN_TOKEN: &str = "admin_for_tests";

/// A running sandbox; dropping it ends it.
pub(crate) struct Cards {
    program: Program,
    client: Client,
}

impl Cards {
    /// Starts a sandbox that tells the payments role at this address.
    pub(crate) fn start(payments: &str) -> Result<Self, String> {
        let port = free_port().map_err(failed)?;
        let settings = [
            ("LISTEN", format!("127.0.0.1:{}", port.number())),
            ("API_KEY", API_KEY.to_owned()),
            ("ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
            ("WEBHOOK_URL", format!("{payments}/webhooks/payments")),
            ("WEBHOOK_SECRET", WEBHOOK_SECRET.to_owned()),
        ];
        let settings = settings.map(|(name, value)| (format!("PAYMENT_SANDBOX_{name}"), value));
        let sandbox = built_sandbox()?;
        let command = [sandbox.to_str().ok_or("the target folder has a name that is not UTF-8")?];
        let program =
            block_in_place(|| Program::start("payment-sandbox", port, &command, &settings)).map_err(failed)?;
        let client = Client::builder().no_proxy().build().map_err(failed)?;
        Ok(Self { program, client })
    }

    /// Its process.
    pub(crate) fn process(&self) -> &Server {
        &self.program
    }

    /// Its address.
    pub(crate) fn url(&self) -> String {
        self.program.url()
    }

    /// Takes money from a card in the name of this order, past the platform.
    pub(crate) async fn charge(&self, amount_cents: i64, order: &str) -> Result<(), String> {
        let form = format!(
            "amount={amount_cents}&currency=usd&payment_method=pm_card_visa&confirm=true&metadata[order_id]={order}"
        );
        let request = self.client.post(format!("{}/v1/payment_intents", self.url())).bearer_auth(API_KEY);
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let answer = request.send().await.and_then(reqwest::Response::error_for_status).map_err(failed)?;
        let intent: Value = answer.json().await.map_err(failed)?;
        if intent["status"] == "succeeded" { Ok(()) } else { Err(format!("the card was not charged: {intent}")) }
    }

    /// The next `count` captures take the money and then never answer.
    pub(crate) async fn hang_after_capture(&self, count: u32) -> Result<(), String> {
        let order = json!({"fault": "lose-answer", "operation": "capture", "count": count});
        let faults = format!("{}/admin/faults", self.url());
        administer(self.client.post(faults).body(order.to_string())).await.map(drop)
    }

    /// Captures so far that were left without an answer.
    pub(crate) async fn captures_without_answer(&self) -> Result<u64, String> {
        let told = administer(self.client.get(format!("{}/admin/faults", self.url()))).await?;
        told["unanswered"]["capture"].as_u64().ok_or_else(|| format!("no number of unanswered captures in {told}"))
    }
}

async fn administer(request: RequestBuilder) -> Result<Value, String> {
    let answer = request.bearer_auth(ADMIN_TOKEN).send().await.map_err(failed)?;
    let status = answer.status();
    let told: Value = answer.json().await.map_err(failed)?;
    if status.is_success() { Ok(told) } else { Err(format!("the sandbox answered {status}: {told}")) }
}

/// The sandbox's program, which is built beside the platform's: Cargo names only a package's own programs to its tests.
fn built_sandbox() -> Result<PathBuf, String> {
    let sandbox = Path::new(env!("CARGO_BIN_EXE_platform")).with_file_name("payment-sandbox");
    if sandbox.is_file() {
        return Ok(sandbox);
    }
    Err(format!("{} is not built; `cargo build -p payment-sandbox` builds it", sandbox.display()))
}
