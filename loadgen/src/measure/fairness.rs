//! Fairness of a flash sale: whether who came earlier was served, and whether it mattered what they came with.
//!
//! Kendall's tau between the rank of arrival and winning, tau-b, over those who competed for the same product: 1 would be
//! perfect order if everybody's outcome differed, 0 is a lottery, below 0 the later ones win. As most lose, tau-b stays
//! small even for a perfect queue; so the share of pairs in which the earlier one won stands beside it.

use std::collections::BTreeMap;

use arrivals::Cohort;
use record::Outcome;

use super::seen::Ended;
use crate::validity::as_f64;

/// How winning went with arriving early.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fairness {
    /// Kendall's tau-b; none when nobody won or nobody lost.
    pub tau: Option<f64>,
    /// Of all pairs of a winner and a loser, those in which the winner came earlier; none as above.
    pub earlier_won_ratio: Option<f64>,
    /// Winners among those who competed; none when there were none.
    pub win_ratio: Option<f64>,
}

/// Pairs of those who competed for one product, or several.
#[derive(Clone, Copy, Debug, Default)]
struct Pairs {
    competitors: u64,
    winners: u64,
    all: u64,
    of_winner_and_loser: u64,
    earlier_won: u64,
}

/// How fair it was: to everybody, and within one cohort when one is named.
#[must_use]
pub fn fairness(ended: &[Ended], cohort: Option<Cohort>) -> Fairness {
    let mut competing: BTreeMap<usize, Vec<(u64, bool)>> = BTreeMap::new();
    for one in ended.iter().filter(|one| cohort.is_none_or(|cohort| one.cohort == cohort)) {
        // Whoever left, or whose card was declined, was out of it by their own doing.
        match one.outcome {
            Some(Outcome::Won) => competing.entry(one.product).or_default().push((one.index, true)),
            Some(Outcome::SoldOut | Outcome::Limited | Outcome::TimedOut | Outcome::Failed) => {
                competing.entry(one.product).or_default().push((one.index, false));
            }
            Some(Outcome::Queued | Outcome::Declined | Outcome::Abandoned) | None => {}
        }
    }
    let mut sum = Pairs::default();
    for mut competitors in competing.into_values() {
        competitors.sort_unstable();
        let pairs = pairs(&competitors);
        sum.competitors += pairs.competitors;
        sum.winners += pairs.winners;
        sum.all += pairs.all;
        sum.of_winner_and_loser += pairs.of_winner_and_loser;
        sum.earlier_won += pairs.earlier_won;
    }
    sum.fairness()
}

/// The pairs among competitors for one product, in the order of their arrival.
fn pairs(competitors: &[(u64, bool)]) -> Pairs {
    let (mut winners, mut earlier_won) = (0, 0);
    for (_, won) in competitors {
        if *won {
            winners += 1;
        } else {
            earlier_won += winners;
        }
    }
    let competitors = competitors.len() as u64;
    Pairs {
        competitors,
        winners,
        all: competitors * competitors.saturating_sub(1) / 2,
        of_winner_and_loser: winners * (competitors - winners),
        earlier_won,
    }
}

impl Pairs {
    fn fairness(self) -> Fairness {
        let decided = self.of_winner_and_loser > 0;
        let (all, mixed, earlier) = (as_f64(self.all), as_f64(self.of_winner_and_loser), as_f64(self.earlier_won));
        Fairness {
            tau: decided.then(|| (2.0 * earlier - mixed) / (all * mixed).sqrt()),
            earlier_won_ratio: decided.then(|| earlier / mixed),
            win_ratio: (self.competitors > 0).then(|| as_f64(self.winners) / as_f64(self.competitors)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(index: u64, outcome: Outcome, cohort: Cohort) -> Ended {
        Ended { index, cohort, product: 0, clicked_us: index, at_us: index, outcome: Some(outcome), orders: Vec::new() }
    }

    /// Kendall's tau-b as its definition has it, pair by pair.
    fn by_definition(won: &[bool]) -> f64 {
        let (mut concordant, mut discordant, mut tied) = (0.0, 0.0, 0.0);
        for (place, first) in won.iter().enumerate() {
            for second in &won[place + 1..] {
                match (first, second) {
                    (true, false) => concordant += 1.0,
                    (false, true) => discordant += 1.0,
                    _ => tied += 1.0,
                }
            }
        }
        let all: f64 = concordant + discordant + tied;
        (concordant - discordant) / (all * (all - tied)).sqrt()
    }

    #[test]
    fn tau_is_what_its_definition_says() {
        let won = [true, true, false, true, false, false, false, true, false, false];
        let outcome = |won: bool| if won { Outcome::Won } else { Outcome::SoldOut };
        // Told in another order than they came: only the arrival counts.
        let mut told: Vec<Ended> =
            (0..).zip(won).map(|(index, won)| ended(index, outcome(won), Cohort::Ordinary)).collect();
        told.reverse();
        let found = fairness(&told, None);
        assert!((found.tau.unwrap() - by_definition(&won)).abs() < 1e-12, "{found:?}");
        assert_eq!(found.win_ratio, Some(0.4));
    }

    #[test]
    fn a_queue_a_lottery_of_one_and_a_sale_nobody_won() {
        let queue: Vec<Ended> = (0..10)
            .map(|index| ended(index, if index < 3 { Outcome::Won } else { Outcome::SoldOut }, Cohort::Ordinary))
            .collect();
        assert_eq!(fairness(&queue, None).earlier_won_ratio, Some(1.0));
        let nobody = [ended(0, Outcome::SoldOut, Cohort::Bot)];
        assert_eq!(fairness(&nobody, None).tau, None);
        assert_eq!(fairness(&nobody, Some(Cohort::SlowNetwork)).win_ratio, None);
    }
}
