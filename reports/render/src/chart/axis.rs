//! Ranges, ticks and their labels.
//!
//! A logarithmic axis is drawn as a linear one of the logarithm, so that charts have one type of coordinates; zero, which
//! has no logarithm, lies on its lower edge.

/// An axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it measures, with its unit.
    pub label: String,
    /// Where it begins.
    pub from: f64,
    /// Where it ends; above `from`.
    pub to: f64,
    /// Whether equal distances are equal ratios.
    pub log: bool,
    /// How its numbers are written.
    pub unit: Unit,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Plain.
    Count,
    /// Seconds.
    Seconds,
    /// Microseconds, written as µs, ms or s.
    Micros,
}

impl Axis {
    /// Counts from 0 to at least `to`.
    #[must_use]
    pub fn count(label: &str, to: f64) -> Self {
        Self { label: label.to_owned(), from: 0.0, to: rounded_up(to), log: false, unit: Unit::Count }
    }

    /// Counts from `from` to at least `to`, logarithmically. `from` is above 0.
    #[must_use]
    pub fn log_count(label: &str, from: f64, to: f64) -> Self {
        Self { label: label.to_owned(), from, to: decade_up(to.max(from * 10.0)), log: true, unit: Unit::Count }
    }

    /// Latencies, logarithmically; both ends in µs, above 0.
    #[must_use]
    pub fn log_micros(label: &str, from: f64, to: f64) -> Self {
        let from = 10_f64.powf(from.log10().floor());
        Self { label: label.to_owned(), from, to: to.max(from * 10.0), log: true, unit: Unit::Micros }
    }

    /// Time in seconds from 0.
    #[must_use]
    pub fn time(to: f64) -> Self {
        Self {
            label: "seconds since the doors opened".to_owned(),
            from: 0.0,
            to: to.max(0.001),
            log: false,
            unit: Unit::Seconds,
        }
    }

    /// Where a value lies in drawing coordinates; never beyond the axis.
    #[must_use]
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = value.clamp(self.from, self.to);
        if self.log { value.log10() } else { value }
    }

    /// The ends in drawing coordinates.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.place(self.from), self.place(self.to))
    }

    /// Where ticks stand, in drawing coordinates; at most about `count`.
    pub(super) fn ticks(&self, count: u32) -> Vec<f64> {
        let (from, to) = self.ends();
        let step =
            if self.log { ((to - from) / f64::from(count)).ceil().max(1.0) } else { nice_step(to - from, count) };
        let first = (from / step - 1e-9).ceil();
        let ticks = std::iter::successors(Some(first), |at| Some(at + 1.0)).map(|at| at * step);
        // Adding zero turns -0 into 0.
        ticks.take_while(|tick| *tick <= to + step * 1e-6).map(|tick| tick + 0.0).collect()
    }

    /// The label of a tick in drawing coordinates.
    pub(super) fn tick_label(&self, place: f64) -> String {
        let value = if self.log { 10_f64.powf(place) } else { place };
        self.write(value)
    }

    /// A value in the axis' unit.
    #[must_use]
    pub fn write(&self, value: f64) -> String {
        match self.unit {
            Unit::Count => number(value),
            Unit::Seconds => format!("{} s", number(value)),
            Unit::Micros if value >= 999_500.0 => format!("{} s", number(value / 1_000_000.0)),
            Unit::Micros if value >= 999.5 => format!("{} ms", number(value / 1_000.0)),
            Unit::Micros => format!("{} µs", number(value)),
        }
    }
}

/// A step of 1, 2 or 5 times a power of ten that cuts `span` into at most `count` pieces.
fn nice_step(span: f64, count: u32) -> f64 {
    let rough = (span / f64::from(count.max(1))).max(f64::MIN_POSITIVE);
    let decade = 10_f64.powf(rough.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|factor| factor * decade >= rough * 0.999).unwrap_or(10.0);
    factor * decade
}

fn rounded_up(to: f64) -> f64 {
    let to = to.max(1.0);
    let step = nice_step(to, 10);
    (to / step - 1e-9).ceil() * step
}

fn decade_up(to: f64) -> f64 {
    10_f64.powf((to.log10() - 1e-9).ceil())
}

/// A number for people: grouped by thousands, at most three digits after the point, none from 100 on.
#[must_use]
pub fn number(value: f64) -> String {
    let digits = match value.abs() {
        size if size >= 99.95 => 0,
        size if size >= 9.995 => 1,
        size if size >= 0.01 || size == 0.0 => 3,
        _ => 6,
    };
    let text = format!("{value:.digits$}");
    let (whole, rest) = text.split_once('.').unwrap_or((&text, ""));
    let rest = rest.trim_end_matches('0');
    let (sign, whole) = whole.strip_prefix('-').map_or(("", whole), |whole| ("-", whole));
    let mut grouped = String::from(sign);
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if rest.is_empty() { grouped } else { format!("{grouped}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_people() {
        let written = [0.0, 0.000_34, 0.5, 1.25, 12.34, 999.6, 1_234_567.0, -42_000.0].map(number);
        assert_eq!(written, ["0", "0.00034", "0.5", "1.25", "12.3", "1,000", "1,234,567", "-42,000"]);
    }

    #[test]
    fn ticks_are_round_and_within_the_axis() {
        let axis = Axis::time(32.1);
        assert_eq!(axis.ticks(8), [0.0, 5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        let log = Axis::log_count("per second", 1.0, 115_000.0);
        let labels: Vec<_> = log.ticks(8).into_iter().map(|tick| log.tick_label(tick)).collect();
        assert_eq!(labels, ["1", "10", "100", "1,000", "10,000", "100,000", "1,000,000"]);
    }

    #[test]
    fn an_axis_of_nothing_still_has_an_extent() {
        for axis in
            [Axis::count("", 0.0), Axis::log_count("", 1.0, 0.0), Axis::time(0.0), Axis::log_micros("", 1.0, 1.0)]
        {
            let (from, to) = axis.ends();
            assert!(to > from, "{axis:?}");
            assert!(axis.ticks(6).len() < 100, "{axis:?}");
        }
    }

    #[test]
    fn latencies_are_written_in_the_unit_that_fits() {
        let axis = Axis::log_micros("", 10.0, 1e7);
        let written = [250.0, 999.0, 1_000.0, 999_400.0, 1_000_000.0].map(|value| axis.write(value));
        assert_eq!(written, ["250 µs", "999 µs", "1 ms", "999 ms", "1 s"]);
    }
}
