//! Pages and pictures into a folder.

use std::path::{Path, PathBuf};

use record::{Knee, RunRecord};

use crate::chart::{Chart, DrawError, png};
use crate::compare::overlaid;
use crate::input::Input;
use crate::knee_chart::knee_chart;
use crate::page::{comparison_page, knee_page, overview_page, run_page, sweep_page};
use crate::run_charts::run_charts;
use crate::sweep_charts::sweep_charts;

/// Why a page could not be written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// A file or folder.
    #[error("{}: {error}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// The system's words.
        error: std::io::Error,
    },
    /// A chart.
    #[error(transparent)]
    Draw(#[from] DrawError),
}

/// Writes the pages of what was read into `out`, which is made when missing; the first page is the one returned.
///
/// # Errors
/// When a file cannot be written.
pub fn write_pages(input: &Input, out: &Path) -> Result<PathBuf, WriteError> {
    make(out)?;
    let index = out.join("index.html");
    match (input.runs.as_slice(), input.knees.as_slice(), input.sweep.is_empty()) {
        ([run], [], true) => write_run(run, &index, "", out)?,
        ([], [knee], true) => write_knee(&knee.knee, &index, "", out)?,
        ([], [], _) => write_sweep(input, &index, "", out)?,
        (runs, knees, no_sweep) => {
            let mut pages = Vec::new();
            let mut knee_pages = Vec::new();
            for (number, knee) in (1..).zip(knees) {
                let name = format!("knee-{number}.html");
                write_knee(&knee.knee, &out.join(&name), &format!("knee-{number}-"), out)?;
                knee_pages.push((name, &knee.knee));
            }
            for (number, run) in (1..).zip(runs) {
                let name = format!("run-{number}.html");
                write_run(run, &out.join(&name), &format!("run-{number}-"), out)?;
                pages.push((name, run));
            }
            let sweep = (!no_sweep).then_some("sweep.html");
            if let Some(name) = sweep {
                write_sweep(input, &out.join(name), "sweep-", out)?;
            }
            write(&index, &overview_page(&pages, &knee_pages, sweep))?;
        }
    }
    Ok(index)
}

/// Writes the page that compares two records.
///
/// # Errors
/// When a file cannot be written.
pub fn write_comparison(first: &RunRecord, second: &RunRecord, out: &Path) -> Result<PathBuf, WriteError> {
    make(out)?;
    let charts = overlaid(&run_charts(&first.run), &run_charts(&second.run));
    let index = out.join("index.html");
    write(&index, &comparison_page(first, second, &charts)?)?;
    pictures(&charts, "", out)?;
    Ok(index)
}

fn write_run(record: &RunRecord, page: &Path, prefix: &str, out: &Path) -> Result<(), WriteError> {
    let charts = run_charts(&record.run);
    write(page, &run_page(record, &charts, prefix)?)?;
    pictures(&charts, prefix, out)
}

fn write_knee(knee: &Knee, page: &Path, prefix: &str, out: &Path) -> Result<(), WriteError> {
    let chart = knee_chart(knee);
    write(page, &knee_page(knee, &chart, prefix)?)?;
    pictures(&[chart], prefix, out)
}

fn write_sweep(input: &Input, page: &Path, prefix: &str, out: &Path) -> Result<(), WriteError> {
    let charts = sweep_charts(&input.sweep);
    write(page, &sweep_page(&input.sweep, &charts, prefix)?)?;
    pictures(&charts, prefix, out)
}

fn pictures(charts: &[Chart], prefix: &str, out: &Path) -> Result<(), WriteError> {
    for chart in charts {
        png(chart, &out.join(format!("{prefix}{}.png", chart.id)))?;
    }
    Ok(())
}

fn make(out: &Path) -> Result<(), WriteError> {
    std::fs::create_dir_all(out).map_err(|error| WriteError::Io { path: out.to_owned(), error })
}

fn write(page: &Path, html: &str) -> Result<(), WriteError> {
    std::fs::write(page, html).map_err(|error| WriteError::Io { path: page.to_owned(), error })
}
