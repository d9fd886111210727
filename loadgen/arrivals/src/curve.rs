//! The shapes a stage of arrivals can have, as weights of equal slots of time.
//!
//! Every curve is a rate over time in relative units ("level"); only the ratios between levels matter, because the
//! schedule's total is given. A stage is cut into [`SLOTS`] equal slots, each with a constant rate.

use serde::{Deserialize, Serialize};

use crate::halving::{FRACTION_BITS, Halving};

/// Slots per stage. A stage of one second has slots of about one millisecond.
pub const SLOTS: usize = 1024;

/// Highest level a curve may name; keeps every product within 128 bits.
pub const MAX_LEVEL: u32 = 1_000_000;

/// Longest stage, in µs: one day.
pub const MAX_STAGE_US: u64 = 86_400_000_000;

/// Fixed-point bits of a slot's weight.
const WEIGHT_BITS: u32 = 24;

/// How the rate moves during a stage, and how arrivals are spaced.
///
/// `Constant`, `Ramp` and `Step` are paced: arrival i falls at a random point of the i-th of n equal shares of the
/// stage, as a load generator's pacer would send. `Poisson` and `Flash` are memoryless, as crowds are: given the
/// total, the times are independent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "curve")]
pub enum Curve {
    /// One rate, paced.
    Constant {
        /// Relative rate.
        level: u32,
    },
    /// One rate, memoryless.
    Poisson {
        /// Relative rate.
        level: u32,
    },
    /// A straight line between two rates, paced.
    Ramp {
        /// Relative rate at the start.
        level: u32,
        /// Relative rate at the end.
        to_level: u32,
    },
    /// A staircase of equal steps between two rates, paced.
    Step {
        /// Relative rate of the first step.
        level: u32,
        /// Relative rate of the last step.
        to_level: u32,
        /// Number of steps, at least 2.
        steps: u32,
    },
    /// Everyone at once, then fewer and fewer: exponential decay, memoryless.
    Flash {
        /// Relative rate at the start.
        level: u32,
        /// Time in which the rate halves, µs; at least 1.
        half_life_us: u64,
    },
}

/// One stretch of the arrival curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// The shape.
    #[serde(flatten)]
    pub curve: Curve,
    /// How long it lasts, µs; sub-second stages are as exact as long ones.
    pub for_us: u64,
}

impl Curve {
    /// Whether arrivals are independent of each other (given their number) rather than paced.
    #[must_use]
    pub const fn is_memoryless(self) -> bool {
        match self {
            Self::Poisson { .. } | Self::Flash { .. } => true,
            Self::Constant { .. } | Self::Ramp { .. } | Self::Step { .. } => false,
        }
    }

    /// The highest level named.
    pub(crate) const fn top_level(self) -> u32 {
        match self {
            Self::Constant { level } | Self::Poisson { level } | Self::Flash { level, .. } => level,
            Self::Ramp { level, to_level } | Self::Step { level, to_level, .. } => {
                if level > to_level {
                    level
                } else {
                    to_level
                }
            }
        }
    }

    /// The weight of each slot of a stage of this shape: its mean rate, scaled by 2^24.
    pub(crate) fn weights(self, for_us: u64) -> Vec<u64> {
        let slots = SLOTS as u64;
        match self {
            Self::Constant { level } | Self::Poisson { level } => {
                vec![u64::from(level) << WEIGHT_BITS; SLOTS]
            }
            Self::Ramp { level, to_level } => {
                (0..slots).map(|slot| between(level, to_level, 2 * slot + 1, 2 * slots)).collect()
            }
            Self::Step { level, to_level, steps } => (0..slots)
                .map(|slot| {
                    let step = slot * u64::from(steps) / slots;
                    between(level, to_level, step, u64::from(steps.max(2) - 1))
                })
                .collect(),
            Self::Flash { level, half_life_us } => flash(level, half_life_us, for_us),
        }
    }
}

/// `level + (to_level - level) * part / whole`, scaled.
fn between(level: u32, to_level: u32, part: u64, whole: u64) -> u64 {
    let (level, to_level) = (u64::from(level) << WEIGHT_BITS, u64::from(to_level) << WEIGHT_BITS);
    let mixed = u128::from(level) * u128::from(whole - part) + u128::from(to_level) * u128::from(part);
    u64::try_from(mixed / u128::from(whole)).expect("a mean of two 64-bit values fits 64 bits")
}

/// The decay sampled at the middle of each slot.
fn flash(level: u32, half_life_us: u64, for_us: u64) -> Vec<u64> {
    let halving = Halving::new();
    let slots = SLOTS as u128;
    (0..slots)
        .map(|slot| {
            let halves = ((u128::from(for_us) * (2 * slot + 1)) << FRACTION_BITS)
                / (2 * slots * u128::from(half_life_us.max(1)));
            let decay = halving.pow2_neg(u64::try_from(halves).unwrap_or(u64::MAX));
            let weight = ((u128::from(level) << WEIGHT_BITS) * u128::from(decay)) >> 63;
            u64::try_from(weight).expect("at most the level, scaled by 2^24")
        })
        .collect()
}
