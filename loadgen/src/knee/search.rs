//! The search itself: doubles until a rate does not hold, then halves the gap between the highest that did and the lowest
//! that did not, then confirms.
//!
//! Rates in, answers out; who plays the loads is left to the caller.

/// The gap at which a search is done: a tenth of the rate.
const CLOSE_ENOUGH: f64 = 1.1;

/// What is to be tried next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Next {
    /// A short load at this rate, per second.
    Probe(f64),
    /// A long one, to see whether it also lasts.
    Hold(f64),
    /// Nothing: this rate held, and nothing above it that is worth telling apart.
    Found(f64),
    /// Nothing: not even the lowest rate holds.
    Nothing,
}

/// A search.
#[derive(Clone, Copy, Debug)]
pub(super) struct Search {
    lowest: f64,
    most: f64,
    held: Option<f64>,
    broke: Option<f64>,
    confirmed: bool,
}

impl Search {
    /// A search that begins at `lowest` and goes no further than `most`, both per second.
    #[must_use]
    pub(super) const fn new(lowest: f64, most: f64) -> Self {
        Self { lowest, most, held: None, broke: None, confirmed: false }
    }

    /// What is to be tried next.
    #[must_use]
    pub(super) fn next(&self) -> Next {
        match (self.held, self.broke) {
            (Some(held), _) if self.confirmed => Next::Found(held),
            (None, None) => Next::Probe(self.lowest),
            (Some(held), None) if held >= self.most => Next::Hold(held),
            (Some(held), None) => Next::Probe((held * 2.0).min(self.most)),
            (Some(held), Some(broke)) if broke / held <= CLOSE_ENOUGH => Next::Hold(held),
            (Some(held), Some(broke)) => Next::Probe(held.midpoint(broke)),
            (None, Some(broke)) if broke <= self.lowest / 16.0 => Next::Nothing,
            (None, Some(broke)) => Next::Probe(broke / 2.0),
        }
    }

    /// Takes in what came of what was tried.
    pub(super) fn told(&mut self, tried: Next, holds: bool) {
        match (tried, holds) {
            (Next::Probe(rate), true) => self.held = Some(rate),
            (Next::Probe(rate), false) => self.broke = Some(rate),
            (Next::Hold(_), true) => self.confirmed = true,
            // It held for a moment and no longer: what lies a step below may last.
            (Next::Hold(rate), false) => {
                self.broke = Some(rate);
                self.held = Some(rate / CLOSE_ENOUGH);
                if rate / CLOSE_ENOUGH < self.lowest / 16.0 {
                    self.held = None;
                }
            }
            (Next::Found(_) | Next::Nothing, _) => {}
        }
    }

    /// The lowest rate that did not hold.
    #[must_use]
    pub(super) const fn broke(&self) -> Option<f64> {
        self.broke
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(lowest: f64, most: f64, holds: impl Fn(Next) -> bool) -> (Next, u32) {
        let mut search = Search::new(lowest, most);
        for tries in 0..100 {
            let next = search.next();
            match next {
                Next::Probe(_) | Next::Hold(_) => search.told(next, holds(next)),
                Next::Found(_) | Next::Nothing => return (next, tries),
            }
        }
        panic!("the search does not end");
    }

    fn below(limit: f64) -> impl Fn(Next) -> bool {
        move |next| matches!(next, Next::Probe(rate) | Next::Hold(rate) if rate <= limit)
    }

    #[test]
    fn it_ends_within_a_tenth_of_the_limit() {
        for limit in [60.0, 333.0, 5_000.0] {
            let (Next::Found(rate), tries) = search(50.0, 1e6, below(limit)) else { panic!("nothing found") };
            assert!(rate <= limit && rate * 1.1 >= limit * 0.999, "{rate} of {limit}");
            assert!(tries < 20, "{tries} tries");
        }
    }

    #[test]
    fn what_holds_for_a_moment_only_is_not_the_knee() {
        let lasts = |next| match next {
            Next::Probe(rate) => rate <= 1_000.0,
            Next::Hold(rate) => rate <= 700.0,
            Next::Found(_) | Next::Nothing => false,
        };
        let (Next::Found(rate), _) = search(100.0, 1e6, lasts) else { panic!("nothing found") };
        assert!((600.0..=700.0).contains(&rate), "{rate}");
    }

    #[test]
    fn it_goes_below_its_beginning_and_no_further_than_its_end() {
        let (Next::Found(rate), _) = search(100.0, 1e6, below(30.0)) else { panic!("nothing found") };
        assert!((25.0..=30.0).contains(&rate), "{rate}");
        assert_eq!(search(100.0, 250.0, below(1e9)).0, Next::Found(250.0));
        assert_eq!(search(100.0, 250.0, |_| false).0, Next::Nothing);
    }
}
