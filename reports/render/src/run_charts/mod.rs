//! The charts of one run. A chart whose series the record does not hold is left out.
//!
//! | file | what it holds |
//! |---|---|
//! | `sale.rs` | arrivals, stock, compensations |
//! | `latency.rs` | percentiles over time, and the heat map |
//! | `orders.rs` | orders by where they stand |

mod latency;
mod orders;
mod sale;

use record::Run;

use crate::chart::{Band, Chart, Ink, Line, number};
use crate::grid::{Grid, as_f64};

/// Every chart the record can give, in the order of the page.
#[must_use]
pub fn run_charts(run: &Run) -> Vec<Chart> {
    let sale = Grid::of_the_sale(run);
    let charts = [
        sale::traffic(run, &sale),
        sale::stock(run, &sale),
        latency::percentiles(run, &sale),
        latency::heat_map(run, &sale),
        sale::compensations(run, &sale),
        orders::states(run),
    ];
    charts.into_iter().flatten().collect()
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
    if value > 0.0 {
        format!("{} peaks at {} after {at_s:.1} s", line.name, number(value))
    } else {
        format!("{}: none", line.name)
    }
}

fn peaks(lines: &[Line], times_s: &[f64]) -> String {
    let peaks: Vec<String> = lines.iter().map(|line| peak(line, times_s)).collect();
    peaks.join("; ")
}

/// How much of the run a chart of the sale shows.
fn extent(run: &Run, grid: &Grid<'_>) -> String {
    let (end_s, whole_s) = (grid.end_s(), as_f64(run.virtual_ms) / 1_000.0);
    if end_s + 1.0 < whole_s { format!("The first {end_s:.1} s of {whole_s:.1} s. ") } else { String::new() }
}
