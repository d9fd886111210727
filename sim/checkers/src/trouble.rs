//! Whether anything is broken, or was until just now: what must only hold while all is well is judged by this.

use crate::history::{Event, EventKind};

/// The faults as they come and go.
#[derive(Debug)]
pub(crate) struct Trouble {
    recovery_us: i64,
    active: u32,
    last_end_us: Option<i64>,
}

impl Trouble {
    /// Nothing is broken yet; after a fault it takes `recovery_us` until all is as it was.
    pub(crate) fn new(recovery_us: i64) -> Self {
        Self { recovery_us, active: 0, last_end_us: None }
    }

    /// Takes in an event.
    #[expect(clippy::wildcard_enum_match_arm, reason = "nothing else is a fault")]
    pub(crate) fn observe(&mut self, event: &Event) {
        match event.kind {
            EventKind::FaultBegan { .. } => self.active += 1,
            EventKind::FaultEnded { .. } => {
                self.active = self.active.saturating_sub(1);
                self.last_end_us = Some(event.at_us);
            }
            _ => {}
        }
    }

    /// Whether all has been well from `since_us` to now.
    pub(crate) fn is_well_since(&self, since_us: i64) -> bool {
        self.active == 0 && self.last_end_us.is_none_or(|end_us| end_us + self.recovery_us <= since_us)
    }
}
