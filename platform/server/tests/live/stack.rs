//! The whole platform on real servers: Postgres, Redis and Kafka, the payment sandbox, and each role as a process of its
//! own, the lane behind a proxy that can lose Postgres's answers. How it is struck: [`strikes`].

mod strikes;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use testbed::{Kafka, Persistence, Port, Postgres, Program, Proxy, Redis, Server, free_port, psql};
use tokio::task::block_in_place;

use crate::cards::{self, Cards};
use crate::draw::ROLES;

/// The role whose Postgres connections pass through the proxy: the lane, which takes the stock.
const BEHIND_PROXY: &str = "flash-sale";
/// How long everything may take to be ready at the start and after a heal.
const READY_WITHIN: Duration = Duration::from_secs(300);

/// Everything that runs. Roles end before the servers they use.
pub(crate) struct Stack {
    roles: BTreeMap<&'static str, Program>,
    cards: Cards,
    proxy: Proxy,
    redis: Redis,
    kafka: Kafka,
    postgres: Postgres,
    /// The platform's settings that all its processes share.
    settings: Vec<(String, String)>,
    persistence: Persistence,
    /// What had been counted before the fault.
    counted: u64,
    /// Writes that Redis was seen to have forgotten: bytes of its append-only file, changes since its last snapshot.
    forgotten: u64,
    /// Statements and scripts in place of the platform's own; none unless a test puts one there.
    texts: TempDir,
}

/// An error of anything, as a broken promise of the test.
pub(crate) fn failed(error: impl Display) -> String {
    error.to_string()
}

impl Stack {
    /// Starts everything, with these products on sale, and waits until every role is ready.
    pub(crate) async fn start(products: &[(String, u64)]) -> Result<Self, String> {
        let (postgres, kafka, redis) = block_in_place(|| {
            std::thread::scope(|scope| {
                let kafka = scope.spawn(Kafka::start);
                let postgres = Postgres::start().map_err(failed)?;
                let redis = Redis::start(Persistence::AofAlways).map_err(failed)?;
                let kafka = kafka.join().map_err(|_| "starting Kafka panicked")?.map_err(failed)?;
                Ok::<_, String>((postgres, kafka, redis))
            })
        })?;
        let database = postgres.create_database("shop").map_err(failed)?;
        let proxy = Proxy::start(([127, 0, 0, 1], postgres.port()).into()).await.map_err(failed)?;
        let ports = ports()?;
        let cards = Cards::start(&format!("http://127.0.0.1:{}", ports["payments"].number()))?;
        let texts = edited_texts()?;
        let mut settings = shared_settings(&ports);
        settings.extend(named(&[
            ("REDIS_URL", &redis.url()),
            ("KAFKA_BROKERS", &kafka.bootstrap()),
            ("CARD_GATEWAY_URL", &cards.url()),
            ("CARD_GATEWAY_WEBHOOK_SECRET", cards::WEBHOOK_SECRET),
            ("CARD_GATEWAY_API_KEY", cards::API_KEY),
            ("POSTGRES_URL", &database),
            ("TEXTS_FOLDER", &texts.path().to_string_lossy()),
        ]));
        let mut stack = Self {
            roles: BTreeMap::new(),
            cards,
            proxy,
            redis,
            kafka,
            postgres,
            settings,
            persistence: Persistence::AofAlways,
            counted: 0,
            forgotten: 0,
            texts,
        };
        stack.platform(&["migrate"])?;
        stack.put_on_sale(products)?;
        block_in_place(|| stack.start_roles(ports))?;
        stack.ready().await?;
        Ok(stack)
    }

    /// Runs a subcommand of the platform to its end; what it said, as an error when it did not end well.
    pub(crate) fn platform(&self, words: &[&str]) -> Result<String, String> {
        match self.run(words)? {
            (Some(0), said) => Ok(said),
            (code, said) => Err(format!("platform {} exited with {code:?}:\n{said}", words[0])),
        }
    }

    /// Runs a subcommand of the platform to its end; its exit code and what it said.
    pub(crate) fn run(&self, words: &[&str]) -> Result<(Option<i32>, String), String> {
        let mut command = Command::new(env!("CARGO_BIN_EXE_platform"));
        command.args(words).envs(self.settings.iter().map(|(name, value)| (name, value)));
        let output = block_in_place(|| command.output()).map_err(failed)?;
        Ok((output.status.code(), [&*output.stdout, &*output.stderr].map(String::from_utf8_lossy).concat()))
    }

    /// The card gateway.
    pub(crate) fn cards(&self) -> &Cards {
        &self.cards
    }

    fn put_on_sale(&self, products: &[(String, u64)]) -> Result<(), String> {
        let products: Vec<_> = products
            .iter()
            .map(|(sku, units)| json!({"sku": sku, "price_cents": 49_900, "flash": true, "stock": units}))
            .collect();
        let file = self.postgres.dir().join("catalog.json");
        std::fs::write(&file, json!({"products": products}).to_string()).map_err(failed)?;
        let file = file.to_str().ok_or("the folder for temporary files has a name that is not UTF-8")?;
        self.platform(&["seed-catalog", file]).map(drop)
    }

    fn start_roles(&mut self, ports: BTreeMap<&'static str, Port>) -> Result<(), String> {
        let through_proxy = format!("postgres://postgres@{}/shop", self.proxy.address());
        for (role, port) in ports {
            let mut settings = self.settings.clone();
            settings.extend(named(&[("LISTEN", &format!("127.0.0.1:{}", port.number()))]));
            if role == BEHIND_PROXY {
                settings.extend(named(&[("POSTGRES_URL", &through_proxy)]));
            }
            let command = [env!("CARGO_BIN_EXE_platform"), "serve", "--role", role];
            self.roles.insert(role, Program::start(role, port, &command, &settings).map_err(failed)?);
        }
        Ok(())
    }

    /// The gateways' addresses.
    pub(crate) fn gateways(&self) -> Vec<String> {
        vec![self.roles["gateway"].url()]
    }

    /// Waits until every role says that it is ready.
    pub(crate) async fn ready(&self) -> Result<(), String> {
        let client = reqwest::Client::new();
        for (role, program) in &self.roles {
            let ready = async {
                loop {
                    let asked = client.get(format!("{}/readyz", program.url())).send().await;
                    if asked.is_ok_and(|response| response.status().is_success()) {
                        return;
                    }
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            let waited = tokio::time::timeout(READY_WITHIN, ready).await;
            waited.map_err(|_| format!("{role} is not ready; the end of its log:\n{}", program.log_tail()))?;
        }
        Ok(())
    }

    /// SQL on the platform's database, past the proxy.
    pub(crate) fn sql(&self, sql: &str) -> Result<String, String> {
        block_in_place(|| psql(&self.postgres.url_of("shop"), sql)).map_err(failed)
    }

    /// Orders of a product that stand as bought, with their shoppers.
    pub(crate) fn bought(&self, sku: &str) -> Result<BTreeMap<String, String>, String> {
        let rows = self.sql(&format!(
            "SELECT order_id, shopper_id FROM orders
             WHERE sku = '{sku}' AND status IN ('confirmed', 'picking', 'shipped', 'delivered')"
        ))?;
        Ok(rows
            .lines()
            .filter_map(|row| row.split_once('|'))
            .map(|(order, shopper)| (order.to_owned(), shopper.to_owned()))
            .collect())
    }

    /// Units of a product that were ever stocked.
    pub(crate) fn units(&self, sku: &str) -> Result<u64, String> {
        let stocked = format!("SELECT sum(delta) FROM stock_ledger WHERE sku = '{sku}' AND kind = 'stocked'");
        self.sql(&stocked)?.parse().map_err(failed)
    }

    /// Waits until every order has settled and been delivered, every event published, and every consumer has taken each.
    pub(crate) async fn quiet(&self, within: Duration) -> Result<(), String> {
        const OPEN: &str = "SELECT
            (SELECT count(*) FROM orders WHERE status NOT IN ('failed', 'refunded', 'delivered', 'cancelled')) AS orders,
            (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS unpublished,
            (SELECT count(*) FROM outbox, (VALUES ('notification'), ('analytics'), ('warehouse')) AS c (consumer)
             WHERE NOT EXISTS (SELECT FROM consumed_events e WHERE e.consumer = c.consumer AND e.event_id = outbox.event_id))
             AS unconsumed";
        let mut open = String::new();
        let settle = async {
            loop {
                open = self.sql(OPEN)?;
                if open == "0|0|0" {
                    return Ok::<_, String>(());
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        match tokio::time::timeout(within, settle).await {
            Ok(settled) => settled,
            Err(_) => Err(format!("still open after {within:?} (orders|unpublished|unconsumed): {open}")),
        }
    }

    /// `platform audit`: its report when it is clean, the same as an error when it is not, or when it could not judge what
    /// the stores and the leak gauge tell.
    pub(crate) fn audit(&self) -> Result<String, String> {
        const JUDGED: [&str; 5] = ["stock", "money", "holds", "events", "liveness"];
        let report = self.platform(&["audit"])?;
        match JUDGED.iter().find(|rule| !report.contains(&format!("  {rule:<12}holds"))) {
            Some(rule) => Err(format!("the audit did not judge {rule}:\n{report}")),
            None => Ok(report),
        }
    }

    /// The whole log of a process.
    pub(crate) fn log(&self, name: &str) -> String {
        let processes = self.processes();
        let (_, process) = processes.iter().find(|(its_name, _)| *its_name == name).expect("it is one of the stack's");
        process.log()
    }

    /// Every process, servers first.
    pub(crate) fn processes(&self) -> Vec<(&'static str, &Server)> {
        let servers: [(_, &Server); 4] = [
            ("postgres", &self.postgres),
            ("redis", &self.redis),
            ("kafka", &self.kafka),
            ("payment-sandbox", self.cards.process()),
        ];
        let roles = self.roles.iter().map(|(role, program)| (*role, &**program));
        servers.into_iter().chain(roles).collect()
    }
}

/// A folder for edited texts: empty, or holding what `LIVE_TEXTS` holds.
fn edited_texts() -> Result<TempDir, String> {
    let folder = tempfile::tempdir().map_err(failed)?;
    if let Some(edited) = std::env::var_os("LIVE_TEXTS") {
        let copied = Command::new("cp").arg("-R").arg(Path::new(&edited).join(".")).arg(folder.path()).status();
        if !copied.map_err(failed)?.success() {
            return Err(format!("LIVE_TEXTS: {} could not be copied", edited.display()));
        }
    }
    Ok(folder)
}

/// A port for each role, known before any starts, because they call each other.
fn ports() -> Result<BTreeMap<&'static str, Port>, String> {
    ROLES.into_iter().map(|role| Ok((role, free_port().map_err(failed)?))).collect()
}

/// Settings that do not depend on where the servers are: the platform's own, but for waits that exist so that rare repairs
/// are gentle on a shop in use; a test has no time for them.
fn shared_settings(ports: &BTreeMap<&'static str, Port>) -> Vec<(String, String)> {
    let at = |role: &str| format!("http://127.0.0.1:{}", ports[role].number());
    named(&[
        ("SERVICES_ORDERS", &at("orders")),
        ("SERVICES_FLASH_SALE", &at("flash-sale")),
        ("SERVICES_INVENTORY", &at("inventory")),
        ("FULFILMENT_PICKING_MS", "100"),
        ("FULFILMENT_TRANSIT_MS", "100"),
        ("FULFILMENT_WAREHOUSE_POLL_MS", "100"),
        ("FLASH_LANE_SAGA_LEASE_MS", "3000"),
        ("COMPENSATION_LEASE_MS", "2000"),
        ("GATE_HOLD_TTL_MS", "5000"),
        ("LOG_FORMAT", "json"),
    ])
}

fn named(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings.iter().map(|(key, value)| (format!("DOORBUSTER_{key}"), (*value).to_owned())).collect()
}
