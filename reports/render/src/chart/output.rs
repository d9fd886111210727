//! The two backends: SVG text, with the reader's own fonts, and PNG files, with DejaVu Sans from the crate `dejavu`, so that
//! no font need be installed.

use std::path::Path;
use std::sync::Once;

use plotters::backend::{BitMapBackend, SVGBackend};
use plotters::drawing::IntoDrawingArea;
use plotters::style::{FontStyle, register_font};

use super::Chart;
use super::draw::{FONT, Frame, Look, draw};
use super::palette::PAPER;

/// How large a chart is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// For a screen.
    Wide,
    /// For a phone: text stays readable at 360 pixels.
    Narrow,
}

/// An SVG, with where its axes lie, for whoever points at it.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawn {
    /// The children of the `svg` element.
    pub content: String,
    /// Width and height of its view box.
    pub size: (u32, u32),
    /// Left and right end of the x axis in the view box.
    pub x: (i32, i32),
    /// Top and bottom of the y axis in the view box.
    pub y: (i32, i32),
}

/// Why a chart could not be drawn: for a PNG the file system's answer, else a defect of this program.
#[derive(Debug, thiserror::Error)]
#[error("chart {chart}: {what}")]
pub struct DrawError {
    chart: &'static str,
    what: String,
}

fn pixels(chart: &Chart, size: Size) -> (u32, u32) {
    use super::Body;
    let (width, height) = match size {
        Size::Wide => (940, 380),
        Size::Narrow => (380, 340),
    };
    match &chart.body {
        Body::Bars(bars) => (width, 60 + 20 * u32::try_from(bars.len()).unwrap_or(u32::MAX).min(200)),
        Body::Lines(_) | Body::Stacked(_) | Body::Heat(..) => (width, height),
    }
}

/// Draws the chart as SVG.
///
/// # Errors
/// Only by a defect of this program.
pub fn svg(chart: &Chart, size: Size) -> Result<Drawn, DrawError> {
    register();
    let pixels = pixels(chart, size);
    let mut text = String::new();
    let area = SVGBackend::with_string(&mut text, pixels).into_drawing_area();
    let frame = draw(chart, &area, Look { text_px: 15, line_px: 2 }).map_err(|error| failed(chart, &error))?;
    area.present().map_err(|error| failed(chart, &error))?;
    drop(area);
    let Frame { left, right, top, bottom } = frame;
    Ok(Drawn { content: content_of(&text), size: pixels, x: (left, right), y: (top, bottom) })
}

/// What lies between `<svg …>` and `</svg>`, in one line per element.
fn content_of(svg: &str) -> String {
    let inner = svg.split_once("xmlns=\"http://www.w3.org/2000/svg\">").map_or(svg, |(_, inner)| inner);
    let inner = inner.trim_end().trim_end_matches("</svg>").trim();
    // The backend breaks lines around texts, which a reader of the page would hear as spaces.
    inner.replace("\">\n", "\">").replace("\n</text>", "</text>").replace(" \"/>", "\"/>")
}

/// Draws the chart as a PNG file, on white.
///
/// # Errors
/// When the file cannot be written.
pub fn png(chart: &Chart, path: &Path) -> Result<(), DrawError> {
    register();
    let (width, height) = pixels(chart, Size::Wide);
    let area = BitMapBackend::new(path, (width * 2, height * 2)).into_drawing_area();
    area.fill(&PAPER).map_err(|error| failed(chart, &error))?;
    // On the page the title stands above the drawing.
    let area = area.margin(16, 8, 8, 8).titled(&chart.title, (FONT, 36)).map_err(|error| failed(chart, &error))?;
    draw(chart, &area, Look { text_px: 28, line_px: 4 }).map_err(|error| failed(chart, &error))?;
    area.present().map_err(|error| failed(chart, &error))
}

fn failed(chart: &Chart, error: &dyn std::fmt::Display) -> DrawError {
    DrawError { chart: chart.id, what: error.to_string() }
}

/// plotters measures text with a registered font, also where the reader's own will draw it.
fn register() {
    static REGISTERED: Once = Once::new();
    REGISTERED.call_once(|| {
        let registered = register_font(FONT, FontStyle::Normal, dejavu::sans::regular());
        assert!(registered.is_ok(), "the embedded font is a font");
    });
}
