//! The goose attack around the lanes: a user each, one transaction each, one iteration.
//!
//! Goose keeps its own metrics beside ours and writes its own reports of them. As long as its users count iterations it does
//! not reset its metrics after the start: the lanes' first seconds are part of the load.

use std::fs::File;
use std::io;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use goose::config::GooseConfiguration;
use goose::goose::{Scenario, Transaction, TransactionFunction};
use goose::metrics::GooseMetrics;
use goose::{GooseAttack, GooseError};
use nix::unistd::{dup, dup2_stdout};

use crate::lane::Lane;

/// What goose is asked for beside its metrics.
#[derive(Clone, Debug, Default)]
pub struct GooseOptions {
    /// Its reports, by the ending of their names: html, md or json.
    pub reports: Vec<PathBuf>,
    /// Where its dashboard is served, if at all.
    pub dashboard_port: Option<u16>,
    /// Keeps its words off this process's stdout, whose first line is to be ours. Of the whole process: not for tests that
    /// play side by side.
    pub stdout_is_ours: bool,
}

/// Plays all lanes to their end.
///
/// # Errors
/// When goose cannot start, or refuses what it was asked for.
pub async fn play(host: &str, lanes: Vec<Lane>, options: &GooseOptions) -> Result<GooseMetrics, GooseError> {
    let users = lanes.len();
    let lanes = Arc::new(lanes);
    let next = Arc::new(AtomicUsize::new(0));
    let function: TransactionFunction = Arc::new(move |user| {
        let lane = lanes.get(next.fetch_add(1, Ordering::Relaxed)).cloned();
        Box::pin(async move {
            match lane {
                Some(lane) => lane.play(user).await,
                None => Ok(()),
            }
        })
    });
    let scenario = Scenario::new("arrivals").register_transaction(Transaction::new(function).set_name("lane"));
    let configuration = GooseConfiguration::parse_args_default(&arguments(host, users, options))?;
    let attack = GooseAttack::initialize_with_config(configuration)?.register_scenario(scenario);
    let _silenced = if options.stdout_is_ours { Some(Silenced::new()?) } else { None };
    attack.execute().await
}

/// Stdout leads nowhere until this is dropped. No option keeps goose from announcing its users there.
struct Silenced(OwnedFd);

impl Silenced {
    fn new() -> io::Result<Self> {
        let own = dup(io::stdout())?;
        dup2_stdout(File::create("/dev/null")?)?;
        Ok(Self(own))
    }
}

impl Drop for Silenced {
    fn drop(&mut self) {
        dup2_stdout(&self.0).expect("what was stdout a moment ago can be stdout again");
    }
}

fn arguments(host: &str, users: usize, options: &GooseOptions) -> Vec<String> {
    let mut words = vec![
        format!("--host={host}"),
        format!("--users={users}"),
        // All at once: the schedule begins when they are there.
        "--increase-rate=1000".to_owned(),
        "--iterations=1".to_owned(),
        "--no-transaction-metrics".to_owned(),
        "--no-scenario-metrics".to_owned(),
        "--no-print-metrics".to_owned(),
        "--no-telnet".to_owned(),
        "--quiet".to_owned(),
        "--quiet".to_owned(),
    ];
    words.extend(options.reports.iter().map(|path| format!("--report-file={}", path.display())));
    if let Some(port) = options.dashboard_port {
        words.extend(["--dashboard".to_owned(), format!("--dashboard-port={port}")]);
    }
    words
}
