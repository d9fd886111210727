//! The charts of one run. A chart whose series the record does not hold is left out.

use record::{Count, Gauge, Run};

use crate::chart::{Axis, Band, Body, Chart, Ink, Line, number};
use crate::grid::{Grid, as_f64};

/// Every chart the record can give, in the order of the page.
#[must_use]
pub fn run_charts(run: &Run) -> Vec<Chart> {
    let sale = Grid::of_the_sale(run);
    [traffic(run, &sale), stock(run, &sale), compensations(run, &sale)].into_iter().flatten().collect()
}

/// The run's faults as bands, numbered as in the list of faults.
fn bands(run: &Run) -> Vec<Band> {
    let band = |(number, fault): (usize, &record::Fault)| {
        let from = as_f64(fault.at_ms) / 1_000.0;
        Band { span: (from, from + as_f64(fault.for_ms) / 1_000.0), mark: number.to_string() }
    };
    (1..).zip(&run.faults).map(band).collect()
}

fn line(name: &str, ink: Ink, values: Option<Vec<Option<f64>>>) -> Option<Line> {
    values.map(|values| Line { name: name.to_owned(), ink, dashed: false, values })
}

/// The highest value of any line, and 0 when there is none.
fn highest(lines: &[Line]) -> f64 {
    lines.iter().flat_map(|line| line.values.iter().flatten()).copied().fold(0.0, f64::max)
}

/// Where a line is highest: its value and the time.
fn peak(line: &Line, times_s: &[f64]) -> String {
    let points = line.values.iter().zip(times_s).filter_map(|(value, at_s)| value.map(|value| (value, *at_s)));
    let (value, at_s) = points.fold((0.0, 0.0), |best, point| if point.0 > best.0 { point } else { best });
    format!("{} peaks at {} after {at_s:.1} s", line.name, number(value))
}

fn traffic(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let lines: Vec<Line> = [
        line("arrivals (requests)", Ink::Blue, grid.rate(Count::Clicked)),
        line("turned away (429)", Ink::Orange, grid.rate(Count::Limited)),
        line("told sold out", Ink::Grey, grid.rate(Count::SoldOut)),
        line("committed", Ink::Vermillion, grid.rate(Count::Committed)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let times_s = grid.times_s();
    let peaks: Vec<String> = lines.iter().map(|line| peak(line, &times_s)).collect();
    (!lines.is_empty()).then(|| Chart {
        id: "traffic",
        title: "Arrivals, admitted and committed".to_owned(),
        alt: format!("Events per second over time, on a logarithmic axis. {}.", peaks.join("; ")),
        x: Axis::time(grid.end_s()),
        y: Axis::log_count("per second", 1.0, highest(&lines)),
        xs: times_s,
        body: Body::Lines(lines),
        bands: bands(run),
    })
}

fn stock(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let lines: Vec<Line> = [
        line("Redis offers", Ink::Vermillion, grid.gauge(Gauge::StockLeftRedis)),
        line("Postgres has on hand", Ink::Blue, grid.gauge(Gauge::StockLeftPostgres)),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!lines.is_empty()).then(|| Chart {
        id: "stock",
        title: "Stock left in Redis and in Postgres".to_owned(),
        alt: format!("Units left over time. {}.", lines.iter().map(last).collect::<Vec<_>>().join("; ")),
        x: Axis::time(grid.end_s()),
        y: Axis::count("units", highest(&lines)),
        xs: grid.times_s(),
        body: Body::Lines(lines),
        bands: bands(run),
    })
}

fn last(line: &Line) -> String {
    let (first, last) = (line.values.iter().flatten().next(), line.values.iter().flatten().next_back());
    format!("{}: {} at first, {} at the end", line.name, number(*first.unwrap_or(&0.0)), number(*last.unwrap_or(&0.0)))
}

fn compensations(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let lines: Vec<Line> = [
        line("went into compensation", Ink::Blue, grid.total(Count::Compensated)),
        line("refunded", Ink::Orange, grid.total(Count::Refunded)),
        line("orders open now", Ink::Green, grid.gauge(Gauge::OpenOrders)),
        line("leaked holds now", Ink::Vermillion, grid.gauge(Gauge::LeakedHolds)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let times_s = grid.times_s();
    let peaks: Vec<String> = lines.iter().map(|line| peak(line, &times_s)).collect();
    (!lines.is_empty()).then(|| Chart {
        id: "compensations",
        title: "Compensations and leaked holds".to_owned(),
        alt: format!("Orders over time. {}.", peaks.join("; ")),
        x: Axis::time(grid.end_s()),
        y: Axis::count("orders", highest(&lines)),
        xs: times_s,
        body: Body::Lines(lines),
        bands: bands(run),
    })
}
