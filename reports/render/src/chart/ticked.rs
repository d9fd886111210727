//! The coordinates of an axis for plotters: its range, and the ticks that `axis.rs` chose.

use std::ops::Range;

use plotters::coord::ranged1d::{DefaultFormatting, KeyPointHint, Ranged};

use super::axis::Axis;

/// An axis in drawing coordinates.
#[derive(Clone, Debug)]
pub(super) struct Ticked {
    from: f64,
    to: f64,
    ticks: Vec<f64>,
}

impl Ticked {
    /// The axis with at most about `count` ticks.
    pub(super) fn new(axis: &Axis, count: u32) -> Self {
        let (from, to) = axis.ends();
        Self { from, to, ticks: if count == 0 { Vec::new() } else { axis.ticks(count) } }
    }
}

impl Ranged for Ticked {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, value: &f64, (low, high): (i32, i32)) -> i32 {
        let share = (value - self.from) / (self.to - self.from);
        #[expect(clippy::cast_possible_truncation, reason = "a place within a few thousand pixels")]
        let offset = (share * f64::from(high - low)).round() as i32;
        low + offset
    }

    fn key_points<Hint: KeyPointHint>(&self, hint: Hint) -> Vec<f64> {
        if hint.weight().allow_light_points() { Vec::new() } else { self.ticks.clone() }
    }

    fn range(&self) -> Range<f64> {
        self.from..self.to
    }
}
