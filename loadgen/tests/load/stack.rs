//! Everything a load needs, on free ports: the servers, the payment sandbox, and the platform in one process.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;
use testbed::{Kafka, Persistence, Port, Postgres, Program, Redis, free_port, psql};
use tokio::task::block_in_place;

const ADMIN_TOKEN: &str = "admin_for_tests";

/// Everything that runs. The platform ends before the servers it uses.
pub(crate) struct Stack {
    platform: Option<Program>,
    port: Option<Port>,
    cards: Program,
    _redis: Redis,
    _kafka: Kafka,
    postgres: Postgres,
    settings: Vec<(String, String)>,
    files: TempDir,
}

pub(crate) fn failed(error: impl Display) -> String {
    error.to_string()
}

impl Stack {
    /// Starts the servers and the sandbox, and brings the schema up to date.
    pub(crate) async fn start() -> Result<Self, String> {
        let (postgres, kafka, redis) = block_in_place(|| {
            std::thread::scope(|scope| {
                let kafka = scope.spawn(Kafka::start);
                let postgres = Postgres::start().map_err(failed)?;
                let redis = Redis::start(Persistence::AofEverySecond).map_err(failed)?;
                let kafka = kafka.join().map_err(|_| "starting Kafka panicked")?.map_err(failed)?;
                Ok::<_, String>((postgres, kafka, redis))
            })
        })?;
        let database = postgres.create_database("shop").map_err(failed)?;
        let port = free_port().map_err(failed)?;
        let cards = start_cards(&format!("http://127.0.0.1:{}", port.number()))?;
        let settings = [
            ("LISTEN", format!("127.0.0.1:{}", port.number())),
            ("POSTGRES_URL", database),
            ("REDIS_URL", redis.url()),
            ("KAFKA_BROKERS", kafka.bootstrap()),
            ("CARD_GATEWAY_URL", cards.url()),
            ("CARD_GATEWAY_WEBHOOK_SECRET", "whsec_for_tests".to_owned()),
            ("CARD_GATEWAY_API_KEY", "sk_for_tests".to_owned()),
            // The leak gauge is asked of the role at its address, as an operator would have it.
            ("SERVICES_INVENTORY", format!("http://127.0.0.1:{}", port.number())),
            ("FULFILMENT_PICKING_MS", "100".to_owned()),
            ("FULFILMENT_TRANSIT_MS", "100".to_owned()),
            ("FULFILMENT_WAREHOUSE_POLL_MS", "100".to_owned()),
            ("GATE_HOLD_TTL_MS", "5000".to_owned()),
            // A gateway that is slow on purpose is to be waited for, on a busy machine as well.
            ("PAYMENT_TIMEOUT_MS", "5000".to_owned()),
        ];
        let settings = settings.map(|(key, value)| (format!("DOORBUSTER_{key}"), value)).to_vec();
        let files = tempfile::tempdir().map_err(failed)?;
        let stack =
            Self { platform: None, port: Some(port), cards, _redis: redis, _kafka: kafka, postgres, settings, files };
        stack.succeed("platform", &["migrate"])?;
        Ok(stack)
    }

    /// Books what the scenario sells, as a delivery of this name.
    pub(crate) fn book(&self, scenario: &str, delivery: &str) -> Result<(), String> {
        let catalog = self.succeed("loadgen", &["catalog", scenario, "--delivery", delivery])?;
        let file = self.file("catalog.json");
        std::fs::write(&file, catalog).map_err(failed)?;
        self.succeed("platform", &["seed-catalog", &file]).map(drop)
    }

    /// Starts the platform and waits until it sells.
    pub(crate) async fn open(&mut self) -> Result<(), String> {
        let port = self.port.take().ok_or("it is open already")?;
        let program = built("platform")?;
        let command = [program.to_str().ok_or("a path that is not UTF-8")?, "serve"];
        let platform = block_in_place(|| Program::start("platform", port, &command, &self.settings)).map_err(failed)?;
        self.platform = Some(platform);
        self.offered(100).await
    }

    /// Waits until so many units are offered through the gate.
    pub(crate) async fn offered(&self, units: i64) -> Result<(), String> {
        let mut sum = 0;
        for _ in 0..300 {
            sum = 0;
            for sku in ["DOORBUSTER-TV", "KETTLE"] {
                let address = format!("{}/v1/products/{sku}/availability", self.url()?);
                let Ok(answer) = reqwest::get(address).await else { continue };
                let text = answer.text().await.map_err(failed)?;
                let told: Value = serde_json::from_str(&text).unwrap_or_default();
                sum += if told["source"] == "gate" { told["available"].as_i64().unwrap_or(0) } else { 0 };
            }
            if sum == units {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(format!("the gate offers {sum} of {units} units"))
    }

    fn url(&self) -> Result<String, String> {
        self.platform.as_ref().map(Program::url).ok_or_else(|| "the platform is not running".to_owned())
    }

    /// Turns the sandbox's switches.
    pub(crate) async fn switch_cards(&self, switches: &Value) -> Result<(), String> {
        let request = reqwest::Client::new().put(format!("{}/admin/switches", self.cards.url()));
        let answer = request.bearer_auth(ADMIN_TOKEN).body(switches.to_string()).send().await.map_err(failed)?;
        if answer.status().is_success() { Ok(()) } else { Err(format!("the sandbox answered {}", answer.status())) }
    }

    /// SQL on the platform's database.
    pub(crate) fn sql(&self, sql: &str) -> Result<String, String> {
        block_in_place(|| psql(&self.postgres.url_of("shop"), sql)).map_err(failed)
    }

    /// A file of this test.
    pub(crate) fn file(&self, name: &str) -> String {
        self.files.path().join(name).display().to_string()
    }

    /// `loadgen` against the platform.
    pub(crate) fn loadgen(&self, words: &[&str]) -> Result<Output, String> {
        let url = self.url()?;
        self.run("loadgen", &[words, &["--host", &url]].concat())
    }

    /// `reports`.
    pub(crate) fn reports(&self, words: &[&str]) -> Result<Output, String> {
        self.run("reports", words)
    }

    fn run(&self, program: &str, words: &[&str]) -> Result<Output, String> {
        let mut command = Command::new(built(program)?);
        command.args(words).envs(self.settings.iter().map(|(name, value)| (name, value)));
        block_in_place(|| command.output()).map_err(failed)
    }

    fn succeed(&self, program: &str, words: &[&str]) -> Result<String, String> {
        let output = self.run(program, words)?;
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        if output.status.success() { Ok(out.into_owned()) } else { Err(format!("{program} {}: {out}{err}", words[0])) }
    }
}

fn start_cards(platform: &str) -> Result<Program, String> {
    let port = free_port().map_err(failed)?;
    let settings = [
        ("LISTEN", format!("127.0.0.1:{}", port.number())),
        ("API_KEY", "sk_for_tests".to_owned()),
        ("ADMIN_TOKEN", ADMIN_TOKEN.to_owned()),
        ("WEBHOOK_URL", format!("{platform}/webhooks/payments")),
        ("WEBHOOK_SECRET", "whsec_for_tests".to_owned()),
    ];
    let settings = settings.map(|(name, value)| (format!("PAYMENT_SANDBOX_{name}"), value));
    let sandbox = built("payment-sandbox")?;
    let command = [sandbox.to_str().ok_or("the target folder has a name that is not UTF-8")?];
    block_in_place(|| Program::start("payment-sandbox", port, &command, &settings)).map_err(failed)
}

/// A program that is built beside this one: Cargo names only a package's own programs to its tests.
pub(crate) fn built(name: &str) -> Result<PathBuf, String> {
    let path = Path::new(env!("CARGO_BIN_EXE_loadgen")).with_file_name(name);
    if path.is_file() {
        return Ok(path);
    }
    Err(format!("{} is not built; `cargo build --workspace --bins` builds it", path.display()))
}
