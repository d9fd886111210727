//! While a load goes on: a line on stderr, and the record so far for whoever watches.

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use record::RunRecord;
use tokio::time::Instant;

use super::PlayError;
use crate::clock::Clock;
use crate::measure::Tally;
use crate::summary;

/// How often the record so far is written.
const WRITTEN_EVERY: Duration = Duration::from_millis(500);
/// How often a terminal's line is redrawn, and how often a line is printed elsewhere.
const REDRAWN_EVERY: Duration = Duration::from_millis(250);
const PRINTED_EVERY: Duration = Duration::from_secs(2);

/// What is shown and written meanwhile.
#[derive(Clone, Debug)]
pub struct Live {
    record: Option<PathBuf>,
}

impl Live {
    /// Shows the line, and writes the record so far into this file.
    #[must_use]
    pub fn into_file(path: &Path) -> Self {
        Self { record: Some(path.to_owned()) }
    }

    /// Shows the line.
    #[must_use]
    pub const fn line() -> Self {
        Self { record: None }
    }
}

/// Shows where a load stands until it is over, and gives what it gives.
pub(super) async fn until_over<T>(
    live: Option<&Live>,
    clock: &Clock,
    tally: &Arc<Mutex<Tally>>,
    record: impl Fn(&Tally) -> RunRecord,
    mut over: Pin<&mut impl Future<Output = T>>,
) -> Result<T, PlayError> {
    let is_terminal = std::io::stderr().is_terminal();
    let mut ticks = tokio::time::interval(REDRAWN_EVERY);
    let (mut printed, mut written) = (Instant::now(), Instant::now());
    loop {
        tokio::select! {
            biased;
            result = &mut over => {
                if is_terminal && live.is_some() {
                    say("\r\x1b[K");
                }
                return Ok(result);
            }
            _ = ticks.tick() => {}
        }
        let Some(live) = live.filter(|_| clock.has_begun()) else { continue };
        let tally = tally.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let line = summary::progress(&tally, clock.now_us());
        if is_terminal {
            say(&format!("\r\x1b[K{line}"));
        } else if printed.elapsed() >= PRINTED_EVERY {
            printed = Instant::now();
            say(&format!("{line}\n"));
        }
        if let Some(path) = live.record.as_deref().filter(|_| written.elapsed() >= WRITTEN_EVERY) {
            written = Instant::now();
            replace(path, &record(&tally).to_json())
                .map_err(|error| PlayError::Unwritable(format!("{}: {error}", path.display())))?;
        }
    }
}

fn say(text: &str) {
    let mut err = std::io::stderr().lock();
    // A reader that has gone away is no reason to stop the load.
    drop(err.write_all(text.as_bytes()).and_then(|()| err.flush()));
}

/// Puts the text into the file as a whole: whoever reads it while it is written finds the one before.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".partial");
    std::fs::write(&beside, text).and_then(|()| std::fs::rename(&beside, path))
}
