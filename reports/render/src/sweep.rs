//! Many seeds, added up line by line as they are read: nothing of a seed is kept but what a page can show.

use std::collections::{BTreeMap, BTreeSet};

use record::{BugScore, Ending, RunRecord, Violation};

/// Failing seeds that are listed; the others are counted.
const FAILURES_LISTED: usize = 100;
/// Failing seeds whose first violation is drawn.
const VIOLATIONS_DRAWN: usize = 3;

/// What a sweep found.
#[derive(Clone, Debug, Default)]
pub struct Sweep {
    /// Seeds played.
    pub seeds: u64,
    /// Scenarios they played.
    pub scenarios: BTreeSet<String>,
    /// Commits they were played at.
    pub commits: BTreeSet<String>,
    /// The lowest and the highest seed.
    pub span: Option<(u64, u64)>,
    /// Seeds by how they ended: held, safety broken, target missed, did not drain.
    pub endings: [u64; 4],
    /// The first seeds that did not hold, in the order of the file.
    pub failures: Vec<Failure>,
    /// How often each rare state was reached.
    pub probes: BTreeMap<String, Probe>,
    /// Seeds needed to find each known bug, in the order of the file.
    pub bugs: Vec<BugScore>,
}

/// A rare state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// How often it was reached.
    pub times: u64,
    /// In how many seeds.
    pub seeds: u64,
}

/// A seed that did not hold.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The seed.
    pub seed: u64,
    /// How it ended.
    pub ending: Ending,
    /// What broke first, in a line.
    pub what: String,
    /// The command that repeats it.
    pub repeat_command: String,
    /// What broke first, with its history; kept for the first few only.
    pub violation: Option<Violation>,
}

impl Sweep {
    /// Adds a seed.
    pub fn add(&mut self, record: RunRecord) {
        let run = record.run;
        self.seeds += 1;
        let (low, high) = self.span.unwrap_or((run.seed, run.seed));
        self.span = Some((low.min(run.seed), high.max(run.seed)));
        self.scenarios.insert(run.scenario);
        self.commits.extend(run.git_commit);
        for (name, times) in run.probes {
            let probe = self.probes.entry(name).or_default();
            probe.times = probe.times.saturating_add(times);
            probe.seeds += u64::from(times > 0);
        }
        self.endings[place(run.ending)] += 1;
        if run.ending == Ending::Held || self.failures.len() >= FAILURES_LISTED {
            return;
        }
        let broken = run.verdicts.into_iter().filter(|verdict| !verdict.holds);
        let first_at = |verdict: &record::Verdict| verdict.violations.first().map_or(u64::MAX, |first| first.at_ms);
        let first = broken.min_by_key(first_at);
        let (checker, violation) =
            first.map_or((String::new(), None), |verdict| (verdict.checker, verdict.violations.into_iter().next()));
        let what = violation.as_ref().map_or("", |violation| violation.what.as_str());
        self.failures.push(Failure {
            seed: run.seed,
            ending: run.ending,
            what: format!("{checker}: {what}"),
            repeat_command: run.repeat_command,
            violation: violation.filter(|_| self.failures.len() < VIOLATIONS_DRAWN),
        });
    }

    /// Seeds that did not hold, listed or not.
    #[must_use]
    pub fn failed(&self) -> u64 {
        self.endings[1..].iter().sum()
    }

    /// The worst ending of any seed.
    #[must_use]
    pub fn ending(&self) -> Ending {
        let worst = [Ending::SafetyBroken, Ending::DidNotDrain, Ending::TargetMissed];
        worst.into_iter().find(|ending| self.endings[place(*ending)] > 0).unwrap_or(Ending::Held)
    }

    /// Whether there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.seeds == 0 && self.bugs.is_empty()
    }
}

/// Where an ending stands in [`Sweep::endings`].
const fn place(ending: Ending) -> usize {
    match ending {
        Ending::Held => 0,
        Ending::SafetyBroken => 1,
        Ending::TargetMissed => 2,
        Ending::DidNotDrain => 3,
    }
}
