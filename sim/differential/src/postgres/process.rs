//! A server's process: whether it sleeps, and stopping it there.

#![expect(clippy::disallowed_methods, reason = "a real server takes real time, and nothing of it reaches the engine")]

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::time::{Duration, Instant};

use crate::Trouble;

/// A process of a server on this machine, whose owner we are, or root.
#[derive(Debug)]
pub(super) struct Process(i32);

/// What the system says of a process.
struct Status {
    /// `S` sleeps, `T` is stopped, `R` runs.
    state: char,
    /// A bit for each signal that has not reached it.
    pending: u64,
}

/// A timer's signal that has not come after so long has come before.
const ALARM_LATE: Duration = Duration::from_millis(500);

impl Process {
    pub(super) fn new(pid: i32) -> Self {
        Self(pid)
    }

    /// Whether it sleeps, and no signal is on its way that could change that.
    pub(super) fn sleeps(&self) -> Result<bool, Trouble> {
        let status = self.status()?;
        Ok(status.state == 'S' && status.pending == 0)
    }

    /// Whether the signal of a timer waits for a stopped process to go on.
    pub(super) fn has_alarm(&self) -> Result<bool, Trouble> {
        Ok(self.status()?.pending & (1 << (Signal::SIGALRM as i32 - 1)) != 0)
    }

    /// Waits for that signal, which is due; whether it is there. Else it came before the process was stopped.
    pub(super) fn awaits_alarm(&self) -> Result<bool, Trouble> {
        let begun = Instant::now();
        loop {
            if self.has_alarm()? {
                return Ok(true);
            }
            if begun.elapsed() > ALARM_LATE {
                return Ok(false);
            }
            std::thread::sleep(Duration::from_micros(200));
        }
    }

    /// Stops it, and returns when it stands.
    pub(super) fn stop(&self) -> Result<(), Trouble> {
        self.signal(Signal::SIGSTOP)?;
        while self.status()?.state != 'T' {
            std::thread::sleep(Duration::from_micros(50));
        }
        Ok(())
    }

    /// Lets it go on.
    pub(super) fn go_on(&self) -> Result<(), Trouble> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), Trouble> {
        kill(Pid::from_raw(self.0), signal).map_err(|error| self.trouble(error))
    }

    fn trouble(&self, error: Errno) -> Trouble {
        let what = format!(
            "process {} cannot be stopped or watched ({error}): the server must run on this machine, as this user",
            self.0
        );
        Trouble::Unexpected { server: "Postgres", what }
    }

    fn status(&self) -> Result<Status, Trouble> {
        let gone = || self.trouble(Errno::ESRCH);
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.0)).map_err(|_| gone())?;
        let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let state = field("State:").and_then(|state| state.chars().next()).ok_or_else(gone)?;
        let bits = |name: &str| field(name).and_then(|bits| u64::from_str_radix(bits, 16).ok());
        let (own, shared) = bits("SigPnd:").zip(bits("ShdPnd:")).ok_or_else(gone)?;
        Ok(Status { state, pending: own | shared })
    }
}
