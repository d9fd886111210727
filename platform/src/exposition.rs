//! `/metrics`: the counts of a process in Prometheus's text format, version 0.0.4.

use std::fmt::Write;

use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::metrics::{Counter, Metrics};

/// The whole page.
#[must_use]
pub fn render(metrics: &Metrics) -> String {
    let mut page = String::new();
    for counter in Counter::ALL {
        family(&mut page, counter.name(), "counter", counter.help(), metrics.get(*counter));
    }
    let help = "Units that neither Postgres nor a live hold accounts for, over all SKUs.";
    family(&mut page, "leaked_holds", "gauge", help, metrics.leaked_holds());
    let help = "How long the oldest known change of a product has been waiting to be in the index, in milliseconds.";
    family(&mut page, "index_lag_ms", "gauge", help, metrics.index_lag_ms());
    let help = "Sagas, and orders that compensation settles, at this moment.";
    family(&mut page, "work_under_way", "gauge", help, metrics.under_way());
    page
}

fn family(page: &mut String, name: &str, kind: &str, help: &str, value: impl std::fmt::Display) {
    writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}\n{name} {value}").expect("a string takes every write");
}

/// Answers `GET /metrics`.
pub(crate) fn answer(metrics: &Metrics) -> ([(http::HeaderName, HeaderValue); 1], String) {
    let content_type = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(CONTENT_TYPE, content_type)], render(metrics))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_exposed_once_with_its_help() {
        let metrics = Metrics::default();
        metrics.add(Counter::OrdersPlaced, 7);
        metrics.set_leaked_holds(-2);
        let page = render(&metrics);
        assert!(page.contains("# HELP orders_placed_total "));
        assert!(page.contains("# TYPE orders_placed_total counter\norders_placed_total 7\n"));
        metrics.set_index_lag_ms(7);
        assert!(page.contains("# TYPE leaked_holds gauge\nleaked_holds -2\n"));
        assert!(render(&metrics).contains("# TYPE index_lag_ms gauge\nindex_lag_ms 7\n"));
        assert_eq!(page.lines().count(), 3 * (Counter::ALL.len() + 3));
    }

    #[test]
    fn work_is_under_way_until_its_token_is_dropped() {
        let metrics = Metrics::default();
        let tokens = [metrics.begin(), metrics.begin()];
        assert!(render(&metrics).ends_with("work_under_way 2\n"));
        drop(tokens);
        assert!(render(&metrics).ends_with("work_under_way 0\n"));
    }
}
