//! What this process has just seen. For a moment it spares Redis the question; afterwards it is the last resort when
//! Redis is away and Postgres too.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::cache::{Found, Page};
use super::pages::Wanted;

/// Pages remembered at most; when there are more, all are forgotten and the busy ones are soon back.
const MOST: usize = 10_000;

struct Seen {
    found: Found,
    at: Instant,
}

/// The pages this process has seen.
pub(super) struct Kept {
    fresh: Duration,
    longest: Duration,
    seen: Mutex<BTreeMap<Wanted, Seen>>,
}

impl Kept {
    /// Pages are passed on without a question for `fresh`, and in need for `longest`.
    pub(super) fn new(fresh: Duration, longest: Duration) -> Self {
        Self { fresh, longest, seen: Mutex::default() }
    }

    /// What was seen just now.
    pub(super) fn just_seen(&self, wanted: &Wanted) -> Option<Found> {
        self.within(wanted, self.fresh)
    }

    /// What was seen last, if that is not too long ago.
    pub(super) fn last_seen(&self, wanted: &Wanted) -> Option<Found> {
        self.within(wanted, self.longest)
    }

    fn within(&self, wanted: &Wanted, limit: Duration) -> Option<Found> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let Seen { found, at } = seen.get(wanted)?;
        let since = at.elapsed();
        if since >= limit {
            return None;
        }
        Some(match found {
            Found::Page(page) => Found::Page(Page { age: page.age + since, ..page.clone() }),
            Found::Absent => Found::Absent,
            Found::Unavailable => return None,
        })
    }

    /// Remembers a page, or that there is none.
    pub(super) fn keep(&self, wanted: &Wanted, found: &Found) {
        if matches!(found, Found::Unavailable) {
            return;
        }
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if seen.len() >= MOST && !seen.contains_key(wanted) {
            seen.clear();
        }
        seen.insert(wanted.clone(), Seen { found: found.clone(), at: Instant::now() });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_page_grows_older_while_it_is_kept() {
        let kept = Kept::new(Duration::from_millis(50), Duration::from_secs(1));
        let wanted = Wanted::Categories;
        kept.keep(&wanted, &Found::Page(Page { body: "{}".into(), age: Duration::from_millis(7), stale: false }));
        tokio::time::advance(Duration::from_millis(20)).await;
        let Some(Found::Page(page)) = kept.just_seen(&wanted) else { panic!("a page expected") };
        assert_eq!(page.age, Duration::from_millis(27));
        tokio::time::advance(Duration::from_millis(30)).await;
        assert!(kept.just_seen(&wanted).is_none() && kept.last_seen(&wanted).is_some());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(kept.last_seen(&wanted).is_none());
    }

    #[test]
    fn made_up_names_do_not_fill_the_memory() {
        let kept = Kept::new(Duration::from_secs(1), Duration::from_secs(1));
        for number in 0..=MOST {
            kept.keep(&Wanted::Product { sku: number.to_string() }, &Found::Absent);
        }
        assert!(kept.seen.lock().unwrap().len() <= MOST);
    }
}
