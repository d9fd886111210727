//! pgbench with the platform's own statements: a script per strategy, made from the texts that the platform sends.
//!
//! What differs from the platform's texts, because pgbench cannot do otherwise:
//! - parameters are variables of the script (`$1` becomes `:order`), sent as parameters of prepared statements all the same;
//! - a colon inside a literal stands by itself, or pgbench would take what follows for a variable;
//! - `version` has to know whether the balance was written: its last statement returns the number of rows;
//! - `group` reads the arrays of its next batch from a table, one more round trip for 50 orders.

use std::process::Command;
use std::time::Duration;

use platform::config::CommitStrategy;
use platform::texts::{TextId, Texts};
use testbed::{Engine, client_program};
use tokio::task::block_in_place;

use crate::failed;
use crate::servers::BUCKETS;

/// Opens a transaction as the platform does.
const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED;\n";

/// The statement with these variables as its parameters, in the order of their numbers.
fn statement(texts: &Texts, id: TextId, variables: &[&str]) -> String {
    let lines = texts.get(id).lines().filter(|line| !line.trim_start().starts_with("--"));
    let mut text = lines.collect::<Vec<_>>().join("\n").replace("':", "':' || '");
    for (at, variable) in variables.iter().enumerate().rev() {
        text = text.replace(&format!("${}", at + 1), &format!(":{variable}"));
    }
    text
}

/// The script of one client: each run of it commits one order, or one batch.
pub(crate) fn script(strategy: CommitStrategy) -> String {
    let texts = Texts::embedded();
    let with = |id, variables: &[&str]| statement(&texts, id, variables);
    let fence = with(TextId::COMMIT_FENCE, &[]);
    let confirm = with(TextId::COMMIT_CONFIRM_ORDER, &["order", "epoch", "now", "intent", "event"]);
    let next = "\\set order :base + :client_id * :quota + :done\n";
    let done = "\\set done :done + 1\n";
    let begun = format!("{BEGIN}{fence} \\gset\n");
    match strategy {
        CommitStrategy::Conditional => {
            let take = with(TextId::COMMIT_TAKE_CONDITIONAL, &["sku", "units", "order", "now"]);
            format!("{next}{begun}{confirm};\n{take};\nCOMMIT;\n{done}")
        }
        CommitStrategy::Buckets => {
            let take = with(TextId::COMMIT_TAKE_BUCKET, &["sku", "units", "order", "now", "bucket"]);
            let draw = format!("\\set bucket random(0, {})\n", BUCKETS - 1);
            format!("{next}{draw}{begun}{confirm};\n{take};\nCOMMIT;\n{done}")
        }
        CommitStrategy::Version => {
            let read = with(TextId::COMMIT_READ_VERSION, &["sku"]);
            let take = with(TextId::COMMIT_TAKE_VERSION, &["sku", "units", "order", "now", "on_hand", "version"]);
            let take = take.replacen("\nINSERT INTO", ", sold AS (INSERT INTO", 1);
            format!(
                "{next}{begun}{confirm};\n{read} \\gset\n\
                 {take} RETURNING 1) SELECT count(*) AS taken FROM sold \\gset\n\
                 \\if :taken = 1\nCOMMIT;\n{done}\\else\nROLLBACK;\n\\endif\n"
            )
        }
        CommitStrategy::Group => {
            let orders = with(TextId::COMMIT_GROUP_LOCK_ORDERS, &["orders"]);
            let write = with(
                TextId::COMMIT_GROUP_WRITE,
                &["orders", "skus", "quantities", "intents", "events", "now", "epoch"],
            );
            let batch =
                "SELECT orders, skus, quantities, intents, events FROM bench_batches WHERE number = :order \\gset\n";
            format!("{next}{batch}{begun}{orders};\n{write};\nCOMMIT;\n{done}")
        }
    }
}

/// What a run of pgbench is given.
pub(crate) struct Run<'a> {
    pub(crate) database: &'a str,
    pub(crate) script: &'a str,
    pub(crate) clients: usize,
    pub(crate) turn: Duration,
    /// Values of the script's variables.
    pub(crate) variables: &'a [(&'a str, String)],
}

/// Runs pgbench, and says how many seconds its clients were at work.
pub(crate) fn run(run: &Run<'_>) -> Result<f64, String> {
    let file = std::env::temp_dir().join(format!("doorbuster-pgbench-{}.sql", std::process::id()));
    std::fs::write(&file, run.script).map_err(failed)?;
    let mut command = Command::new(client_program(Engine::Postgres, "pgbench").map_err(failed)?);
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2"]);
    command.arg(format!("--client={}", run.clients)).arg(format!("--time={}", run.turn.as_secs().max(1)));
    for (name, value) in run.variables {
        command.arg(format!("--define={name}={value}"));
    }
    command.arg("--file").arg(&file).arg(run.database);
    let output = block_in_place(|| command.output()).map_err(failed)?;
    std::fs::remove_file(&file).map_err(failed)?;
    let text = String::from_utf8_lossy(&output.stdout);
    let number_after = |label: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(label))?;
        line.split([' ', '/']).next()?.parse::<f64>().ok()
    };
    match (number_after("number of transactions actually processed: "), number_after("tps = ")) {
        // It says so and goes on when a client fails.
        (Some(processed), Some(per_s)) if output.stderr.is_empty() || !failed_in(&output.stderr) => {
            Ok(processed / per_s)
        }
        _ => Err(format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn failed_in(stderr: &[u8]) -> bool {
    String::from_utf8_lossy(stderr).lines().any(|line| line.contains("error"))
}
