//! The seam between what worlds share and what each is: a world plays one seed, and says what it is called.

use std::fs::File;
use std::sync::Arc;

use platform::bugs::KnownBug;
use record::RunRecord;
use scenario::Scenario;

use crate::run::{Progress, RunError, RunOptions};

/// A world in which scenarios can be played.
pub trait Player: Sync {
    /// Its command, such as `cargo sim`.
    fn command(&self) -> &'static str;

    /// Its name in front of what it says on standard error, such as `sim`.
    fn name(&self) -> &'static str;

    /// Where its records say they come from.
    fn world(&self) -> record::World;

    /// Whether it carries bytes, and so can strike them.
    fn carries_bytes(&self) -> bool {
        false
    }

    /// Whether there is a shop around its sale: a catalog, carts, and who looks at them.
    fn has_shop(&self) -> bool {
        false
    }

    /// Rare states that a sweep with drawn faults must reach in this world, besides those the scenario names.
    fn probes(&self) -> &'static [&'static str] {
        &[]
    }

    /// The known bugs it can switch on.
    fn known_bugs(&self) -> &'static [KnownBug];

    /// Plays one seed.
    ///
    /// # Errors
    /// When the platform's texts are refused by the engines, or the trace cannot be written.
    fn play(
        &self,
        scenario: &Scenario,
        seed: u64,
        options: &RunOptions,
        trace_to: Option<File>,
        progress: &Arc<Progress>,
    ) -> Result<RunRecord, RunError>;
}
