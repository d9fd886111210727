//! Latencies over time: percentiles as lines, and every answer as a heat map on a logarithmic axis. Both are of single
//! requests; answers that never came are not among them.

use record::Run;

use super::{bands, extent};
use crate::chart::{Axis, Body, Cell, Chart, Ink, Line};
use crate::grid::{Grid, as_f64};

/// Columns of the heat map; each is some pixels wide.
const HEAT_COLUMNS: usize = 120;

/// The latency bound that `per_mille` thousandths of the answers do not exceed.
fn quantile(step: &[(u64, u64)], per_mille: u128) -> Option<f64> {
    let all: u128 = step.iter().map(|(_, count)| u128::from(*count)).sum();
    let rank = (all * per_mille).div_ceil(1_000).max(1);
    let mut seen = 0;
    step.iter().find_map(|(bound, count)| {
        seen += u128::from(*count);
        (seen >= rank).then(|| as_f64(*bound))
    })
}

fn quantiles(latencies: &[Vec<(u64, u64)>]) -> Vec<Line> {
    let of = |name: &str, ink, per_mille| Line {
        name: name.to_owned(),
        ink,
        dashed: false,
        values: latencies.iter().map(|step| quantile(step, per_mille)).collect(),
    };
    vec![of("p50", Ink::Blue, 500), of("p90", Ink::Orange, 900), of("p99", Ink::Vermillion, 990)]
}

/// The least and the greatest bound of all answers; `None` when there are none.
fn span(latencies: &[Vec<(u64, u64)>]) -> Option<(f64, f64)> {
    let bounds = || latencies.iter().flatten().map(|(bound, _)| *bound);
    Some((as_f64(bounds().min()?), as_f64(bounds().max()?)))
}

pub(super) fn percentiles(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let grid = grid.in_steps(200);
    let latencies = grid.latencies();
    let (least, greatest) = span(&latencies)?;
    let lines = quantiles(&latencies);
    let y = Axis::log_micros("latency", least, greatest);
    let worst = |line: &Line| {
        let worst = line.values.iter().flatten().copied().fold(0.0, f64::max);
        format!("{} at most {}", line.name, y.write(worst))
    };
    let told: Vec<String> = lines.iter().map(worst).collect();
    Some(Chart {
        id: "latency",
        title: "Latency percentiles".to_owned(),
        alt: format!("{}Per answered request, on a logarithmic axis: {}.", extent(run, &grid), told.join("; ")),
        x: Axis::time(grid.end_s()),
        y,
        xs: grid.times_s(),
        body: Body::Lines(lines),
        bands: bands(run),
    })
}

pub(super) fn heat_map(run: &Run, grid: &Grid<'_>) -> Option<Chart> {
    let grid = grid.in_steps(HEAT_COLUMNS);
    let latencies = grid.latencies();
    let (least, greatest) = span(&latencies)?;
    let most = latencies.iter().flatten().map(|(_, count)| *count).max()?;
    let heat_of = |count: u64| (as_f64(count) + 1.0).ln() / (as_f64(most) + 1.0).ln();
    let y = Axis::log_micros("latency", least, greatest);
    let column = |(place, step): (u64, &Vec<(u64, u64)>)| {
        let x = (as_f64(place) * grid.step_s(), as_f64(place + 1) * grid.step_s());
        let from = y.from;
        let cell = move |(bound, count): &(u64, u64)| Cell {
            x,
            y: (as_f64(below(*bound)).max(from), as_f64(*bound)),
            heat: heat_of(*count),
        };
        step.iter().map(cell).collect::<Vec<_>>()
    };
    let cells: Vec<Cell> = (0..).zip(&latencies).flat_map(column).collect();
    let most_in = latencies.iter().flatten().find(|(_, count)| *count == most).map_or(0, |(bound, _)| *bound);
    // Blue would drown in the cells.
    let over = |line: Line| if line.name == "p50" { Line { ink: Ink::Black, ..line } } else { line };
    let lines = quantiles(&latencies).into_iter().filter(|line| line.name != "p90").map(over).collect();
    let alt = format!(
        "{}Answers by time and latency, both axes cut into cells; the darker, the more answers, on a logarithmic scale. The \
         fullest cell holds {most} answers of up to {}.",
        extent(run, &grid),
        y.write(as_f64(most_in))
    );
    Some(Chart {
        id: "heat-map",
        title: "Latency heat map".to_owned(),
        alt,
        x: Axis::time(grid.end_s()),
        y,
        xs: grid.times_s(),
        body: Body::Heat(cells, lines),
        bands: Vec::new(),
    })
}

/// The bound before this one, four to a doubling, as the record has them.
fn below(bound: u64) -> u64 {
    let Some(octave) = bound.checked_ilog2() else { return 0 };
    let octave = if bound.is_power_of_two() { octave.saturating_sub(1) } else { octave };
    bound - (1 << octave.saturating_sub(2)).min(bound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_the_bound_of_its_rank() {
        let step = [(10, 50), (20, 49), (1_000, 1)];
        assert_eq!([500, 900, 990, 1_000].map(|rank| quantile(&step, rank)), [10.0, 20.0, 20.0, 1_000.0].map(Some));
        assert_eq!(quantile(&[], 500), None);
    }

    #[test]
    fn cells_of_the_heat_map_touch_each_other() {
        let bounds = [8, 10, 12, 14, 16, 20, 24, 28, 32, 40];
        for pair in bounds.windows(2) {
            assert_eq!(below(pair[1]), pair[0], "below {}", pair[1]);
        }
    }
}
