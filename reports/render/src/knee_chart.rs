//! The chart of a knee: throughput against offered load, the fitted law, and the knee itself.

use record::{Knee, KneePoint};

use crate::chart::{Axis, Band, Body, Chart, Ink, Line, number};

/// The chart. Probes at one rate are told by their mean.
#[must_use]
pub fn knee_chart(knee: &Knee) -> Chart {
    let rates = rates(&knee.points);
    let most = rates.last().map_or(1.0, |rate| rate.offered);
    let highest = rates.iter().map(|rate| rate.achieved).fold(most.min(1.0), f64::max);
    let line = |name: &str, ink, dashed, value: &dyn Fn(&Rate) -> Option<f64>| Line {
        name: name.to_owned(),
        ink,
        dashed,
        values: rates.iter().map(value).collect(),
    };
    let mut lines = vec![
        line("offered", Ink::Grey, true, &|rate| Some(rate.offered)),
        line("answered", Ink::Blue, false, &|rate| Some(rate.achieved)),
    ];
    if let Some(law) = &knee.scaling {
        lines.push(line("fitted law", Ink::Orange, false, &|rate| Some(law.at(rate.concurrency))));
    }
    let high = knee.high_per_s.unwrap_or(most).max(knee.low_per_s);
    Chart {
        id: "knee",
        title: "Throughput against offered load".to_owned(),
        alt: alt(knee),
        x: Axis::count("arrivals offered per second", most),
        y: Axis::count("per second", highest.max(most)),
        xs: rates.iter().map(|rate| rate.offered).collect(),
        body: Body::Lines(lines),
        bands: vec![Band { span: (knee.low_per_s, high), mark: "knee".to_owned() }],
    }
}

fn alt(knee: &Knee) -> String {
    let (holds, low) = (number(knee.knee_per_s), number(knee.low_per_s));
    let holds = format!("The platform holds {holds} arrivals per second: every search held {low}");
    let Some(high) = knee.high_per_s else { return format!("{holds}. No target broke up to the highest rate tried.") };
    let (high, broke, bound) = (number(high), &knee.broke_on, &knee.bound_by);
    format!("{holds}, none held {high}. Beyond it: {broke}. Bound by {bound}.")
}

/// The probes at one rate.
struct Rate {
    offered: f64,
    achieved: f64,
    concurrency: f64,
}

fn rates(points: &[KneePoint]) -> Vec<Rate> {
    let mut sorted: Vec<&KneePoint> = points.iter().collect();
    sorted.sort_by(|a, b| a.offered_per_s.total_cmp(&b.offered_per_s));
    let same = |a: &&KneePoint, b: &&KneePoint| (a.offered_per_s - b.offered_per_s).abs() < 1e-9;
    sorted.chunk_by(same).map(mean).collect()
}

fn mean(points: &[&KneePoint]) -> Rate {
    let count = crate::grid::as_f64(points.len() as u64);
    let of = |value: fn(&KneePoint) -> f64| points.iter().map(|point| value(point)).sum::<f64>() / count;
    Rate {
        offered: points[0].offered_per_s,
        achieved: of(|point| point.achieved_per_s),
        concurrency: of(|point| point.concurrency),
    }
}
