//! The crowd: how many, when they come, what they are like.
//!
//! Placing them in time and drawing each one is left to the `arrivals` crate, which this section is translated to.

use arrivals::{Crowd, Curve, Schedule, ScheduleError, Stage};

use crate::options::{names, options};

names! {
    /// The shape of a stage of arrivals.
    pub enum Shape {
        /// One rate, evenly paced.
        Constant = "constant",
        /// One rate, memoryless: arrivals bunch as independent people do.
        Poisson = "poisson",
        /// A straight line from `level` to `to_level`, evenly paced.
        Ramp = "ramp",
        /// A staircase of `steps` from `level` to `to_level`, evenly paced.
        Step = "step",
        /// Everyone at once, then fewer: halves every `half_life_ms`; memoryless.
        Flash = "flash",
    }
}

options! {
    /// `[[shoppers.arrivals]]`: one stage of the arrival curve. Stages follow each other from the start of the sale.
    pub struct Arrival {
        /// The shape: constant, poisson, ramp, step or flash.
        curve: Shape;
        /// Length of the stage, ms.
        for_ms: u64, in 1..=86_400_000;
        /// Rate at the start, relative to the other stages: the total is always `count`.
        level: u32 = 100, in 0..=1_000_000;
        /// Rate at the end, relative; `ramp` and `step` need it, the others refuse it.
        to_level: Option<u32> = None, in 0..=1_000_000;
        /// Number of steps; `step` needs it, the others refuse it.
        steps: Option<u32> = None, in 2..=1_000;
        /// Time in which the rate halves, ms; `flash` needs it, the others refuse it.
        half_life_ms: Option<u64> = None, in 1..=86_400_000;
    }
}

options! {
    /// `[shoppers]`: the crowd.
    pub struct Shoppers {
        /// How many come, in all.
        count: u64, in 1..=10_000_000;
        /// When they come; left out, at one memoryless rate over the whole sale.
        arrivals: Vec<Arrival> = Vec::new();
        /// Shortest time a shopper waits for an answer, ms.
        timeout_min_ms: u32 = 2_000, in 1..=600_000;
        /// Longest time a shopper waits for an answer, ms.
        timeout_max_ms: u32 = 5_000, in 1..=600_000;
        /// Most retries of one shopper, with the same key; each draws from 0 to this.
        retries: u32 = 3, in 0..=100;
        /// Wait before the first retry, ms; it doubles with every further one.
        retry_backoff_ms: u32 = 200, in 1..=60_000;
        /// Share of shoppers who click twice.
        duplicate_click_ratio: f64 = 0.0, in 0.0..=1.0;
        /// The second click comes within this time of the first, ms.
        duplicate_click_within_ms: u32 = 400, in 0..=60_000;
        /// Share of shoppers who leave: half of them close the connection, the others hold a unit and never pay.
        abandon_ratio: f64 = 0.0, in 0.0..=1.0;
        /// A shopper who closes the connection does so within this time of the click, ms.
        abandon_within_ms: u32 = 1_500, in 0..=600_000;
        /// Share of shoppers who ask to be answered later (`Prefer: respond-async`).
        respond_async_ratio: f64 = 0.0, in 0.0..=1.0;
        /// Share of shoppers whose card is declined.
        decline_ratio: f64 = 0.0, in 0.0..=1.0;
        /// Share of bots, who use every retry without backing off.
        bot_ratio: f64 = 0.0, in 0.0..=1.0;
        /// Retries of a bot.
        bot_retries: u32 = 10, in 0..=1_000;
        /// Wait of a bot before each retry, ms.
        bot_retry_ms: u32 = 20, in 1..=60_000;
        /// Share of shoppers on a slow network.
        slow_network_ratio: f64 = 0.0, in 0.0..=1.0;
        /// What a slow network adds to each way between shopper and gateway, ms.
        slow_network_add_ms: u32 = 150, in 0..=60_000;
        /// Share of shoppers who keep coming back after they were turned away or told that it is sold out.
        waiting_ratio: f64 = 0.0, in 0.0..=1.0;
        /// Wait of those before each new click, ms.
        waiting_retry_ms: u32 = 1_000, in 10..=600_000;
        /// How long after the sale they still come back, ms.
        waiting_after_ms: u64 = 20_000, in 0..=3_600_000;
        /// Share of winners who cancel their order.
        cancel_ratio: f64 = 0.0, in 0.0..=1.0;
        /// Most units in one order; each shopper draws from 1 to this.
        max_quantity: u32 = 1, in 1..=10;
    }
}

impl Arrival {
    /// The stage in the `arrivals` crate's terms, or the key that is missing or out of place.
    pub(crate) fn stage(&self) -> Result<Stage, (&'static str, String)> {
        let level = self.level;
        let needs = |key: &'static str| (key, format!("is needed by the {} curve: add it", self.curve));
        let curve = match self.curve {
            Shape::Constant => Curve::Constant { level },
            Shape::Poisson => Curve::Poisson { level },
            Shape::Ramp => Curve::Ramp { level, to_level: self.to_level.ok_or_else(|| needs("to_level"))? },
            Shape::Step => Curve::Step {
                level,
                to_level: self.to_level.ok_or_else(|| needs("to_level"))?,
                steps: self.steps.ok_or_else(|| needs("steps"))?,
            },
            Shape::Flash => {
                Curve::Flash { level, half_life_us: self.half_life_ms.ok_or_else(|| needs("half_life_ms"))? * 1_000 }
            }
        };
        self.refuse_leftovers()?;
        Ok(Stage { curve, for_us: self.for_ms * 1_000 })
    }

    fn refuse_leftovers(&self) -> Result<(), (&'static str, String)> {
        let (to_level, steps, half_life) = match self.curve {
            Shape::Constant | Shape::Poisson => (false, false, false),
            Shape::Ramp => (true, false, false),
            Shape::Step => (true, true, false),
            Shape::Flash => (false, false, true),
        };
        let leftover = [
            ("to_level", self.to_level.is_some() && !to_level),
            ("steps", self.steps.is_some() && !steps),
            ("half_life_ms", self.half_life_ms.is_some() && !half_life),
        ];
        match leftover.into_iter().find(|(_, left_over)| *left_over) {
            Some((key, _)) => Err((key, format!("means nothing to the {} curve: remove it", self.curve))),
            None => Ok(()),
        }
    }
}

impl Shoppers {
    /// The stages of arrivals, in the `arrivals` crate's terms, for a sale of this length.
    ///
    /// # Panics
    /// Never for a scenario that was loaded: its stages were checked.
    #[must_use]
    pub fn stages(&self, duration_ms: u64) -> Vec<Stage> {
        if self.arrivals.is_empty() {
            return vec![Stage { curve: Curve::Poisson { level: 1 }, for_us: duration_ms * 1_000 }];
        }
        let stage = |arrival: &Arrival| arrival.stage().expect("stages are checked when a scenario is read");
        self.arrivals.iter().map(stage).collect()
    }

    /// The arrival times that a seed stands for.
    ///
    /// # Errors
    /// Never for a scenario that was loaded: the schedule was tried.
    pub fn schedule(&self, duration_ms: u64, seed: u64) -> Result<Schedule, ScheduleError> {
        Schedule::new(&self.stages(duration_ms), self.count, seed)
    }

    /// The crowd's make-up, in the `arrivals` crate's terms.
    #[must_use]
    pub const fn crowd(&self) -> Crowd {
        Crowd {
            timeout_ms: (self.timeout_min_ms, self.timeout_max_ms),
            retries: self.retries,
            duplicate_click_ratio: self.duplicate_click_ratio,
            duplicate_click_within_ms: self.duplicate_click_within_ms,
            abandon_ratio: self.abandon_ratio,
            abandon_within_ms: self.abandon_within_ms,
            respond_async_ratio: self.respond_async_ratio,
            decline_ratio: self.decline_ratio,
            bot_ratio: self.bot_ratio,
            bot_retries: self.bot_retries,
            slow_network_ratio: self.slow_network_ratio,
            max_quantity: self.max_quantity,
        }
    }
}
