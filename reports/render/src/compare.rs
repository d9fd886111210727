//! Two records over each other: the first as lines, the second as dashes of the same colours.

use crate::chart::{Axis, Band, Body, Chart, Line};

/// The charts that both have, laid over each other. Areas and heat maps are left out: two of them hide one another.
#[must_use]
pub fn overlaid(first: &[Chart], second: &[Chart]) -> Vec<Chart> {
    first.iter().filter_map(|chart| overlay(chart, second.iter().find(|other| other.id == chart.id)?)).collect()
}

fn overlay(first: &Chart, second: &Chart) -> Option<Chart> {
    let (Body::Lines(of_first), Body::Lines(of_second)) = (&first.body, &second.body) else { return None };
    let longer = if first.x.to >= second.x.to { first } else { second };
    let xs = longer.xs.clone();
    let mut lines = named(of_first, "A", &first.xs, &xs);
    let dashes = named(of_second, "B", &second.xs, &xs);
    lines.extend(dashes.into_iter().map(|line| Line { dashed: true, ..line }));
    let bands = if first.bands == second.bands {
        first.bands.clone()
    } else {
        let marked =
            |letter: &'static str| move |band: &Band| Band { mark: format!("{letter}{}", band.mark), ..band.clone() };
        first.bands.iter().map(marked("A")).chain(second.bands.iter().map(marked("B"))).collect()
    };
    let y = Axis { from: first.y.from.min(second.y.from), to: first.y.to.max(second.y.to), ..first.y.clone() };
    Some(Chart {
        id: first.id,
        title: first.title.clone(),
        alt: format!("A (lines): {} B (dashes): {}", first.alt, second.alt),
        x: longer.x.clone(),
        y,
        xs,
        body: Body::Lines(lines),
        bands,
    })
}

fn named(lines: &[Line], letter: &str, from: &[f64], to: &[f64]) -> Vec<Line> {
    let line = |line: &Line| Line {
        name: format!("{letter}: {}", line.name),
        values: resampled(from, &line.values, to),
        ..line.clone()
    };
    lines.iter().map(line).collect()
}

/// The values at other times: each from the nearest step, none beyond the end.
fn resampled(from: &[f64], values: &[Option<f64>], to: &[f64]) -> Vec<Option<f64>> {
    let step = from.get(1).map_or(1.0, |second| second - from[0]);
    let value = |at: &f64| {
        let after = from.partition_point(|time| time < at);
        let nearest = [after.checked_sub(1), Some(after)].into_iter().flatten().filter(|place| *place < from.len());
        let nearest = nearest.min_by(|left, right| (from[*left] - at).abs().total_cmp(&(from[*right] - at).abs()))?;
        if (from[nearest] - at).abs() <= step { values.get(nearest).copied().flatten() } else { None }
    };
    to.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shorter_record_ends_before_the_longer_one() {
        let values = [1.0, 2.0, 3.0].map(Some);
        let resampled = resampled(&[0.5, 1.5, 2.5], &values, &[0.25, 0.75, 1.6, 2.4, 3.4, 4.4]);
        assert_eq!(resampled, [Some(1.0), Some(1.0), Some(2.0), Some(3.0), Some(3.0), None]);
    }
}
