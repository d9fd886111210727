//! The sale over time: arrivals against what was admitted and committed, stock in both stores, and what went astray.

use record::{Count, Gauge, Run};

use super::{bands, extent, highest, line, peaks};
use crate::chart::{Axis, Body, Chart, Ink, Line, number};
use crate::grid::Grid;

pub(super) fn traffic(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let lines = [
        line("arrivals (requests)", Ink::Blue, grid.rate(Count::Clicked)),
        line("turned away (429)", Ink::Orange, grid.rate(Count::Limited)),
        line("admitted", Ink::Green, grid.rate(Count::Admitted)),
        line("told sold out", Ink::Grey, grid.rate(Count::SoldOut)),
        line("committed", Ink::Vermillion, grid.rate(Count::Committed)),
    ];
    let lines: Vec<Line> = lines.into_iter().flatten().collect();
    let times_s = grid.times_s();
    (!lines.is_empty()).then(|| Chart {
        id: "traffic",
        title: "Arrivals, admitted and committed".to_owned(),
        alt: format!("{}Events per second, on a logarithmic axis: {}.", extent(run, grid), peaks(&lines, &times_s)),
        x: Axis::time(grid.end_s()),
        y: Axis::log_count("per second", 1.0, highest(&lines)),
        xs: times_s,
        body: Body::Lines(lines),
        bands: bands(run),
    })
}

pub(super) fn stock(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let lines = [
        line("Postgres has on hand", Ink::Blue, grid.gauge(Gauge::StockLeftPostgres)),
        line("Redis offers", Ink::Vermillion, grid.gauge(Gauge::StockLeftRedis)),
    ];
    let lines: Vec<Line> = lines.into_iter().flatten().collect();
    let told: Vec<String> = lines.iter().map(first_and_last).collect();
    (!lines.is_empty()).then(|| Chart {
        id: "stock",
        title: "Stock left in Redis and in Postgres".to_owned(),
        alt: format!("{}Units left: {}. Faults are shaded.", extent(run, grid), told.join("; ")),
        x: Axis::time(grid.end_s()),
        y: Axis::count("units", highest(&lines)),
        xs: grid.times_s(),
        body: Body::Lines(lines),
        bands: bands(run),
    })
}

fn first_and_last(line: &Line) -> String {
    let mut values = line.values.iter().flatten();
    let first = values.next().copied().unwrap_or(0.0);
    let last = values.next_back().copied().unwrap_or(first);
    format!("{} {} at first and {} at the end", line.name, number(first), number(last))
}

pub(super) fn compensations(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let lines = [
        line("orders open now", Ink::Green, grid.gauge(Gauge::OpenOrders)),
        line("went into compensation, so far", Ink::Blue, grid.total(Count::Compensated)),
        line("refunded, so far", Ink::Orange, grid.total(Count::Refunded)),
        line("leaked holds now", Ink::Vermillion, grid.gauge(Gauge::LeakedHolds)),
    ];
    let lines: Vec<Line> = lines.into_iter().flatten().collect();
    let times_s = grid.times_s();
    (!lines.is_empty()).then(|| Chart {
        id: "compensations",
        title: "Compensations and leaked holds".to_owned(),
        alt: format!("{}Orders and units: {}.", extent(run, grid), peaks(&lines, &times_s)),
        x: Axis::time(grid.end_s()),
        y: Axis::count("orders, or units", highest(&lines)),
        xs: times_s,
        body: Body::Lines(lines),
        bands: bands(run),
    })
}
