//! The run record of a load: what shoppers saw and what the stores say, in the terms of every other world.

use std::collections::BTreeMap;
use std::time::Duration;

use arrivals::Cohort;
use record::{
    Count, Ending, Funnel, Host, LatencySummary, Outcome, Property, Run, RunRecord, Verdict, Violation, World,
};
use scenario::Scenario;

use crate::measure::{Tally, fairness};
use crate::stores::Orders;
use crate::targets::{self, Measured};
use crate::validity::{Effort, as_f64, ratio};

/// What the stores told after the load.
pub struct Found {
    /// Where the orders went.
    pub orders: Orders,
    /// Units left of everything on sale.
    pub left: i64,
    /// The audit's verdicts.
    pub verdicts: Vec<Verdict>,
    /// Orders that shoppers were told they have, and that never stood as bought.
    pub never_confirmed: Vec<String>,
}

/// A load that is over.
pub struct Load<'a> {
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The seed.
    pub seed: u64,
    /// Hash over who was due when.
    pub schedule_hash: u64,
    /// What was seen.
    pub tally: &'a Tally,
    /// What the stores told; none without an audit.
    pub found: Option<&'a Found>,
    /// How the generator did; none while it is at it.
    pub effort: Option<Effort>,
    /// From the first arrival to the end, in microseconds.
    pub lasted_us: u64,
    /// The command that repeats it.
    pub repeat_command: &'a str,
    /// The commit that is checked out.
    pub git_commit: Option<&'a str>,
}

impl Load<'_> {
    /// The record.
    #[must_use]
    pub fn record(&self, host: Host) -> RunRecord {
        let latencies = self.latencies();
        let figures = self.figures();
        let left = self.found.map(|found| found.left);
        let turned_away = self.tally.funnel.sold_out + self.tally.funnel.limited;
        let unsold = left.map(|left| if turned_away > 0 { left } else { 0 });
        let measured =
            Measured { figures: &figures, latencies: &latencies, unsold, stores_asked: self.found.is_some() };
        let targets = targets::judge(self.scenario, &measured);
        let verdicts = self.verdicts(&targets);
        let judged: Vec<Verdict> = verdicts.iter().filter(|verdict| counts(verdict)).cloned().collect();
        let run = Run {
            scenario: self.scenario.title(),
            scenario_hash: Run::hash_text(self.scenario.hash()),
            seed: self.seed,
            world: World::Live,
            git_commit: self.git_commit.map(str::to_owned),
            repeat_command: self.repeat_command.to_owned(),
            ending: Ending::of(&judged),
            faults: Vec::new(),
            funnel: self.funnel(),
            verdicts,
            targets,
            latencies,
            probes: BTreeMap::new(),
            figures,
            series: self.series(),
            samples: Vec::new(),
            trace_hash: Run::hash_text(self.schedule_hash),
            virtual_ms: self.lasted_us / 1_000,
        };
        RunRecord::new(run, host)
    }

    /// Shoppers as they were told; orders as the stores have them.
    fn funnel(&self) -> Funnel {
        let shoppers = self.tally.funnel;
        let Some(Found { orders, .. }) = self.found else { return shoppers };
        Funnel {
            reserved: orders.moved_to("placed"),
            paid: orders.paid,
            committed: orders.moved_to("confirmed"),
            compensated: orders.compensated(),
            refunded: orders.moved_to("refunded"),
            pending: orders.unsettled(),
            ..shoppers
        }
    }

    fn latencies(&self) -> BTreeMap<Outcome, LatencySummary> {
        let summaries = Outcome::ALL.into_iter().zip(self.tally.outcomes.iter().map(record::Histogram::summary));
        summaries.filter(|(_, summary)| summary.count > 0).collect()
    }

    fn figures(&self) -> BTreeMap<String, f64> {
        let tally = self.tally;
        let mut figures = BTreeMap::new();
        let mut note = |name: String, value: f64| {
            figures.insert(name, value);
        };
        note("requests".to_owned(), as_f64(tally.requests()));
        note("scheduled".to_owned(), as_f64(tally.scheduled));
        note("late_starts".to_owned(), as_f64(tally.late));
        note("dropped_starts".to_owned(), as_f64(tally.dropped));
        note("not_sent".to_owned(), as_f64(tally.not_sent));
        note("start_lag_p99_ms".to_owned(), as_f64(tally.lag.quantile_us(990)) / 1_000.0);
        let failed = tally.funnel.failed + tally.funnel.timed_out;
        if tally.funnel.clicked > 0 {
            note("error_ratio".to_owned(), ratio(failed, tally.funnel.clicked));
        }
        if let Some(effort) = self.effort {
            note("sent_ratio".to_owned(), effort.sent_ratio);
            note("generator_cpu_ratio".to_owned(), effort.cpu_ratio);
        }
        for (endpoint, of) in &tally.endpoints {
            for (what, histogram) in [("service", &of.service), ("response", &of.response)] {
                for (percentile, per_mille) in [("p50", 500), ("p99", 990)] {
                    let name = format!("{}.{what}_{percentile}_ms", endpoint.name());
                    note(name, as_f64(histogram.quantile_us(per_mille)) / 1_000.0);
                }
            }
        }
        self.figures_of_fairness(&mut note);
        if let Some(found) = self.found {
            self.figures_of_orders(found, &mut note);
        }
        figures
    }

    fn figures_of_fairness(&self, note: &mut impl FnMut(String, f64)) {
        let cohorts = [
            ("", None),
            ("ordinary.", Some(Cohort::Ordinary)),
            ("slow_network.", Some(Cohort::SlowNetwork)),
            ("bot.", Some(Cohort::Bot)),
        ];
        for (prefix, cohort) in cohorts {
            let fairness = fairness(&self.tally.ended, cohort);
            let figures = [
                ("fairness_tau", fairness.tau),
                ("earlier_won_ratio", fairness.earlier_won_ratio),
                ("win_ratio", fairness.win_ratio),
            ];
            for (name, value) in figures {
                if let Some(value) = value {
                    note(format!("{prefix}{name}"), value);
                }
            }
        }
    }

    fn figures_of_orders(&self, found: &Found, note: &mut impl FnMut(String, f64)) {
        note("delivered".to_owned(), as_f64(found.orders.moved_to("delivered")));
        let turned_away = self.tally.funnel.sold_out + self.tally.funnel.limited > 0;
        let left = u64::try_from(found.left).unwrap_or(0);
        note("unsold_though_wanted".to_owned(), as_f64(if turned_away { left } else { 0 }));
        note("holds_abandoned".to_owned(), as_f64(found.orders.abandoned));
        // Of what was given back, whatever is not left was sold to somebody else.
        note("holds_sold_again".to_owned(), as_f64(found.orders.abandoned.saturating_sub(left)));
        if let Some(per_s) = found.orders.confirmed_per_s() {
            note("orders_per_s".to_owned(), per_s);
        }
        let Some(last_us) = found.orders.last_confirmed_us() else { return };
        let last_ms = as_f64(u64::try_from(last_us).unwrap_or(0)) / 1_000.0;
        note("last_sale_ms".to_owned(), last_ms);
        if found.left == 0 {
            note("time_to_sell_out_ms".to_owned(), last_ms);
        }
    }

    fn verdicts(&self, targets: &[record::Target]) -> Vec<Verdict> {
        let mut verdicts = match self.found {
            Some(found) => {
                let mut verdicts = found.verdicts.clone();
                verdicts.retain(|verdict| verdict.property != Property::Target);
                verdicts.push(acknowledged(&found.never_confirmed));
                verdicts
            }
            None => vec![Verdict::unjudged("audit", Property::Safety, UNASKED)],
        };
        verdicts.push(match self.effort {
            None => Verdict::still_running(),
            Some(effort) => match effort.invalid().filter(|_| self.tally.ended_early.is_none()) {
                Some(why) => Verdict::unjudged(INVALID, Property::Target, &format!("the run is invalid: {why}")),
                None => targets::verdict(targets, self.tally.ended_early.as_deref()),
            },
        });
        verdicts
    }

    fn series(&self) -> record::Series {
        let mut series = self.tally.series.clone();
        for moves in self.found.iter().flat_map(|found| &found.orders.moves) {
            let at_us = u64::try_from(moves.at_us).unwrap_or(0);
            let line = match (&*moves.from, &*moves.to) {
                ("", "placed") => Count::Reserved,
                ("placed", "confirmed") => Count::Committed,
                ("compensating", _) => Count::Compensated,
                _ => continue,
            };
            series.count(line, at_us, moves.count);
        }
        series
    }
}

/// What is not known when nobody asks the stores.
const UNASKED: &str =
    "nobody asked the stores: not known is whether too much was sold, how many orders there are, and how fast";

/// The checker whose verdict says that a run is invalid.
const INVALID: &str = "targets";

/// Whether a verdict enters the ending. What no audit can judge breaks nothing; a run that is invalid or still goes on
/// has not met its targets.
fn counts(verdict: &Verdict) -> bool {
    verdict.not_judged.is_none() || verdict.property == Property::Target || verdict.is_still_running()
}

fn acknowledged(never_confirmed: &[String]) -> Verdict {
    let violation = |order: &String| Violation {
        what: format!("{order} was told to its shopper as bought, and never stood as confirmed"),
        at_ms: 0,
        order_id: Some(order.clone()),
        history: Vec::new(),
    };
    Verdict::of("acknowledged", Property::Safety, never_confirmed.iter().map(violation).collect())
}

/// What this machine contributed.
#[must_use]
pub fn host(wall: Duration) -> Host {
    let status = std::fs::read_to_string("/proc/self/status").ok();
    let peak = status.and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmHWM:"))?.to_owned();
        line.split_whitespace().nth(1)?.parse().ok()
    });
    Host {
        wall_ms: u64::try_from(wall.as_millis()).unwrap_or(u64::MAX),
        started_at: None,
        cores: std::thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok()),
        peak_rss_kib: peak,
    }
}
