//! The command: `reports render`. Exit code 2 when a file cannot be read or written, or is no record.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use reports::{chart, input, page, run_charts};

/// Draws run records as a self-contained HTML page, with PNG files beside it.
#[derive(Parser)]
#[command(version, after_help = "Exit codes: 0 done; 2 a file cannot be read or written, or is no record.")]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Draws one record, as written by `sim run … --json FILE`.
    Render {
        /// The record.
        record: PathBuf,
        /// The folder to write to; made when missing.
        #[arg(short, long, default_value = "report")]
        out: PathBuf,
    },
}

fn main() -> ExitCode {
    let Args { command: Command::Render { record, out } } = Args::parse();
    match render(&record, &out) {
        Ok(page) => {
            println!("{}", page.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("reports: {error}");
            ExitCode::from(2)
        }
    }
}

fn render(record: &Path, out: &Path) -> Result<PathBuf, Box<dyn std::error::Error>> {
    let record = input::read_record(record)?;
    let charts = run_charts::run_charts(&record.run);
    let html = page::run_page(&record, &charts)?;
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}", out.display()))?;
    let page = out.join("index.html");
    std::fs::write(&page, html).map_err(|error| format!("{}: {error}", page.display()))?;
    for chart in &charts {
        chart::png(chart, &out.join(format!("{}.png", chart.id)))?;
    }
    Ok(page)
}
