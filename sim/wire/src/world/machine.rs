//! A machine: an address on the network and, while its process runs, a tokio runtime with the clock stopped.
//!
//! A process that dies is a runtime that is dropped: every task ends at the await where it stands, and its sockets are
//! closed, as the kernel closes those of a dead process. The machine stays up and refuses connections.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Runtime;
use turmoil_net::HostId;

use super::fabric::TICK;

/// Starts a process: called inside its runtime, it spawns what the process is made of.
pub type Boot = Arc<dyn Fn() + Send + Sync>;

/// A machine.
pub struct Machine {
    host: HostId,
    runtime: Option<Runtime>,
    /// How far its clock is behind while it is paused.
    behind: Option<Duration>,
}

impl Machine {
    /// A machine on which nothing runs.
    #[must_use]
    pub fn new(host: HostId) -> Self {
        Self { host, runtime: None, behind: None }
    }

    /// Starts a process, ending the one that runs.
    pub fn start(&mut self, boot: &Boot) {
        self.kill();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without input and output needs nothing of the system");
        turmoil_net::set_current(self.host);
        runtime.block_on(async { boot() });
        self.runtime = Some(runtime);
    }

    /// Ends the process.
    pub fn kill(&mut self) {
        turmoil_net::set_current(self.host);
        self.runtime = None;
        self.behind = None;
    }

    /// Tasks of the process that have not ended.
    #[must_use]
    pub fn tasks(&self) -> usize {
        self.runtime.as_ref().map_or(0, |runtime| runtime.metrics().num_alive_tasks())
    }

    /// Stops the process where it stands. Its machine goes on acknowledging what arrives.
    pub fn pause(&mut self) {
        self.behind.get_or_insert(Duration::ZERO);
    }

    /// Lets it go on; all timers that fell due meanwhile fire at once.
    pub fn resume(&mut self) {
        if let (Some(behind), Some(runtime)) = (self.behind.take(), &self.runtime)
            && !behind.is_zero()
        {
            turmoil_net::set_current(self.host);
            runtime.block_on(tokio::time::advance(behind));
        }
    }

    /// Runs the process until it has nothing left to do at this time, and moves its clock on by a tick.
    pub fn run(&mut self) {
        if let Some(behind) = &mut self.behind {
            *behind += TICK;
            return;
        }
        if let Some(runtime) = &self.runtime {
            turmoil_net::set_current(self.host);
            runtime.block_on(async { tokio::time::sleep(TICK).await });
        }
    }

    /// Like [`Machine::run`], with one more task that is not the process's own. Returns what that ended with.
    pub fn run_beside<T>(&mut self, task: Pin<&mut (dyn Future<Output = T> + '_)>) -> Option<T> {
        turmoil_net::set_current(self.host);
        let runtime = self.runtime.as_ref().expect("the stage runs as long as the world does");
        runtime.block_on(async {
            let (tick, mut task) = (tokio::time::sleep(TICK), task);
            tokio::select! { biased; ended = &mut task => Some(ended), () = tick => None }
        })
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.kill();
    }
}
