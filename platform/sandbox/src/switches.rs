//! Faults by rate: each request's fate is drawn from a seeded stream, in the order in which requests arrive.

use clap::Args;
use payments_engine::Operation;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::Rng;
use serde::{Deserialize, Serialize};

const MILLION: u64 = 1_000_000;

/// The switches, at the start by flags and later by `PUT /admin/switches`. Rates are in parts per million of the requests
/// they can strike.
#[derive(Debug, Clone, PartialEq, Eq, Default, Args, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[command(next_help_heading = "Faults")]
pub struct Switches {
    /// Authorizations that the issuer declines, per million
    #[arg(long, default_value_t = 0, value_name = "PPM", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub decline_ppm: u32,
    /// Requests whose answer comes later by --slow-ms, per million; until then their key is in use
    #[arg(long, default_value_t = 0, value_name = "PPM", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub slow_ppm: u32,
    /// How much later
    #[arg(long, default_value_t = 5_000, value_name = "MS", value_parser = clap::value_parser!(u32).range(..=600_000))]
    pub slow_ms: u32,
    /// Captures that take the money and are never answered, per million
    #[arg(long, default_value_t = 0, value_name = "PPM", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub capture_hang_ppm: u32,
    /// Requests of any kind that are executed and never answered, per million
    #[arg(long, default_value_t = 0, value_name = "PPM", value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    pub answer_lost_ppm: u32,
    /// Answers nothing and executes nothing
    #[arg(long, default_value_t = false)]
    pub outage: bool,
    /// Each n-th webhook is delivered twice; 0 for none
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub duplicate_webhook_every: u32,
}

/// What is to become of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Fate {
    pub(crate) declined: bool,
    pub(crate) slow: bool,
    /// Executed, and never answered.
    pub(crate) unanswered: bool,
}

impl Switches {
    /// Why these cannot be set, if they cannot.
    ///
    /// # Errors
    /// Names the switch that is out of bounds.
    pub fn check(&self) -> Result<(), String> {
        let rates = [
            ("decline_ppm", self.decline_ppm),
            ("slow_ppm", self.slow_ppm),
            ("capture_hang_ppm", self.capture_hang_ppm),
            ("answer_lost_ppm", self.answer_lost_ppm),
        ];
        match rates.iter().find(|(_, rate)| u64::from(*rate) > MILLION) {
            Some((name, rate)) => Err(format!("{name} is {rate}, and must be at most {MILLION}")),
            None => Ok(()),
        }
    }

    /// Draws as often whatever the switches are, so that one of them does not change what the others do.
    pub(crate) fn draw(&self, operation: Option<Operation>, stream: &mut ChaCha8Rng) -> Fate {
        let mut happens = |ppm: u32| stream.next_u64() % MILLION < u64::from(ppm);
        let (declined, slow) = (happens(self.decline_ppm), happens(self.slow_ppm));
        let (capture_hangs, lost) = (happens(self.capture_hang_ppm), happens(self.answer_lost_ppm));
        Fate {
            declined: declined && operation == Some(Operation::Create),
            slow,
            unanswered: lost || (capture_hangs && operation == Some(Operation::Capture)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand_chacha::rand_core::SeedableRng;

    fn fates(switches: &Switches, operation: Operation) -> Vec<Fate> {
        let mut stream = ChaCha8Rng::seed_from_u64(7);
        (0..1_000).map(|_| switches.draw(Some(operation), &mut stream)).collect()
    }

    #[test]
    fn a_rate_strikes_its_share_and_only_its_operation() {
        let switches = Switches { decline_ppm: 250_000, ..Switches::default() };
        let declined = fates(&switches, Operation::Create).iter().filter(|fate| fate.declined).count();
        assert!((200..300).contains(&declined), "{declined}");
        assert!(fates(&switches, Operation::Capture).iter().all(|fate| *fate == Fate::default()));
    }

    #[test]
    fn one_switch_does_not_change_what_another_strikes() {
        let slow = |fates: Vec<Fate>| fates.iter().map(|fate| fate.slow).collect::<Vec<_>>();
        let alone = Switches { slow_ppm: 100_000, ..Switches::default() };
        let both = Switches { answer_lost_ppm: 500_000, ..alone.clone() };
        assert_eq!(slow(fates(&alone, Operation::Create)), slow(fates(&both, Operation::Create)));
    }

    #[test]
    fn a_rate_above_a_million_is_refused_by_name() {
        let switches = Switches { slow_ppm: 1_000_001, ..Switches::default() };
        assert!(switches.check().unwrap_err().starts_with("slow_ppm"));
    }
}
