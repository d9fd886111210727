//! The servers, and the catalog role as a process.

use std::process::Command;

use testbed::{OpenSearch, Persistence, Postgres, Program, Redis, free_port};

use crate::failed;

/// The platform's command, built as this bench is.
const PLATFORM: &str = env!("CARGO_BIN_EXE_platform");

pub(crate) struct Servers {
    catalog: Option<Program>,
    settings: Vec<(String, String)>,
    _search: OpenSearch,
    _redis: Redis,
    _postgres: Postgres,
}

impl Servers {
    pub(crate) fn start() -> Result<Self, String> {
        let search = OpenSearch::start_with(1_024).map_err(failed)?;
        let postgres = Postgres::start().map_err(failed)?;
        let redis = Redis::start(Persistence::None).map_err(failed)?;
        let settings = [
            ("POSTGRES_URL", postgres.create_database("shop").map_err(failed)?),
            ("CATALOG_POSTGRES_URL", postgres.create_database("catalog").map_err(failed)?),
            ("REDIS_URL", redis.url()),
            ("SEARCH_URL", search.url()),
            ("SEARCH_LIMIT_MS", "5000".to_owned()),
            ("SHOP_SECRET", "for this bench".to_owned()),
        ];
        let settings: Vec<_> =
            settings.map(|(name, value)| (format!("DOORBUSTER_{name}"), value)).into_iter().collect();
        let servers = Self { catalog: None, settings, _search: search, _redis: redis, _postgres: postgres };
        servers.platform(&["migrate"])?;
        Ok(servers)
    }

    /// Brings the catalog and its index to so many products, and starts the catalog role anew.
    pub(crate) fn load(&mut self, products: u64) -> Result<(), String> {
        self.catalog = None;
        self.platform(&["seed-catalog", "--products", &products.to_string()])?;
        self.platform(&["reindex"])?;
        let port = free_port().map_err(failed)?;
        let mut settings = self.settings.clone();
        settings.push(("DOORBUSTER_LISTEN".to_owned(), format!("127.0.0.1:{}", port.number())));
        let command = [PLATFORM, "serve", "--role", "catalog"];
        self.catalog = Some(Program::start("catalog", port, &command, &settings).map_err(failed)?);
        Ok(())
    }

    pub(crate) fn url(&self) -> String {
        self.catalog.as_ref().map(Program::url).unwrap_or_default()
    }

    /// Runs a subcommand to its end; what it says is shown as it comes.
    fn platform(&self, words: &[&str]) -> Result<(), String> {
        let mut command = Command::new(PLATFORM);
        let status = command.args(words).envs(self.settings.iter().map(|(name, value)| (name, value))).status();
        let status = status.map_err(failed)?;
        if status.success() { Ok(()) } else { Err(format!("platform {}: {status}", words[0])) }
    }
}
