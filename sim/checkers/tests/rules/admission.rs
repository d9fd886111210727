//! Admission: per product, no more checkouts pass the edge than its bucket allows.

use checkers::history::{EventKind, Sku};
use checkers::limits::{AdmissionLimit, SkuLimits};
use checkers::{Event, Judge, Limits, Verdict};

use crate::story::{Story, texts};

const SHOES: Sku = Sku(0);
const HATS: Sku = Sku(1);

/// Shoes at 100 per second and a burst of 5; hats without a limit.
fn limits(jitter_us: i64) -> Limits {
    let sku = |sku: &str, admission| SkuLimits { sku: sku.to_owned(), stocked: None, admission, must_sell_out: false };
    Limits {
        skus: vec![sku("shoes", Some(AdmissionLimit { rate_per_s: 100, burst: 5 })), sku("hats", None)],
        admission_jitter_us: jitter_us,
        ..Limits::default()
    }
}

/// Whether admissions at these times are too many.
fn too_many(jitter_us: i64, sku: Sku, times_us: impl IntoIterator<Item = i64>) -> bool {
    let mut judge = Judge::new(&limits(jitter_us));
    for at_us in times_us {
        judge.observe(Event { at_us, kind: EventKind::Admitted { sku } });
    }
    let admission = judge.judgements().into_iter().find(|judgement| judgement.name == "admission").unwrap();
    !texts(admission.verdict).is_empty()
}

#[test]
fn a_burst_and_then_the_rate_holds() {
    assert!(!too_many(0, SHOES, [7; 5].into_iter().chain((1..1_000).map(|n| 7 + n * 10_000))));
}

#[test]
fn one_more_than_the_burst_at_once_is_seen() {
    assert!(too_many(0, SHOES, [7; 6]));
}

#[test]
fn one_microsecond_too_early_is_seen() {
    assert!(!too_many(0, SHOES, [0, 0, 0, 0, 0, 10_000]));
    assert!(too_many(0, SHOES, [0, 0, 0, 0, 0, 9_999]));
}

#[test]
fn an_idle_hour_saves_no_more_than_the_burst() {
    assert!(too_many(0, SHOES, [3_600_000_000; 6]));
}

#[test]
fn a_late_observation_is_excused_by_the_jitter() {
    assert!(!too_many(10_000, SHOES, [7; 6]));
    assert!(too_many(10_000, SHOES, [7; 7]));
}

#[test]
fn a_product_without_a_limit_has_none() {
    assert!(!too_many(0, HATS, [7; 1_000]));
}

#[test]
fn one_products_checkouts_do_not_use_up_anothers() {
    let mut judge = Judge::new(&limits(0));
    for sku in [SHOES, HATS].repeat(5) {
        judge.observe(Event { at_us: 0, kind: EventKind::Admitted { sku } });
    }
    assert!(!judge.is_unsafe());
}

#[test]
fn an_edge_that_was_not_watched_is_not_judged() {
    let verdict = Story::new().settled().verdict("admission");
    assert_eq!(verdict, Verdict::NotJudged { why: vec!["no checkout was seen passing the edge"] });
}
