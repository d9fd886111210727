//! A fault at its time, and how many are drawn besides.
//!
//! The drawing itself is left to `draw.rs`.

use std::ops::RangeInclusive;

use serde::Serialize;
use toml::de::DeValue;

use super::kinds::{Fault, FaultKind};
use crate::error::ScenarioError;
use crate::knob::{KeyDoc, Knob};
use crate::options::{inline_table, options};
use crate::section::{Place, Section, found};

/// A fault and its time. `Display` is the line that schedules it: it can be pasted into a scenario's `faults = […]`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ScheduledFault {
    /// When it strikes, ms from the start of the sale.
    pub at_ms: u64,
    /// How long it lasts, ms; 0 for an instant.
    pub for_ms: u64,
    /// What strikes.
    #[serde(flatten)]
    pub fault: Fault,
}

impl std::fmt::Display for ScheduledFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.toml())
    }
}

impl ScheduledFault {
    /// When it is over, ms from the start of the sale.
    #[must_use]
    pub const fn until_ms(&self) -> u64 {
        self.at_ms.saturating_add(self.for_ms)
    }

    /// The keys that every kind has.
    pub(crate) fn shared_keys() -> Vec<KeyDoc> {
        let key =
            |name, doc, default, value| KeyDoc { name, doc, default, value, range: "", keys: Vec::new, is_list: false };
        vec![
            key("kind", " What strikes; see the table of faults.", None, || "name of a fault".to_owned()),
            key("at_ms", " When it strikes, ms from the start of the sale.", None, u64::value),
            key("for_ms", " How long it lasts, ms.", Some(|| "by kind".to_owned()), u64::value),
        ]
    }
}

impl Knob for ScheduledFault {
    type Scalar = ();

    fn read(place: &Place<'_>, value: &DeValue<'_>, _: Option<&RangeInclusive<()>>) -> Result<Self, ScenarioError> {
        let Some(table) = value.as_table() else {
            return Err(place.refuse(&format!("must be a list of tables, not of {}", found(value))));
        };
        let mut name = place.name();
        let Some((key, kind)) = table.get_key_value("kind") else {
            return Err(place.source.refuse(place.offset, &format!("{name} lacks `kind`: add it")));
        };
        let kind_place = Place { within: &name, key: "kind", in_list: false, offset: key.span().start, ..*place };
        let kind = FaultKind::read(&kind_place, kind.get_ref(), None)?;
        let mut keys = Self::shared_keys();
        keys.extend(kind.parameters());
        name.kind = Some(kind.name());
        let section = Section::open(place.source, &name, table, place.offset, &keys)?;
        Ok(Self {
            at_ms: section.read("at_ms", None, Some(0..=86_400_000))?,
            for_ms: section.read("for_ms", Some(kind.default_for_ms()), Some(kind.lasts_ms()))?,
            fault: Fault::from_section(kind, &section)?,
        })
    }

    fn toml(&self) -> String {
        let mut keys = vec![("kind", self.fault.kind().toml()), ("at_ms", self.at_ms.toml())];
        if self.for_ms > 0 {
            keys.push(("for_ms", self.for_ms.toml()));
        }
        keys.extend(self.fault.parameters());
        inline_table(&keys)
    }

    fn value() -> String {
        "table".to_owned()
    }

    fn keys() -> Vec<KeyDoc> {
        Self::shared_keys()
    }
}

options! {
    /// `[faults_drawn]`: faults drawn from the seed, besides the scheduled ones.
    pub struct FaultsDrawn {
        /// Fewest faults drawn.
        at_least: u32 = 0, in 0..=1_000;
        /// Most faults drawn.
        at_most: u32 = 0, in 0..=1_000;
        /// Kinds to draw from, each as likely as the others; left out, all kinds.
        kinds: Option<Vec<FaultKind>> = None;
        /// Earliest start, ms from the start of the sale.
        from_ms: u64 = 0, in 0..=86_400_000;
        /// All are over by then, ms from the start of the sale; left out, the end of the sale.
        until_ms: Option<u64> = None, in 1..=86_400_000;
    }
}
