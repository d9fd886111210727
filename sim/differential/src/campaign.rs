//! Many programs on both sides: draws them, runs them on a few workers, and shortens the first that shows a difference.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::{Difference, Tally, Trouble};

/// An engine and its server, side by side. One per worker.
pub trait Pair {
    /// What both are given.
    type Program: Clone + std::fmt::Display;

    /// The program of a seed.
    fn draw(seed: u64) -> Self::Program;

    /// The steps of a program, any of which may be left out.
    fn steps(program: &mut Self::Program) -> &mut dyn Steps;

    /// Runs the program on both; what they differ in, if they do.
    ///
    /// # Errors
    /// The server could not be reached or does not answer.
    fn compare(&mut self, program: &Self::Program, tally: &mut Tally) -> Result<Option<Difference>, Trouble>;
}

/// What a program is made of, whatever a step is.
pub trait Steps {
    /// How many there are.
    fn count(&self) -> usize;

    /// Leaves these out.
    fn leave_out(&mut self, steps: Range<usize>);
}

impl<T> Steps for Vec<T> {
    fn count(&self) -> usize {
        self.len()
    }

    fn leave_out(&mut self, steps: Range<usize>) {
        self.drain(steps);
    }
}

/// How many programs, and which.
#[derive(Clone, Copy, Debug)]
pub struct Campaign {
    /// The seed of the first program; each next one has the next seed.
    pub seed: u64,
    /// How many programs.
    pub programs: u64,
    /// How many run at the same time.
    pub workers: usize,
    /// After this many programs with a difference no further one is begun.
    pub max_findings: usize,
}

/// A program on which engine and server differ, made as short as it would go.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The seed of the program it was found with.
    pub seed: u64,
    /// The shortest program that still shows a difference, as text.
    pub program: String,
    /// The difference it shows.
    pub difference: Difference,
}

/// What came of a campaign.
#[derive(Debug, Default)]
pub struct Outcome {
    /// What was reached.
    pub tally: Tally,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// How often a failing program is run again to make it shorter.
const SHRINK_RUNS: usize = 400;

impl Campaign {
    /// Runs it. `open` makes a worker's pair.
    ///
    /// # Errors
    /// A server could not be reached or does not answer.
    pub fn run<P: Pair>(&self, open: impl Fn(usize) -> Result<P, Trouble> + Sync) -> Result<Outcome, Trouble> {
        let next = AtomicU64::new(0);
        let stop = AtomicBool::new(false);
        let outcome = Mutex::new(Outcome::default());
        let work = |worker: usize| -> Result<(), Trouble> {
            let mut pair = open(worker)?;
            let mut tally = Tally::default();
            while !stop.load(Ordering::Relaxed) {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= self.programs {
                    break;
                }
                let seed = self.seed.wrapping_add(number);
                let program = P::draw(seed);
                tally.add("programs");
                let Some(difference) = pair.compare(&program, &mut tally)? else { continue };
                let (program, difference) = shrink(&mut pair, program, difference)?;
                let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                outcome.findings.push(Finding { seed, program: program.to_string(), difference });
                if outcome.findings.len() >= self.max_findings {
                    stop.store(true, Ordering::Relaxed);
                }
            }
            outcome.lock().unwrap_or_else(PoisonError::into_inner).tally.merge(tally);
            Ok(())
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = (0..self.workers)
                .map(|worker| {
                    scope.spawn({
                        let (work, stop) = (&work, &stop);
                        move || work(worker).inspect_err(|_| stop.store(true, Ordering::Relaxed))
                    })
                })
                .collect();
            workers.into_iter().try_for_each(|worker| worker.join().expect("a worker does not panic"))
        })?;
        Ok(outcome.into_inner().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes steps away, many and then few, as long as some difference stays.
fn shrink<P: Pair>(
    pair: &mut P,
    mut program: P::Program,
    mut difference: Difference,
) -> Result<(P::Program, Difference), Trouble> {
    let mut uncounted = Tally::default();
    let mut runs = 0;
    let mut width = P::steps(&mut program).count().div_ceil(2).max(1);
    loop {
        let mut shortened = false;
        let mut from = 0;
        while from < P::steps(&mut program).count() && runs < SHRINK_RUNS {
            runs += 1;
            let mut shorter = program.clone();
            let steps = P::steps(&mut shorter);
            steps.leave_out(from..(from + width).min(steps.count()));
            if let Some(kept) = pair.compare(&shorter, &mut uncounted)? {
                (program, difference, shortened) = (shorter, kept, true);
            } else {
                from += width;
            }
        }
        if runs >= SHRINK_RUNS || (width == 1 && !shortened) {
            return Ok((program, difference));
        }
        if !shortened {
            width = width.div_ceil(2);
        }
    }
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "seed {}, shortened to:\n{}", self.seed, self.program)?;
        write!(f, "{}", self.difference)
    }
}
