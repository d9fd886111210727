//! Stages and a total, turned into arrival times.
//!
//! The total is exact: stages share it in proportion to their mass (rate times length, rounded cumulatively), and
//! each stage then places its own share. Who arrives is left to `shopper.rs`.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;

use crate::curve::{MAX_LEVEL, MAX_STAGE_US, SLOTS, Stage};
use crate::stream::{Purpose, generator};
use crate::uniform::SortedUniforms;

/// Why a schedule cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleError {
    /// No stage, or every stage at level 0 or without length: nobody could arrive.
    Silent,
    /// A level above [`MAX_LEVEL`].
    LevelTooHigh {
        /// The level asked for.
        level: u32,
    },
    /// A stage longer than [`MAX_STAGE_US`], or more than 1,000 stages.
    TooLong,
    /// More than 2^32 - 1 arrivals.
    TooMany,
}

impl std::fmt::Display for ScheduleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silent => write!(f, "every stage is silent: give one a level above 0 and a length"),
            Self::LevelTooHigh { level } => {
                write!(f, "level {level} is above the highest, {MAX_LEVEL}")
            }
            Self::TooLong => write!(f, "a stage may last one day at most, and there may be 1,000 stages at most"),
            Self::TooMany => write!(f, "at most 4,294,967,295 arrivals fit a schedule"),
        }
    }
}

impl std::error::Error for ScheduleError {}

/// Most stages of one schedule; with the other limits it keeps every product within 128 bits.
const MAX_STAGES: usize = 1_000;

/// Arrival times in µs from the start of the sale, ascending; the i-th item is shopper i's.
///
/// Holds one stage's slots and a few dozen positions, however many arrivals there are. A shard of k takes every
/// k-th arrival (`skip(shard).step_by(k)`).
#[derive(Clone, Debug)]
pub struct Schedule {
    seed: u64,
    /// Stages still to come, next one last, each with its share of the arrivals.
    stages: Vec<PlacedStage>,
    current: Option<Placing>,
    left: u64,
}

#[derive(Clone, Copy, Debug)]
struct PlacedStage {
    stage: Stage,
    index: u64,
    start_us: u64,
    count: u64,
}

impl Schedule {
    /// The schedule of `count` arrivals over `stages`, one after the other.
    ///
    /// # Errors
    /// When nobody could arrive, or a limit of the fixed-point arithmetic is passed.
    pub fn new(stages: &[Stage], count: u64, seed: u64) -> Result<Self, ScheduleError> {
        if u32::try_from(count).is_err() {
            return Err(ScheduleError::TooMany);
        }
        let masses = masses(stages)?;
        let total: u128 = masses.iter().sum();
        if total == 0 {
            return Err(ScheduleError::Silent);
        }
        let mut placed = Vec::with_capacity(stages.len());
        let (mut before, mut given, mut start_us) = (0_u128, 0_u64, 0_u64);
        for ((index, stage), mass) in (0..).zip(stages).zip(masses) {
            before += mass;
            let upto = u64::try_from(u128::from(count) * before / total).expect("at most the count");
            placed.push(PlacedStage { stage: *stage, index, start_us, count: upto - given });
            given = upto;
            start_us += stage.for_us;
        }
        placed.reverse();
        Ok(Self { seed, stages: placed, current: None, left: count })
    }
}

/// Each stage's mass: slot weights times length.
fn masses(stages: &[Stage]) -> Result<Vec<u128>, ScheduleError> {
    if stages.len() > MAX_STAGES {
        return Err(ScheduleError::TooLong);
    }
    let mass = |stage: &Stage| {
        if stage.for_us > MAX_STAGE_US {
            return Err(ScheduleError::TooLong);
        }
        let level = stage.curve.top_level();
        if level > MAX_LEVEL {
            return Err(ScheduleError::LevelTooHigh { level });
        }
        let weights: u64 = stage.curve.weights(stage.for_us).iter().sum();
        // Slots are 2^10, so a mass is below 2^(44 + 10 + 37 - 10); 1,000 stages of it times 2^32 arrivals fit.
        Ok(u128::from(weights) * u128::from(stage.for_us) / SLOTS as u128)
    };
    stages.iter().map(mass).collect()
}

impl Iterator for Schedule {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            if let Some(time_us) = self.current.as_mut().and_then(Placing::next) {
                self.left -= 1;
                return Some(time_us);
            }
            self.current = Some(Placing::new(self.stages.pop()?, self.seed));
        }
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = usize::try_from(self.left).unwrap_or(usize::MAX);
        (left, Some(left))
    }
}

impl ExactSizeIterator for Schedule {}

/// One stage being placed.
#[derive(Clone, Debug)]
struct Placing {
    placed: PlacedStage,
    positions: Positions,
    weights: Vec<u64>,
    total_weight: u64,
    /// The slot of the last arrival, and the weight of all slots before it: positions ascend, so it only moves on.
    slot: usize,
    weight_before: u64,
}

#[derive(Clone, Debug)]
enum Positions {
    Paced { rng: ChaCha8Rng, next: u64 },
    Memoryless(SortedUniforms),
}

impl Placing {
    fn new(placed: PlacedStage, seed: u64) -> Self {
        let mut rng = generator(seed, Purpose::Arrivals);
        rng.set_stream(placed.index);
        let positions = if placed.stage.curve.is_memoryless() {
            Positions::Memoryless(SortedUniforms::new(placed.count, rng))
        } else {
            Positions::Paced { rng, next: 0 }
        };
        let weights = placed.stage.curve.weights(placed.stage.for_us);
        let total_weight = weights.iter().sum();
        Self { placed, positions, weights, total_weight, slot: 0, weight_before: 0 }
    }

    /// The next position in the stage's mass, as a fraction of 2^64.
    fn next_position(&mut self) -> Option<u64> {
        match &mut self.positions {
            Positions::Memoryless(uniforms) => uniforms.next(),
            Positions::Paced { rng, next } => {
                if *next == self.placed.count {
                    return None;
                }
                let point = (u128::from(*next) << 64) + u128::from(rng.next_u64());
                *next += 1;
                Some(u64::try_from(point / u128::from(self.placed.count)).expect("a share below one"))
            }
        }
    }

    fn next(&mut self) -> Option<u64> {
        let position = u128::from(self.next_position()?);
        let weight = u64::try_from((position * u128::from(self.total_weight)) >> 64).expect("below the total");
        while weight >= self.weight_before + self.weights[self.slot] {
            self.weight_before += self.weights[self.slot];
            self.slot += 1;
        }
        // Time within the stage: whole slots, and the part of this slot that its weight has used up.
        let width = u128::from(self.weights[self.slot]);
        let into = self.slot as u128 * width + u128::from(weight - self.weight_before);
        let time_us = u128::from(self.placed.stage.for_us) * into / (SLOTS as u128 * width);
        Some(self.placed.start_us + u64::try_from(time_us).expect("within the stage"))
    }
}
