//! A timeline's two drawings: for a screen, with each event's text beside it, and for a phone, where the text is read out below.

use std::fmt::Write as _;

use super::escaped;
use super::timeline::seconds;
use crate::chart::Ink;

/// Width of an average letter, in pixels.
const LETTER_PX: usize = 6;

/// One event.
pub(super) struct Row {
    /// Virtual time.
    pub(super) at_us: u64,
    /// Where it was seen.
    pub(super) place: String,
    /// That place's lane; `None` for faults and remarks.
    pub(super) lane: Option<usize>,
    /// Which order it is about: 0 is the timeline's own.
    pub(super) order: Option<usize>,
    /// Whether it is a fault that begins or ends.
    pub(super) is_fault: bool,
    /// What happened.
    pub(super) text: String,
}

/// Where things lie in a drawing, in pixels.
struct Layout {
    class: &'static str,
    width: usize,
    /// Of the first lane.
    left: usize,
    lane: usize,
    row: usize,
    head: usize,
    /// Where the text begins, if there is room for it.
    text: Option<usize>,
}

/// Both drawings.
pub(super) fn drawing(title: &str, lanes: &[&str], rows: &[Row]) -> String {
    let count = lanes.len().max(1);
    let lane = 76.min(480 / count);
    let text = Some(130 + count * lane - lane / 3);
    let wide = Layout { class: "wide", width: 940, left: 130, lane, row: 26, head: 34, text };
    let lane = 290 / count;
    let narrow = Layout { class: "narrow", width: 380, left: 78 + lane / 2, lane, row: 32, head: 84, text: None };
    svg(title, lanes, rows, &wide) + &svg(title, lanes, rows, &narrow)
}

fn svg(title: &str, lanes: &[&str], rows: &[Row], layout: &Layout) -> String {
    let Layout { class, width, left, lane, row, head, text } = *layout;
    let height = head + rows.len() * row + 12;
    let mut svg = format!(
        "<svg class=\"{class}\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{}; the list below says the same\" \
         font-family=\"sans-serif\" font-size=\"12\">\n",
        escaped(title)
    );
    for (number, name) in lanes.iter().enumerate() {
        let (x, top) = (left + number * lane, head - 6);
        let place = match text {
            Some(_) => format!("x=\"{x}\" y=\"18\" text-anchor=\"middle\""),
            None => format!("x=\"{x}\" y=\"{top}\" transform=\"rotate(-45 {x} {top})\""),
        };
        writeln!(
            svg,
            "<line x1=\"{x}\" y1=\"{head}\" x2=\"{x}\" y2=\"{height}\" stroke=\"#D8DEE4\" stroke-width=\"2\"/>\
             <text {place} fill=\"#1B1F24\">{}</text>",
            escaped(name)
        )
        .expect("a string takes everything");
    }
    for (number, event) in rows.iter().enumerate() {
        svg.push_str(&event_row(rows, number, event, layout));
    }
    svg.push_str("</svg>\n");
    svg
}

/// The middle of a row.
const fn middle(number: usize, layout: &Layout) -> usize {
    layout.head + number * layout.row + layout.row / 2
}

fn event_row(rows: &[Row], number: usize, event: &Row, layout: &Layout) -> String {
    let Layout { width, left, lane: lane_px, row, text, .. } = *layout;
    let y = middle(number, layout);
    let (top, base) = (y - row / 2, y + 4);
    let told = escaped(&format!("{} · {} · {}", seconds(event.at_us, 6), event.place, event.text));
    let mut svg = format!(
        "<g class=\"event\" data-told=\"{told}\"><title>{told}</title>\
         <rect class=\"hit\" x=\"0\" y=\"{top}\" width=\"{width}\" height=\"{row}\" fill=\"none\"/>"
    );
    let mut put = |part: String| svg.push_str(&part);
    if event.is_fault {
        let x = left.saturating_sub(lane_px / 2).max(8);
        put(format!(
            "<rect x=\"0\" y=\"{top}\" width=\"{width}\" height=\"{row}\" fill=\"#B35A1F\" opacity=\"0.13\"/>\
             <path d=\"M{x} {} l6 6 l-6 6 l-6 -6 z\" fill=\"#B35A1F\"/>",
            y - 6
        ));
    }
    let digits = if text.is_some() { 6 } else { 3 };
    put(format!("<text x=\"4\" y=\"{base}\" fill=\"#1B1F24\">{}</text>", seconds(event.at_us, digits)));
    if let Some(lane) = event.lane {
        let x = left + lane * lane_px;
        let ink = Ink::ALL[lane % Ink::ALL.len()].hex();
        // Back to where this order was before.
        let before = rows[..number].iter().enumerate().rev();
        let before = before.filter(|(_, row)| row.order.is_some() && row.order == event.order);
        let before = before.filter_map(|(number, row)| row.lane.map(|lane| (number, lane))).next();
        if let Some((from, from_lane)) = before.filter(|(_, from_lane)| *from_lane != lane) {
            put(arrow((left + from_lane * lane_px, middle(from, layout)), (x, y), &ink));
        }
        // Other orders' dots are rings.
        let fill = if event.order.is_none_or(|order| order == 0) { ink.as_str() } else { "#FFFFFF" };
        put(format!("<circle cx=\"{x}\" cy=\"{y}\" r=\"4.5\" fill=\"{fill}\" stroke=\"{ink}\" stroke-width=\"2\"/>"));
    }
    if let Some(x) = text {
        let letters = width.saturating_sub(x) / LETTER_PX;
        put(format!("<text x=\"{x}\" y=\"{base}\" fill=\"#1B1F24\">{}</text>", escaped(&cut(&event.text, letters))));
    }
    put("</g>\n".to_owned());
    svg
}

/// Down the lane it comes from, then across, ending short of the dot in a head.
fn arrow((from_x, from_y): (usize, usize), (x, y): (usize, usize), ink: &str) -> String {
    let (tip, tail) = if x > from_x { (x - 6, x - 13) } else { (x + 6, x + 13) };
    format!(
        "<path d=\"M{from_x} {from_y} L{from_x} {y} L{tip} {y}\" fill=\"none\" stroke=\"{ink}\" stroke-width=\"1.5\"/>\
         <path d=\"M{tip} {y} L{tail} {} L{tail} {} z\" fill=\"{ink}\"/>",
        y - 4,
        y + 4
    )
}

fn cut(text: &str, letters: usize) -> String {
    if text.chars().count() <= letters {
        return text.to_owned();
    }
    let mut cut: String = text.chars().take(letters.saturating_sub(1)).collect();
    cut.push('…');
    cut
}
