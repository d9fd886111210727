//! The progress line: where a run or a sweep stands while it goes on, on standard error.

#![allow(clippy::disallowed_methods, reason = "the clock here is a person's; no simulation sees it")]

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

/// Redraws one line on a terminal; elsewhere prints a line now and then.
pub(super) struct ProgressLine {
    started: Instant,
    shown: Option<Instant>,
    is_terminal: bool,
}

/// How often a terminal's line is redrawn.
const REDRAW: Duration = Duration::from_millis(200);
/// How often a line is printed elsewhere.
const REPEAT: Duration = Duration::from_secs(2);

impl ProgressLine {
    /// A line that has not been shown yet.
    pub(super) fn new() -> Self {
        Self { started: Instant::now(), shown: None, is_terminal: std::io::stderr().is_terminal() }
    }

    /// Wall time since the start.
    pub(super) fn wall(&self) -> Duration {
        self.started.elapsed()
    }

    /// Shows where things stand, if it is time to; the first call always shows.
    pub(super) fn show(&mut self, text: impl FnOnce() -> String) {
        let pause = if self.is_terminal { REDRAW } else { REPEAT };
        if self.shown.is_some_and(|shown| shown.elapsed() < pause) {
            return;
        }
        self.shown = Some(Instant::now());
        let wall = self.started.elapsed().as_secs_f64();
        let text = text();
        let mut err = std::io::stderr().lock();
        // A reader that has gone away is no reason to stop the run.
        drop(if self.is_terminal {
            write!(err, "\r\x1b[K{wall:6.1} s  {text}").and_then(|()| err.flush())
        } else {
            writeln!(err, "{wall:6.1} s  {text}")
        });
    }

    /// Clears the line, before something else is printed.
    pub(super) fn clear(&mut self) {
        if self.is_terminal && self.shown.is_some() {
            let mut err = std::io::stderr().lock();
            drop(write!(err, "\r\x1b[K").and_then(|()| err.flush()));
        }
    }
}
