//! A chart as data, before it is drawn: axes, lines, shaded bands, and a text that says what it shows.
//!
//! | file | what it holds |
//! |---|---|
//! | `axis.rs` | ranges, ticks and their labels, linear and logarithmic |
//! | `palette.rs` | colours, light and dark, that colour-blind readers can tell apart |
//! | `ticked.rs` | the axes as plotters' coordinates |
//! | `draw.rs` | a chart onto any plotters backend |
//! | `output.rs` | the two backends: SVG text and PNG files |
//!
//! Which charts a record gives is left to `run_charts.rs` and its like.

mod axis;
mod draw;
mod output;
mod palette;
mod ticked;

pub use axis::{Axis, Unit, number};
pub use output::{DrawError, Drawn, Size, png, svg};
pub use palette::{Ink, css as palette_css};

/// One chart.
#[derive(Clone, Debug, PartialEq)]
pub struct Chart {
    /// For anchors and file names: lower case, hyphens.
    pub id: &'static str,
    /// What is drawn, in a few words.
    pub title: String,
    /// The text alternative: what the chart shows, with its most telling numbers.
    pub alt: String,
    /// From left to right.
    pub x: Axis,
    /// From bottom to top.
    pub y: Axis,
    /// Where the values of lines stand on the x axis, ascending.
    pub xs: Vec<f64>,
    /// What is drawn.
    pub body: Body,
    /// Spans of the x axis that are shaded.
    pub bands: Vec<Band>,
}

/// What a chart draws.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// A line per series.
    Lines(Vec<Line>),
    /// Series on top of each other, the first at the bottom.
    Stacked(Vec<Line>),
    /// Cells by column of `xs` and row, and lines over them.
    Heat(Vec<Cell>, Vec<Line>),
    /// A horizontal bar per name; the y axis counts them from the top.
    Bars(Vec<Bar>),
}

/// A series.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its name in the legend.
    pub name: String,
    /// Its colour.
    pub ink: Ink,
    /// Drawn as dashes: the second record of a comparison.
    pub dashed: bool,
    /// One per place of the chart's `xs`; `None` where there is nothing to tell.
    pub values: Vec<Option<f64>>,
}

/// A cell of a heat map, in the units of the axes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cell {
    /// Left and right.
    pub x: (f64, f64),
    /// Bottom and top.
    pub y: (f64, f64),
    /// From 0, pale, to 1.
    pub heat: f64,
}

/// A bar.
#[derive(Clone, Debug, PartialEq)]
pub struct Bar {
    /// What it stands for.
    pub name: String,
    /// Its length.
    pub value: f64,
    /// Its colour.
    pub ink: Ink,
}

/// A shaded span: a fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Band {
    /// Where it begins and ends on the x axis.
    pub span: (f64, f64),
    /// A short mark: its number in the list of faults.
    pub mark: String,
}

impl Chart {
    /// The series of the body; none for bars.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        match &self.body {
            Body::Lines(lines) | Body::Stacked(lines) | Body::Heat(_, lines) => lines,
            Body::Bars(_) => &[],
        }
    }
}
