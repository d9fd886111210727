//! How fast the platform is, against bare references on the same machine, in one run on real servers.
//!
//! | what | the platform | its bare reference | aim |
//! |---|---|---|---|
//! | [`sold_out`] | `platform serve` telling shoppers that all is sold | an axum handler that sends the same bytes | 0.5 |
//! | [`page`] | `platform serve` showing a product | an axum handler that asks the same Redis for the same page | 0.5 |
//! | [`reserve`] | soft reservations through the gate | `redis-benchmark` running the same script | 0.6 |
//! | [`commit`] | hard commits, by each strategy | `pgbench` running the same statements | 0.8 |
//!
//! The two sides take turns, round by round, so that whatever else the machine does strikes both; the medians are
//! compared. `cargo bench` measures; run as a test it only shows that everything still runs, in short rounds.

mod bare_server;
mod commit;
mod page;
mod pgbench;
mod report;
mod reserve;
mod servers;
mod sold_out;

use std::process::ExitCode;
use std::time::Duration;

use report::Report;
use servers::Servers;

/// How long and how often is measured.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// Turns of each side.
    pub(crate) rounds: u32,
    /// How long a turn takes.
    pub(crate) turn: Duration,
    /// Orders placed for a turn, per second of it, for the fastest strategy.
    pub(crate) orders_per_s: u32,
}

const MEASURING: Plan = Plan { rounds: 3, turn: Duration::from_secs(4), orders_per_s: 30_000 };
const TRYING: Plan = Plan { rounds: 1, turn: Duration::from_millis(1_000), orders_per_s: 30_000 };

const USAGE: &str = "\
usage: cargo bench -p server --bench throughput -- [--only sold-out|page|reserve|commit] [--json FILE]";

/// An error of anything, in words.
pub(crate) fn failed(error: impl std::fmt::Display) -> String {
    error.to_string()
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if let [word, port, answer] = &words[..]
        && word == bare_server::WORD
    {
        return bare_server::main(port, answer);
    }
    if let [word, port, redis, body] = &words[..]
        && word == bare_server::CACHED
    {
        return bare_server::main_cached(port, redis, body);
    }
    match Wanted::of(&words).and_then(|wanted| measure(&wanted)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("throughput: {why}");
            ExitCode::FAILURE
        }
    }
}

/// What the command line asks for.
struct Wanted {
    plan: Plan,
    only: Option<String>,
    json: Option<String>,
}

impl Wanted {
    fn of(words: &[String]) -> Result<Self, String> {
        let mut wanted = Self { plan: TRYING, only: None, json: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                // Cargo says so when it benches, and not when it tests.
                "--bench" => wanted.plan = MEASURING,
                "--only" => wanted.only = words.next().cloned(),
                "--json" => wanted.json = words.next().cloned(),
                _ => return Err(USAGE.to_owned()),
            }
        }
        let parts = ["sold-out", "page", "reserve", "commit"];
        if wanted.only.as_deref().is_some_and(|only| !parts.contains(&only)) {
            return Err(USAGE.to_owned());
        }
        Ok(wanted)
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_deref().is_none_or(|only| only == part)
    }
}

fn measure(wanted: &Wanted) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(failed)?;
    let mut report = Report::new(wanted.plan);
    runtime.block_on(async {
        let mut servers = Servers::start()?;
        // The gate is opened by the inventory role, also for those parts that go past it.
        servers.open_shop().await?;
        if wanted.wants("sold-out") {
            report.add(sold_out::measure(&servers, wanted.plan).await?);
        }
        if wanted.wants("page") {
            report.add(page::measure(&servers, wanted.plan).await?);
        }
        servers.close_shop();
        if wanted.wants("reserve") {
            report.add(reserve::measure(&servers, wanted.plan).await?);
        }
        if wanted.wants("commit") {
            for row in commit::measure(&servers, wanted.plan).await? {
                report.add(row);
            }
        }
        Ok::<_, String>(())
    })?;
    print!("{}", report.table());
    match &wanted.json {
        Some(path) => std::fs::write(path, report.json()).map_err(|error| format!("{path}: {error}")),
        None => Ok(()),
    }
}
