//! The command: `reports render`, `reports compare`, `reports funnels`, `reports watch`. Exit code 2 when a file cannot be read or written, or is no record.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use record::RunRecord;
use reports::funnels::{self, Funnels};
use reports::input::Input;
use reports::merge::merge;
use reports::watch::Watch;
use reports::write::{write_comparison, write_pages};

/// Draws run records as self-contained HTML pages, with PNG files beside them.
#[derive(Parser)]
#[command(version, after_help = "Exit codes: 0 done; 2 a file cannot be read or written, or is no record.")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Draws records: of `sim run … --json FILE`, and lines of `sim sweep … --json` and `sim bugs --json`.
    #[command(after_help = "Example: reports render record.json -o report")]
    Render {
        /// The files.
        #[arg(required = true, value_name = "RECORD")]
        records: Vec<PathBuf>,
        /// The folder to write to; made when missing.
        #[arg(short, long, default_value = "report")]
        out: PathBuf,
    },
    /// Makes one record of the shards of one load.
    #[command(after_help = "Example: reports merge load-*.json -o load.json")]
    Merge {
        /// The shards' records, of `loadgen run … --shard NUMBER/OF --json FILE`.
        #[arg(required = true, value_name = "RECORD")]
        records: Vec<PathBuf>,
        /// The file to write.
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Shows a run while it goes on, as a local page.
    #[command(after_help = "Example: sim run SCENARIO --json record.json --live & reports watch record.json")]
    Watch {
        /// The record that the run keeps writing; it need not be there yet.
        #[arg(value_name = "RECORD")]
        record: PathBuf,
        /// The port on 127.0.0.1; 0 takes a free one.
        #[arg(short, long, default_value_t = 7777)]
        port: u16,
    },
    /// Prints the funnels of two sweeps of the same seeds side by side, as a table: where they differ by more than noise.
    #[command(after_help = "Example: reports funnels sim.jsonl wire.jsonl")]
    Funnels {
        /// The lines of the first sweep.
        #[arg(value_name = "A")]
        first: PathBuf,
        /// The lines of the second.
        #[arg(value_name = "B")]
        second: PathBuf,
    },
    /// Draws two runs over each other.
    #[command(after_help = "Example: reports compare before.json after.json -o comparison")]
    Compare {
        /// The first run, drawn as lines.
        #[arg(value_name = "A")]
        first: PathBuf,
        /// The second run, drawn as dashes.
        #[arg(value_name = "B")]
        second: PathBuf,
        /// The folder to write to; made when missing.
        #[arg(short, long, default_value = "report")]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    match act(Args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("reports: {error}");
            ExitCode::from(2)
        }
    }
}

fn act(command: Command) -> Result<(), Box<dyn std::error::Error>> {
    let page = match command {
        Command::Render { records, out } => {
            let mut input = Input::default();
            for path in &records {
                input.read(path)?;
            }
            write_pages(&input, &out)?
        }
        Command::Merge { records, out } => {
            let shards: Vec<RunRecord> = records.iter().map(|path| one_run(path)).collect::<Result<_, _>>()?;
            let merged = merge(&shards)?;
            std::fs::write(&out, merged.to_json()).map_err(|error| format!("{}: {error}", out.display()))?;
            out
        }
        Command::Compare { first, second, out } => write_comparison(&one_run(&first)?, &one_run(&second)?, &out)?,
        Command::Funnels { first, second } => {
            print!("{}", side_by_side(&Funnels::read(&first)?, &Funnels::read(&second)?)?);
            return Ok(());
        }
        Command::Watch { record, port } => {
            let watch = Watch::on(port, &record).map_err(|error| format!("port {port}: {error}"))?;
            println!("{}", watch.url()?);
            return Ok(watch.serve()?);
        }
    };
    println!("{}", page.display());
    Ok(())
}

fn side_by_side(first: &Funnels, second: &Funnels) -> Result<String, &'static str> {
    if first.of_seeds.keys().any(|seed| second.of_seeds.contains_key(seed)) {
        Ok(funnels::table(first, second))
    } else {
        Err("the two sweeps have no seed in common")
    }
}

fn one_run(path: &Path) -> Result<RunRecord, Box<dyn std::error::Error>> {
    let mut input = Input::default();
    input.read(path)?;
    match input.runs.pop() {
        Some(run) if input.runs.is_empty() && input.sweep.is_empty() => Ok(run),
        Some(_) | None => {
            Err(format!("{}: this command wants one run with its series, not a sweep", path.display()).into())
        }
    }
}
