//! What was measured: a table for people, JSON for whoever compares runs.

use serde_json::{Value, json};

use crate::Plan;
use crate::servers::CLIENTS;

/// One comparison.
pub(crate) struct Row {
    what: String,
    aim: f64,
    against: &'static str,
    /// Rates of the platform, one a turn.
    pub(crate) platform: Vec<f64>,
    /// Rates of the reference.
    pub(crate) bare: Vec<f64>,
    /// Another reference, without an aim.
    other: Option<(&'static str, Vec<f64>)>,
}

impl Row {
    pub(crate) fn new(what: &str, aim: f64, against: &'static str) -> Self {
        Self { what: what.to_owned(), aim, against, platform: Vec::new(), bare: Vec::new(), other: None }
    }

    /// Shows another reference beside it.
    pub(crate) fn also(&mut self, against: &'static str, rates: Vec<f64>) {
        self.other = Some((against, rates));
    }

    fn ratio(&self) -> f64 {
        median(&self.platform) / median(&self.bare)
    }
}

/// All comparisons of a run.
pub(crate) struct Report {
    plan: Plan,
    rows: Vec<Row>,
}

impl Report {
    pub(crate) fn new(plan: Plan) -> Self {
        Self { plan, rows: Vec::new() }
    }

    pub(crate) fn add(&mut self, row: Row) {
        eprintln!("{}: {:.0} against {:.0}", row.what, median(&row.platform), median(&row.bare));
        self.rows.push(row);
    }

    /// A Markdown table.
    pub(crate) fn table(&self) -> String {
        let Plan { rounds, turn, .. } = self.plan;
        let mut text = format!(
            "{CLIENTS} callers; medians of {rounds} turns of {} s a side, taken in turns\n\n\
             | what | platform | bare | ratio | aim | | bare is |\n|---|---:|---:|---:|---:|---|---|\n",
            turn.as_secs_f64()
        );
        for row in &self.rows {
            let (platform, bare, ratio) = (median(&row.platform), median(&row.bare), row.ratio());
            let met = if ratio >= row.aim { "met" } else { "missed" };
            let Row { what, aim, against, .. } = row;
            text.push_str(&format!(
                "| {what} | {platform:.0} | {bare:.0} | {ratio:.2} | {aim} | {met} | {against} |\n"
            ));
            if let Some((against, rates)) = &row.other {
                let ratio = platform / median(rates);
                text.push_str(&format!("| | | {:.0} | {ratio:.2} | | | {against} |\n", median(rates)));
            }
        }
        text
    }

    pub(crate) fn json(&self) -> String {
        let rows: Vec<Value> = self
            .rows
            .iter()
            .map(|row| {
                let other = row.other.as_ref().map(|(against, rates)| json!({"bare_is": against, "bare_per_s": rates}));
                json!({
                    "what": row.what, "platform_per_s": row.platform, "bare_per_s": row.bare, "ratio": row.ratio(),
                    "aim": row.aim, "met": row.ratio() >= row.aim, "bare_is": row.against, "beside": other,
                })
            })
            .collect();
        let cores = std::thread::available_parallelism().map_or(0, std::num::NonZero::get);
        let run = json!({
            "callers": CLIENTS, "turns": self.plan.rounds, "turn_s": self.plan.turn.as_secs_f64(), "cores": cores,
            "rows": rows,
        });
        format!("{run:#}\n")
    }
}

fn median(rates: &[f64]) -> f64 {
    let mut sorted = rates.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
