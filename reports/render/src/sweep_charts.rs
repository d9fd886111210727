//! The charts of a sweep: how often each rare state was reached, and the seeds needed to find each known bug.

use crate::chart::{Axis, Bar, Body, Chart, Ink, number};
use crate::grid::as_f64;
use crate::sweep::Sweep;

/// Every chart the sweep can give.
#[must_use]
pub fn sweep_charts(sweep: &Sweep) -> Vec<Chart> {
    [bugs(sweep), probes(sweep)].into_iter().flatten().collect()
}

fn probes(sweep: &Sweep) -> Option<Chart> {
    let ink = |seeds: u64| if seeds == 0 { Ink::Vermillion } else { Ink::Blue };
    let bar = |(name, probe): (&String, &crate::sweep::Probe)| Bar {
        name: name.clone(),
        value: as_f64(probe.seeds),
        ink: ink(probe.seeds),
    };
    let bars: Vec<Bar> = sweep.probes.iter().map(bar).collect();
    let silent = sweep.probes.values().filter(|probe| probe.seeds == 0).count();
    chart(Chart {
        id: "probes",
        title: "Rare states, by the seeds that reached them".to_owned(),
        alt: format!(
            "{} rare states over {} seeds; {silent} were never reached.",
            bars.len(),
            number(as_f64(sweep.seeds))
        ),
        x: Axis::count("seeds", as_f64(sweep.seeds)),
        y: Axis::count("", 1.0),
        xs: Vec::new(),
        body: Body::Bars(bars),
        bands: Vec::new(),
    })
}

fn bugs(sweep: &Sweep) -> Option<Chart> {
    let bar = |score: &record::BugScore| Bar {
        name: if score.found { score.bug.clone() } else { format!("{} (not found)", score.bug) },
        value: as_f64(score.seeds),
        ink: if score.found { Ink::Blue } else { Ink::Vermillion },
    };
    let bars: Vec<Bar> = sweep.bugs.iter().map(bar).collect();
    let most = bars.iter().map(|bar| bar.value).fold(1.0, f64::max);
    let found = sweep.bugs.iter().filter(|score| score.found).count();
    chart(Chart {
        id: "bugs",
        title: "Known bugs, by the seeds needed to find them".to_owned(),
        alt: format!("{found} of {} known bugs were found, with at most {} seeds.", bars.len(), number(most)),
        x: Axis::count("seeds", most),
        y: Axis::count("", 1.0),
        xs: Vec::new(),
        body: Body::Bars(bars),
        bands: Vec::new(),
    })
}

/// Room for the value behind the longest bar, and as many rows as there are bars.
fn chart(mut chart: Chart) -> Option<Chart> {
    let Body::Bars(bars) = &chart.body else { return None };
    let rows = as_f64(bars.len() as u64);
    chart.x.to *= 1.15;
    (chart.y.from, chart.y.to) = (0.0, rows.max(1.0));
    (!bars.is_empty()).then_some(chart)
}
