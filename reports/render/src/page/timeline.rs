//! The timeline of one order or one violation: a lane per place, an event per row, arrows where an order goes from one place to
//! the next, faults across all lanes. Rows are equally far apart, since events come in bursts; the time stands beside them.
//!
//! Drawing is left to `lanes.rs`.

use std::fmt::Write as _;

use record::HistoryEvent;

use super::escaped;
use super::lanes::{Row, drawing};

/// Rows drawn; a longer history is drawn up to there and listed in full.
const ROWS_DRAWN: usize = 80;

/// What is drawn.
pub(super) struct Timeline<'a> {
    /// For anchors, unique on the page.
    pub(super) id: String,
    /// What it is about.
    pub(super) title: String,
    /// The order, whose id is left out of the drawing.
    pub(super) order_id: Option<&'a str>,
    /// Ascending in time.
    pub(super) history: &'a [HistoryEvent],
    /// Shown unfolded.
    pub(super) open: bool,
}

/// The timeline's section; nothing for an empty history.
pub(super) fn timeline(timeline: &Timeline<'_>) -> String {
    if timeline.history.is_empty() {
        return String::new();
    }
    let lanes = lanes(timeline.history);
    let rows = rows(timeline, &lanes);
    let (id, title) = (&timeline.id, escaped(&timeline.title));
    let open = if timeline.open { " open" } else { "" };
    let (drawn, all) = (rows.len(), timeline.history.len());
    let first = if drawn < all {
        format!("<figcaption>The first {drawn} of {all} events.</figcaption>\n")
    } else {
        String::new()
    };
    format!(
        "<details class=\"fold\" id=\"{id}\"{open}><summary><h3>{title}</h3></summary>\n<figure>\n{first}\
         <div class=\"plot timeline\" tabindex=\"0\" role=\"group\" \
         aria-label=\"Timeline, {drawn} events: up and down read them out\">\n{}</div>\n\
         <output class=\"readout\"></output>\n{}</figure>\n</details>\n",
        drawing(&timeline.title, &lanes, &rows),
        list(timeline)
    )
}

/// Places in the order of an order's way; those the list does not know come last, as they appear.
fn lanes(history: &[HistoryEvent]) -> Vec<&str> {
    const WAY: [&str; 6] = ["shopper", "edge", "redis", "postgres", "card gateway", "log"];
    // Neither is a place: a fault strikes, and a remark is about the events above.
    const NO_PLACE: [&str; 2] = ["fault", "together"];
    let is_seen = |lane: &&str| history.iter().any(|event| event.process == **lane);
    let mut lanes: Vec<&str> = WAY.into_iter().filter(is_seen).collect();
    for event in history {
        let place = event.process.as_str();
        if !NO_PLACE.contains(&place) && !lanes.contains(&place) {
            lanes.push(place);
        }
    }
    lanes
}

/// What is drawn of each event. Orders are told apart by their ids, which begin as the timeline's own order's does.
fn rows(timeline: &Timeline<'_>, lanes: &[&str]) -> Vec<Row> {
    let prefix = timeline.order_id.and_then(|id| id.split_inclusive('_').next()).filter(|prefix| prefix.ends_with('_'));
    let mut orders: Vec<&str> = timeline.order_id.into_iter().collect();
    let mut rows = Vec::new();
    for event in timeline.history.iter().take(ROWS_DRAWN) {
        let words = event.text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
        let ids = words.filter(|word| prefix.is_some_and(|prefix| word.starts_with(prefix)));
        let (mut text, mut order) = (event.text.clone(), None);
        for id in ids {
            let number = orders.iter().position(|known| *known == id).unwrap_or_else(|| {
                orders.push(id);
                orders.len() - 1
            });
            text = text.replace(id, &name(number));
            order.get_or_insert(number);
        }
        rows.push(Row {
            at_us: event.at_us,
            place: event.process.clone(),
            lane: lanes.iter().position(|lane| *lane == event.process),
            order: order.or(if prefix.is_none() { Some(0) } else { None }),
            is_fault: event.process == "fault",
            text,
        });
    }
    rows
}

/// What an order is called in the drawing.
fn name(number: usize) -> String {
    if number == 0 { "the order".to_owned() } else { format!("order {}", number + 1) }
}

/// Seconds with a number of decimals, rounded down, without a detour over a float.
pub(super) fn seconds(at_us: u64, digits: usize) -> String {
    let micros = format!("{:06}", at_us % 1_000_000);
    format!("{}.{} s", at_us / 1_000_000, &micros[..digits.min(6)])
}

fn list(timeline: &Timeline<'_>) -> String {
    let mut html = String::from("<details><summary>As a list</summary>\n<ol>\n");
    for event in timeline.history {
        let (place, text) = (escaped(&event.process), escaped(&event.text));
        writeln!(html, "<li><b>{}</b> {place}: {text}</li>", seconds(event.at_us, 6))
            .expect("a string takes everything");
    }
    html.push_str("</ol></details>\n");
    html
}
