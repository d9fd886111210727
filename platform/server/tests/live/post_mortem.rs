//! What a failed test leaves to be read: the state of the stores and the end of each process's log in the test's output, and
//! all logs as a whole in a folder of the target folder.

use std::path::Path;

use crate::stack::Stack;

/// How the stores stand, each as one line.
const STORES: [(&str, &str); 5] = [
    (
        "orders",
        "SELECT string_agg(n, ', ') FROM (SELECT status || ' ' || count(*) AS n FROM orders GROUP BY status) AS s",
    ),
    (
        "unsettled",
        "SELECT string_agg(order_id || ' ' || status, ', ') FROM orders WHERE status NOT IN ('failed', 'refunded', 'delivered', 'cancelled')",
    ),
    ("unpublished", "SELECT count(*) FROM outbox WHERE published_at IS NULL"),
    (
        "consumed",
        "SELECT string_agg(n, ', ') FROM (SELECT consumer || ' ' || count(*) AS n FROM consumed_events GROUP BY consumer) AS s",
    ),
    ("gate", "SELECT string_agg(epoch || ' ' || state, ', ') FROM gate_epoch"),
];

/// What the outcome holds.
///
/// # Panics
/// When it is an error: with the error, the stores and the logs.
pub(crate) fn demand<T>(stack: &Stack, test: &str, outcome: Result<T, String>) -> T {
    outcome.unwrap_or_else(|why| panic!("{why}\n{}", of(stack, test)))
}

fn of(stack: &Stack, test: &str) -> String {
    let mut told = String::new();
    for (what, sql) in STORES {
        let answer = stack.sql(sql).unwrap_or_else(|error| format!("not told: {error}"));
        told.push_str(&format!("{what}: {answer}\n"));
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("live-{test}-{}", std::process::id()));
    for (name, process) in stack.processes() {
        told.push_str(&format!("== {name}\n{}\n", process.log_tail()));
        let kept = std::fs::create_dir_all(&folder)
            .and_then(|()| std::fs::copy(process.dir().join("log"), folder.join(format!("{name}.log"))));
        if let Err(error) = kept {
            told.push_str(&format!("(its whole log could not be kept: {error})\n"));
        }
    }
    told.push_str(&format!("whole logs: {}\n", folder.display()));
    told
}
