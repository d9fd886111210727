//! The funnels of two sweeps side by side, seed by seed: where they differ by more than noise.
//!
//! A seed brings the same shoppers and the same faults to every world, so what is compared is each seed with itself: the mean
//! of the differences, against its standard error. A single difference means nothing; one of more than three standard errors
//! comes by chance in one of 370.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use record::{Funnel, World};

use crate::input::{self, InputError};

/// How many standard errors are more than noise.
const NOISE: f64 = 3.0;

/// The funnels of one sweep.
#[derive(Debug)]
pub struct Funnels {
    /// The worlds they come from, as a record names them.
    pub worlds: Vec<World>,
    /// By seed.
    pub of_seeds: BTreeMap<u64, Funnel>,
}

/// One stage of both funnels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// How many a seed has in the first sweep, on average.
    pub first: f64,
    /// The same of the second.
    pub second: f64,
    /// The second less the first, on average.
    pub difference: f64,
    /// The standard error of that.
    pub error: f64,
}

impl Stage {
    /// Whether the difference is more than noise.
    #[must_use]
    pub fn is_real(&self) -> bool {
        self.difference.abs() > NOISE * self.error
    }
}

impl Funnels {
    /// Reads the lines of a sweep.
    ///
    /// # Errors
    /// When the file cannot be read or holds anything else than records of this version.
    pub fn read(path: &Path) -> Result<Self, InputError> {
        let mut funnels = Self { worlds: Vec::new(), of_seeds: BTreeMap::new() };
        input::each_record(path, |record| {
            if !funnels.worlds.contains(&record.run.world) {
                funnels.worlds.push(record.run.world);
            }
            funnels.of_seeds.insert(record.run.seed, record.run.funnel);
        })?;
        Ok(funnels)
    }
}

/// Both funnels over the seeds that both sweeps have, stage by stage; and how many seeds those are.
#[must_use]
pub fn compare(first: &Funnels, second: &Funnels) -> (usize, Vec<Stage>) {
    let pairs: Vec<(&Funnel, &Funnel)> =
        first.of_seeds.iter().filter_map(|(seed, funnel)| Some((funnel, second.of_seeds.get(seed)?))).collect();
    let Some((one, _)) = pairs.first() else { return (0, Vec::new()) };
    let stage = |place: usize| {
        let numbers: Vec<(f64, f64)> =
            pairs.iter().map(|(one, other)| (count(one, place), count(other, place))).collect();
        stage_of(one.stages()[place].0, &numbers)
    };
    (pairs.len(), (0..one.stages().len()).map(stage).collect())
}

fn count(funnel: &Funnel, place: usize) -> f64 {
    f64::from(u32::try_from(funnel.stages()[place].1).unwrap_or(u32::MAX))
}

fn stage_of(name: &'static str, numbers: &[(f64, f64)]) -> Stage {
    let seeds = f64::from(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| numbers.iter().map(of).sum::<f64>() / seeds;
    let difference = mean(&|(one, other)| other - one);
    let variance = mean(&|(one, other)| (other - one - difference).powi(2)) * seeds / (seeds - 1.0).max(1.0);
    let error = (variance / seeds).sqrt();
    Stage { name, first: mean(&|(one, _)| *one), second: mean(&|(_, other)| *other), difference, error }
}

/// The comparison as a table of Markdown.
#[must_use]
pub fn table(first: &Funnels, second: &Funnels) -> String {
    let (seeds, stages) = compare(first, second);
    let name = |funnels: &Funnels| funnels.worlds.iter().map(|world| name_of(*world)).collect::<Vec<_>>().join(" and ");
    let mut text = format!(
        "| of {seeds} seeds, per seed | {} | {} | difference | its standard error | |\n|---|---:|---:|---:|---:|---|\n",
        name(first),
        name(second)
    );
    for stage in stages {
        let Stage { name, first, second, difference, error } = stage;
        let verdict = if stage.is_real() { "more than noise" } else { "" };
        writeln!(text, "| {name} | {first:.2} | {second:.2} | {difference:+.2} | {error:.2} | {verdict} |")
            .expect("a string takes whatever is written");
    }
    text
}

/// The folder or command that a world is known by.
fn name_of(world: World) -> &'static str {
    match world {
        World::Sim => "sim",
        World::Wire => "wire",
        World::Live => "live",
        World::Embedded => "embedded",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn funnels(world: World, committed: impl Fn(u64) -> u64) -> Funnels {
        let funnel = |seed| (seed, Funnel { clicked: 100, committed: committed(seed), ..Funnel::default() });
        Funnels { worlds: vec![world], of_seeds: (1..=100).map(funnel).collect() }
    }

    #[test]
    fn a_shift_of_every_seed_is_more_than_noise_and_a_scatter_is_not() {
        let sim = funnels(World::Sim, |seed| 40 + seed % 7);
        let shifted = funnels(World::Wire, |seed| 41 + seed % 7);
        let scattered = funnels(World::Wire, |seed| 39 + seed % 7 + seed % 2 * 2);
        let committed =
            |other: &Funnels| *compare(&sim, other).1.iter().find(|stage| stage.name == "committed").unwrap();
        assert!(committed(&shifted).is_real());
        assert_eq!(committed(&shifted).difference, 1.0);
        assert!(committed(&scattered).error > 0.05 && !committed(&scattered).is_real());
        assert!(!compare(&sim, &sim).1.iter().any(Stage::is_real));
    }

    #[test]
    fn only_seeds_of_both_are_compared() {
        let (sim, mut wire) = (funnels(World::Sim, |_| 40), funnels(World::Wire, |_| 40));
        wire.of_seeds.retain(|seed, _| *seed <= 10);
        assert_eq!(compare(&sim, &wire).0, 10);
        assert!(table(&sim, &wire).starts_with("| of 10 seeds, per seed | sim | wire |"));
    }
}
