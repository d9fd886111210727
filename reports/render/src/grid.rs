//! A record's series on the time axis that charts share: as far as anything went on, in at most [`MOST_POINTS`] steps.

use record::{Count, Gauge, Run, Series};

/// Points of a line. A chart is hardly wider in pixels.
const MOST_POINTS: usize = 700;

/// A series' values at steps of the charts' time axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid<'a> {
    series: &'a Series,
    /// Steps of the series that make one of the grid.
    merge: usize,
    /// Steps of the grid.
    len: usize,
}

impl<'a> Grid<'a> {
    /// The time in which the sale took place: nearly all arrivals, every fault, all but the last of the commits. What comes
    /// after (shoppers who wait for a late unit, parcels) would squeeze it into the chart's first inch.
    #[must_use]
    pub fn of_the_sale(run: &'a Run) -> Self {
        let series = &run.series;
        let arrivals = steps_until(series, Count::Clicked, 95);
        let commits = steps_until(series, Count::Committed, 99);
        let faults_end = run.faults.iter().map(|fault| fault.at_ms.saturating_add(fault.for_ms)).max().unwrap_or(0);
        let faults_end = usize::try_from(faults_end / series.step_ms.max(1)).unwrap_or(usize::MAX);
        let whole = Self::of_the_run(run);
        let sale = arrivals.max(commits).max(faults_end);
        let sale = sale.saturating_add(sale / 20 + 1).min(whole.len * whole.merge);
        // A record without arrivals and commits over time is shown as a whole.
        if arrivals.max(commits) == 0 { whole } else { Self::new(series, sale) }
    }

    /// The time in which nearly all orders came to stand where they ended.
    #[must_use]
    pub fn of_the_orders(run: &'a Run, gauges: &[Gauge]) -> Self {
        let whole = Self::of_the_run(run);
        let lines: Vec<&Vec<i64>> = gauges.iter().filter_map(|gauge| run.series.gauges.get(gauge)).collect();
        let steps = lines.iter().map(|line| line.len()).max().unwrap_or(0);
        let moved = |step: usize| -> u128 {
            let at =
                |line: &&&Vec<i64>| line.get(step - 1).zip(line.get(step)).map_or(0, |(from, to)| to.abs_diff(*from));
            lines.iter().map(|line| u128::from(at(&line))).sum()
        };
        let moves: Vec<u128> = (1..steps).map(moved).collect();
        let all: u128 = moves.iter().sum();
        let mut seen = 0;
        let before = moves.iter().take_while(|moved| {
            let is_before = seen * 1_000 < all * 995;
            seen += **moved;
            is_before
        });
        let busy = before.count();
        Self::new(&run.series, (busy + busy / 10 + 1).min(whole.len * whole.merge))
    }

    /// The same time in at most `points` steps.
    #[must_use]
    pub fn in_steps(&self, points: usize) -> Self {
        let steps = self.len * self.merge;
        let merge = steps.div_ceil(points).max(1);
        Self { series: self.series, merge, len: steps.div_ceil(merge).max(1) }
    }

    /// The whole run.
    #[must_use]
    pub fn of_the_run(run: &'a Run) -> Self {
        let series = &run.series;
        let counts = series.counts.values().map(Vec::len);
        let gauges = series.gauges.values().map(Vec::len);
        Self::new(series, counts.chain(gauges).chain([series.latencies.len()]).max().unwrap_or(0))
    }

    fn new(series: &'a Series, steps: usize) -> Self {
        let merge = steps.div_ceil(MOST_POINTS).max(1);
        Self { series, merge, len: steps.div_ceil(merge).max(1) }
    }

    /// Steps.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Never: a grid has at least one step.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Length of a step in seconds.
    #[must_use]
    pub fn step_s(&self) -> f64 {
        as_f64(self.series.step_ms.max(1)) * as_f64(self.merge as u64) / 1_000.0
    }

    /// The middle of each step, in seconds.
    #[must_use]
    pub fn times_s(&self) -> Vec<f64> {
        (0..self.len).map(|step| (as_f64(step as u64) + 0.5) * self.step_s()).collect()
    }

    /// The end of the last step, in seconds.
    #[must_use]
    pub fn end_s(&self) -> f64 {
        as_f64(self.len as u64) * self.step_s()
    }

    /// A count per second; `None` when the record has no such line.
    #[must_use]
    pub fn rate(&self, line: Count) -> Option<Vec<Option<f64>>> {
        let counts = self.series.counts.get(&line)?;
        let step = |step: usize| {
            let of_step = counts.iter().skip(step * self.merge).take(self.merge);
            as_f64(of_step.fold(0, |sum: u64, count| sum.saturating_add(*count))) / self.step_s()
        };
        Some((0..self.len).map(|at| Some(step(at))).collect())
    }

    /// A count from the start to each step's end; `None` when the record has no such line.
    #[must_use]
    pub fn total(&self, line: Count) -> Option<Vec<Option<f64>>> {
        let mut sum = 0.0;
        let rates = self.rate(line)?.into_iter().flatten();
        Some(
            rates
                .map(|rate| {
                    sum += rate * self.step_s();
                    Some(f64::round(sum))
                })
                .collect(),
        )
    }

    /// The last reading in each step; `None` when the record has no such line.
    #[must_use]
    pub fn gauge(&self, line: Gauge) -> Option<Vec<Option<f64>>> {
        let readings = self.series.gauges.get(&line)?;
        let last = readings.last()?;
        let at = |step: usize| signed_as_f64(*readings.get((step + 1) * self.merge - 1).unwrap_or(last));
        Some((0..self.len).map(|step| Some(at(step))).collect())
    }

    /// Answers per step by latency: upper bounds in µs and numbers, ascending.
    #[must_use]
    pub fn latencies(&self) -> Vec<Vec<(u64, u64)>> {
        let step = |step: usize| {
            let mut sum = std::collections::BTreeMap::new();
            for bounds in self.series.latencies.iter().skip(step * self.merge).take(self.merge) {
                for (bound, count) in bounds {
                    *sum.entry(*bound).or_insert(0_u64) += count;
                }
            }
            sum.into_iter().collect()
        };
        (0..self.len).map(step).collect()
    }
}

/// Steps until `percent` of a count have happened.
fn steps_until(series: &Series, line: Count, percent: u128) -> usize {
    let Some(counts) = series.counts.get(&line) else { return 0 };
    let all: u128 = counts.iter().map(|count| u128::from(*count)).sum();
    let mut seen = 0;
    let before = counts.iter().take_while(|count| {
        let is_before = seen * 100 < all * percent;
        seen += u128::from(**count);
        is_before
    });
    before.count()
}

/// A count as a number for a chart.
#[must_use]
pub fn as_f64(count: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a chart cannot show more than 53 bits")]
    let value = count as f64;
    value
}

fn signed_as_f64(reading: i64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a chart cannot show more than 53 bits")]
    let value = reading as f64;
    value
}
