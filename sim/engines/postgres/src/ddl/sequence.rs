//! CREATE SEQUENCE.

#![expect(clippy::wildcard_enum_match_arm, reason = "what is not listed is refused by name")]

use sqlparser::ast::{Expr, SequenceOptions};

use crate::catalog::Sequence;
use crate::database::Database;
use crate::error::{Fallible, unsupported};

/// Creates a sequence; its position.
pub(super) fn create(
    db: &mut Database,
    name: &str,
    if_not_exists: bool,
    options: &[SequenceOptions],
) -> Fallible<usize> {
    if if_not_exists && let Ok(position) = db.catalog.sequence(name) {
        return Ok(position);
    }
    db.catalog.require_free(name)?;
    let (mut start, mut increment, mut max) = (None, 1, i64::MAX);
    for option in options {
        match option {
            SequenceOptions::StartWith(value, _) => start = Some(number(value)?),
            SequenceOptions::MinValue(Some(value)) => start = start.or(Some(number(value)?)),
            SequenceOptions::IncrementBy(value, _) => increment = number(value)?,
            SequenceOptions::MaxValue(Some(value)) => max = number(value)?,
            SequenceOptions::MinValue(None)
            | SequenceOptions::MaxValue(None)
            | SequenceOptions::Cache(_)
            | SequenceOptions::OwnedBy(_)
            | SequenceOptions::DataType(_)
            | SequenceOptions::Cycle(true) => {}
            other => return Err(unsupported(format_args!("sequence option {other}"))),
        }
    }
    if increment < 1 {
        return Err(unsupported("sequences that do not count upwards"));
    }
    let position = db.sequences.len();
    db.sequences.push(Sequence::new(name, start.unwrap_or(1), increment, max));
    db.catalog.add_sequence(name, position);
    Ok(position)
}

fn number(expr: &Expr) -> Fallible<i64> {
    expr.to_string().parse().map_err(|_| unsupported(format_args!("the number {expr}")))
}
