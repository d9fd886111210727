//! The leak gauge: units that neither Postgres nor a live hold accounts for, and how long they have been missing.
//!
//! Postgres and Redis are read one after the other, so while orders move the figures differ for a moment. Only a leak that
//! stands unchanged is one. Positive: units nobody can reserve (a confirm that came twice, a reservation lost between two
//! steps). Negative: units offered that are not there (a confirm that was lost). A rebuild mends both.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// What the gauge remembers between two looks.
#[derive(Default)]
pub(crate) struct LeakWatch {
    /// Leak and since when it has been that, by SKU; only where there is one.
    standing: BTreeMap<String, (i64, Instant)>,
}

/// One SKU at one look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Level {
    pub(crate) sku: String,
    pub(crate) on_hand: i64,
    pub(crate) counter: i64,
    pub(crate) held: i64,
}

impl Level {
    fn leak(&self) -> i64 {
        self.on_hand - self.counter - self.held
    }
}

impl LeakWatch {
    /// Takes in a look at all SKUs. Returns the units leaked in all, and whether a leak has stood for `patience`.
    pub(crate) fn observe(&mut self, levels: &[Level], now: Instant, patience: Duration) -> (i64, bool) {
        let (mut units, mut stands) = (0, false);
        for level in levels {
            let leak = level.leak();
            if leak == 0 {
                self.standing.remove(&level.sku);
                continue;
            }
            units += leak;
            let known = self.standing.entry(level.sku.clone()).or_insert((leak, now));
            if known.0 != leak {
                *known = (leak, now);
            }
            stands |= now.duration_since(known.1) >= patience;
        }
        (units, stands)
    }

    /// Forgets everything: the counters are new.
    pub(crate) fn clear(&mut self) {
        self.standing.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(3);

    fn level(counter: i64) -> Vec<Level> {
        vec![Level { sku: "lamp".into(), on_hand: 10, counter, held: 2 }]
    }

    #[test]
    fn a_leak_stands_only_after_it_was_unchanged_for_long() {
        let (mut watch, start) = (LeakWatch::default(), Instant::now());
        assert_eq!(watch.observe(&level(7), start, PATIENCE), (1, false));
        assert_eq!(watch.observe(&level(6), start + Duration::from_secs(2), PATIENCE), (2, false));
        assert_eq!(watch.observe(&level(6), start + Duration::from_secs(4), PATIENCE), (2, false));
        assert_eq!(watch.observe(&level(6), start + Duration::from_secs(5), PATIENCE), (2, true));
    }

    #[test]
    fn a_difference_that_goes_away_is_no_leak() {
        let (mut watch, start) = (LeakWatch::default(), Instant::now());
        assert_eq!(watch.observe(&level(9), start, PATIENCE), (-1, false));
        assert_eq!(watch.observe(&level(8), start + Duration::from_secs(1), PATIENCE), (0, false));
        assert_eq!(watch.observe(&level(9), start + Duration::from_secs(4), PATIENCE), (-1, false));
    }
}
