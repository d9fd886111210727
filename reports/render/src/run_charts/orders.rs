//! Orders by where they stand, as areas on top of each other, over the whole run.

use record::{Gauge, Run};

use super::{bands, extent, line};
use crate::chart::{Axis, Body, Chart, Ink, Line, number};
use crate::grid::Grid;

const STATES: [Gauge; 10] = [
    Gauge::OrdersPlaced,
    Gauge::OrdersCompensating,
    Gauge::OrdersConfirmed,
    Gauge::OrdersPicking,
    Gauge::OrdersShipped,
    Gauge::OrdersDelivered,
    Gauge::OrdersCancelling,
    Gauge::OrdersCancelled,
    Gauge::OrdersFailed,
    Gauge::OrdersRefunded,
];

pub(super) fn states(run: &Run) -> Option<Chart> {
    let grid = Grid::of_the_orders(run, &STATES).in_steps(400);
    let undone = sum(grid.gauge(Gauge::OrdersCompensating), grid.gauge(Gauge::OrdersCancelling));
    // Ended ones at the bottom, open ones on top.
    let lines = [
        line("delivered", Ink::Green, grid.gauge(Gauge::OrdersDelivered)),
        line("shipped", Ink::Sky, grid.gauge(Gauge::OrdersShipped)),
        line("picking", Ink::Purple, grid.gauge(Gauge::OrdersPicking)),
        line("confirmed", Ink::Blue, grid.gauge(Gauge::OrdersConfirmed)),
        line("failed", Ink::Black, grid.gauge(Gauge::OrdersFailed)),
        line("refunded", Ink::Orange, grid.gauge(Gauge::OrdersRefunded)),
        line("cancelled", Ink::Grey, grid.gauge(Gauge::OrdersCancelled)),
        line("compensating or cancelling", Ink::Vermillion, undone),
        line("placed", Ink::Yellow, grid.gauge(Gauge::OrdersPlaced)),
    ];
    let is_seen = |line: &Line| line.values.iter().flatten().any(|value| *value > 0.0);
    let lines: Vec<Line> = lines.into_iter().flatten().filter(is_seen).collect();
    let column = |place: usize| lines.iter().filter_map(|line| line.values.get(place).copied().flatten()).sum::<f64>();
    let highest = (0..grid.len()).map(column).fold(0.0, f64::max);
    let at_the_end = |line: &Line| {
        let last = line.values.iter().flatten().next_back().copied().unwrap_or(0.0);
        (last > 0.0).then(|| format!("{} {}", number(last), line.name))
    };
    let told: Vec<String> = lines.iter().filter_map(at_the_end).collect();
    (!lines.is_empty()).then(|| Chart {
        id: "orders",
        title: "Where orders stand".to_owned(),
        alt: format!("{}Orders by state, on top of each other. At the end: {}.", extent(run, &grid), told.join(", ")),
        x: Axis::time(grid.end_s()),
        y: Axis::count("orders", highest),
        xs: grid.times_s(),
        body: Body::Stacked(lines),
        bands: bands(run),
    })
}

type Values = Option<Vec<Option<f64>>>;

fn sum(left: Values, right: Values) -> Values {
    match (left, right) {
        (Some(left), Some(right)) => {
            let add = |(left, right): (Option<f64>, Option<f64>)| Some(left.unwrap_or(0.0) + right.unwrap_or(0.0));
            Some(left.into_iter().zip(right).map(add).collect())
        }
        (left, right) => left.or(right),
    }
}
