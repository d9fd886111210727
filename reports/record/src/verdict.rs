//! What each checker found, with the history that shows it.
//!
//! Checking is left to the `checkers` crate; this is only what is kept of it.

use serde::{Deserialize, Serialize};

/// What kind of promise a checker guards; each kind has an exit code of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Property {
    /// Nothing bad ever happens.
    Safety,
    /// Something good happens in the end, once faults stop.
    Liveness,
    /// A number the scenario asks for.
    Target,
}

/// One checker's finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The checker's name, which is its property: `stock`, `money`, ….
    pub checker: String,
    /// The kind of promise.
    pub property: Property,
    /// Whether it is known to have held.
    pub holds: bool,
    /// Why it could not be judged, which is neither holding nor broken; `None` when it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_judged: Option<String>,
    /// What broke it; empty when it holds or could not be judged.
    pub violations: Vec<Violation>,
}

/// One way in which a promise was broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Violation {
    /// What is wrong, in one line.
    pub what: String,
    /// Virtual time of the step that broke it, ms from the start.
    pub at_ms: u64,
    /// The order concerned, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order_id: Option<String>,
    /// The shortest history that shows it, ascending in time.
    pub history: Vec<HistoryEvent>,
}

/// One event of a history.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEvent {
    /// Virtual time, µs from the start.
    pub at_us: u64,
    /// The process it happened at, as the world names it: `orders-1`, `redis`, `shopper`.
    pub process: String,
    /// What happened, in one line.
    pub text: String,
}

impl Verdict {
    /// The checker's promise held.
    #[must_use]
    pub fn held(checker: &str, property: Property) -> Self {
        Self::of(checker, property, Vec::new())
    }

    /// The finding that these violations amount to: it holds when there are none.
    #[must_use]
    pub fn of(checker: &str, property: Property, violations: Vec<Violation>) -> Self {
        Self { checker: checker.to_owned(), property, holds: violations.is_empty(), not_judged: None, violations }
    }

    /// The checker could not tell, and why. For the ending this counts as not holding: a run is not passed unseen.
    #[must_use]
    pub fn unjudged(checker: &str, property: Property, why: &str) -> Self {
        Self {
            checker: checker.to_owned(),
            property,
            holds: false,
            not_judged: Some(why.to_owned()),
            violations: Vec::new(),
        }
    }
}

impl Verdict {
    const END: &str = "end";

    /// Stands in the record of a run that goes on: what will become of it cannot be judged.
    #[must_use]
    pub fn still_running() -> Self {
        Self::unjudged(Self::END, Property::Liveness, "the run is still going on")
    }

    /// Whether it is [`Verdict::still_running`].
    #[must_use]
    pub fn is_still_running(&self) -> bool {
        self.checker == Self::END && self.not_judged.is_some()
    }
}

/// How a run ended, taking all verdicts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything held.
    Held,
    /// A safety property was broken.
    SafetyBroken,
    /// Only targets were missed.
    TargetMissed,
    /// Safe, but it did not drain.
    DidNotDrain,
}

impl Ending {
    /// The worst of the verdicts: safety before liveness before targets.
    #[must_use]
    pub fn of(verdicts: &[Verdict]) -> Self {
        let broken = |property| verdicts.iter().any(|verdict| verdict.property == property && !verdict.holds);
        if broken(Property::Safety) {
            Self::SafetyBroken
        } else if broken(Property::Liveness) {
            Self::DidNotDrain
        } else if broken(Property::Target) {
            Self::TargetMissed
        } else {
            Self::Held
        }
    }

    /// The process exit code: 0 held, 1 safety broken, 3 target missed, 4 did not drain (2 is a usage error).
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        match self {
            Self::Held => 0,
            Self::SafetyBroken => 1,
            Self::TargetMissed => 3,
            Self::DidNotDrain => 4,
        }
    }
}
