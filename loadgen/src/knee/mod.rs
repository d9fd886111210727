//! `loadgen knee`: the highest rate of arrivals at which a platform meets every target of a scenario.
//!
//! | file | what it is |
//! |---|---|
//! | `search.rs` | which rate is tried next |
//! | `scaling.rs` | the Universal Scalability Law through the points |
//! | `resources.rs` | who used the processors meanwhile |

mod resources;
mod scaling;
mod search;

use std::time::Duration;

use record::{Knee, KneePoint, Outcome, RunRecord};
use scenario::{Arrival, Scenario, Shape};

use crate::play::{PlayError, Played, Player};
use crate::validity::as_f64;
use resources::Usage;
use search::{Next, Search};

/// How a knee is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// The first rate, per second.
    pub from_per_s: u32,
    /// No rate above this is tried, per second.
    pub most_per_s: u32,
    /// How long a rate is tried.
    pub probe: Duration,
    /// How long the highest that held must last.
    pub hold: Duration,
    /// Searches: their spread is the interval.
    pub searches: u32,
}

/// Looks for the knee. `player` makes the player of one scenario and seed.
///
/// # Errors
/// When a load cannot be played.
pub async fn look(
    scenario: &Scenario,
    seed: u64,
    plan: Plan,
    player: impl Fn(Scenario, u64) -> Player,
    mut told: impl FnMut(&KneePoint),
) -> Result<Found, PlayError> {
    let mut found = Found::default();
    let mut seeds = seed..;
    for _ in 0..plan.searches {
        let mut search = Search::new(f64::from(plan.from_per_s), f64::from(plan.most_per_s));
        loop {
            let next = search.next();
            let (rate, lasts) = match next {
                Next::Probe(rate) => (rate, plan.probe),
                Next::Hold(rate) => (rate, plan.hold),
                Next::Found(rate) => {
                    found.held_per_s.push(rate);
                    break;
                }
                Next::Nothing => break,
            };
            let before = Usage::now();
            let seed = seeds.next().expect("fewer probes than seeds");
            let played = player(at_rate(scenario, rate, lasts), seed).play().await?;
            let point = point(&played, rate, lasts);
            search.told(next, point.held);
            found.note(&point, || Usage::now().bound_since(&before));
            told(&point);
            found.points.push(point);
        }
        found.broke_per_s = match (found.broke_per_s, search.broke()) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
    }
    Ok(found)
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    points: Vec<KneePoint>,
    held_per_s: Vec<f64>,
    broke_per_s: Option<f64>,
    /// Of the lowest rate that did not hold: the rate, what broke, and what bound it.
    first_broken: Option<(f64, String, String)>,
}

impl Found {
    fn note(&mut self, point: &KneePoint, bound_by: impl FnOnce() -> String) {
        let is_lowest = self.first_broken.as_ref().is_none_or(|(rate, ..)| point.offered_per_s < *rate);
        if !point.held && is_lowest {
            self.first_broken = Some((point.offered_per_s, point.why.clone(), bound_by()));
        }
    }

    /// The record; none when no rate held.
    #[must_use]
    pub fn knee(self, scenario: &str, seed: u64, repeat_command: String, git_commit: Option<String>) -> Option<Knee> {
        let mut held = self.held_per_s.clone();
        held.sort_by(f64::total_cmp);
        let median = *held.get(held.len() / 2)?;
        // Points that do not bend fit any law, and say nothing of where it leads.
        let bends = self.first_broken.is_some();
        let (broke_on, bound_by) = self.first_broken.map_or_else(
            || ("nothing: the highest rate that was tried held".to_owned(), "nothing was bound".to_owned()),
            |(_, broke_on, bound_by)| (broke_on, bound_by),
        );
        let places: Vec<(f64, f64)> =
            self.points.iter().map(|point| (point.concurrency, point.achieved_per_s)).collect();
        Some(Knee {
            scenario: scenario.to_owned(),
            seed,
            git_commit,
            repeat_command,
            points: self.points,
            knee_per_s: median,
            low_per_s: held[0],
            high_per_s: self.broke_per_s,
            held_per_s: self.held_per_s,
            broke_on,
            bound_by,
            scaling: scaling::fit(&places).filter(|_| bends),
            cores: crate::outcome::host(Duration::ZERO).cores,
        })
    }
}

/// The scenario with its shoppers coming evenly at this rate for so long, and nothing that would end it early.
#[must_use]
pub fn at_rate(scenario: &Scenario, rate_per_s: f64, lasts: Duration) -> Scenario {
    let mut scenario = scenario.clone();
    let duration_ms = u64::try_from(lasts.as_millis()).unwrap_or(u64::MAX);
    let count = (rate_per_s * lasts.as_secs_f64()).round().max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a whole number above 0, and clamped")]
    let count = count.min(10_000_000.0) as u64;
    scenario.options.run.duration_ms = duration_ms;
    scenario.options.shoppers.count = count;
    scenario.options.shoppers.arrivals = vec![Arrival {
        curve: Shape::Constant,
        for_ms: duration_ms,
        level: 1,
        to_level: None,
        steps: None,
        half_life_ms: None,
    }];
    scenario.options.targets.windows.clear();
    // What concerns a whole sale says nothing of a stretch of it.
    scenario.options.targets.orders_per_s = None;
    scenario.options.targets.sold_out_within_ms = None;
    scenario.options.targets.sell_everything = false;
    scenario
}

fn point(played: &Played, offered_per_s: f64, lasts: Duration) -> KneePoint {
    let tally = &played.tally;
    let (_, response) = tally.all_requests();
    let good = tally.requests() - tally.errors();
    // Answers that came after the last arrival belong to a backlog, and the time they took to the rate that made it.
    let took_s = tally.ended.iter().map(|ended| ended.at_us).max().map_or(0.0, |us| as_f64(us) / 1e6);
    let took_s = took_s.max(lasts.as_secs_f64());
    let why = why_not(played);
    KneePoint {
        offered_per_s,
        achieved_per_s: as_f64(good) / took_s,
        concurrency: as_f64(tally.service_sum_us()) / 1e6 / took_s,
        response_p99_ms: as_f64(response.quantile_us(990)) / 1_000.0,
        held: why.is_empty(),
        why,
    }
}

/// What was missed; empty when everything held. A target nobody met the condition of (a p99 of outcomes that did not
/// occur) is not missed at a rate: the whole sale decides whether it occurs.
fn why_not(played: &Played) -> String {
    if let Some(why) = &played.invalid {
        return format!("invalid: {why}");
    }
    let RunRecord { run, .. } = &played.record;
    let missed = run.targets.iter().find(|target| !target.met && target.modelled.is_some());
    let seen = |outcome: Outcome| run.latencies.contains_key(&outcome);
    match missed {
        Some(target) => {
            format!("{}: wanted {:.3}, measured {:.3}", target.name, target.wanted, target.modelled.unwrap_or(0.0))
        }
        None if !Outcome::ALL.into_iter().any(seen) => "nobody was answered".to_owned(),
        None => String::new(),
    }
}
