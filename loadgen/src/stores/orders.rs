//! Where the run's orders went: their moves, as the platform wrote them down.

use ports::sql::{SqlPool, SqlValue};

use super::StoresError;
use crate::validity::as_f64;

/// Moves from one state to another within one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moves {
    /// The state before; empty for a new order.
    pub from: String,
    /// The state after.
    pub to: String,
    /// The step's beginning, in microseconds of the load's clock; before its zero only if clocks differ.
    pub at_us: i64,
    /// How many.
    pub count: u64,
    /// The first of them, in microseconds of the load's clock.
    pub first_us: i64,
    /// The last of them.
    pub last_us: i64,
}

/// What became of a run's orders.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Moves, ascending in time.
    pub moves: Vec<Moves>,
    /// Orders whose money was captured.
    pub paid: u64,
    /// Units that were held for orders which were never paid for.
    pub abandoned: u64,
}

impl Orders {
    /// Moves into a state.
    #[must_use]
    pub fn moved_to(&self, status: &str) -> u64 {
        self.moves.iter().filter(|moves| moves.to == status).map(|moves| moves.count).sum()
    }

    /// Orders that the compensation worker settled.
    #[must_use]
    pub fn compensated(&self) -> u64 {
        self.moves.iter().filter(|moves| moves.from == "compensating").map(|moves| moves.count).sum()
    }

    /// Orders that stand neither as bought nor as ended.
    #[must_use]
    pub fn unsettled(&self) -> u64 {
        let open = ["placed", "compensating", "cancelling"];
        let into = |moves: &&Moves| open.contains(&&*moves.to);
        let out_of = |moves: &&Moves| open.contains(&&*moves.from);
        let count = |moves: &Moves| moves.count;
        let entered: u64 = self.moves.iter().filter(into).map(count).sum();
        entered - self.moves.iter().filter(out_of).map(count).sum::<u64>()
    }

    /// When the last order was confirmed, in microseconds of the load's clock.
    #[must_use]
    pub fn last_confirmed_us(&self) -> Option<i64> {
        self.confirmed().map(|moves| moves.last_us).max()
    }

    /// Orders confirmed per second while the first nine tenths of them were, as simulated worlds count them: stragglers that
    /// compensation brings home are no time under load. To the end of the step in which the nine tenths were reached.
    #[must_use]
    pub fn confirmed_per_s(&self) -> Option<f64> {
        let nine_tenths = (self.moved_to("confirmed") * 9).div_ceil(10);
        let first_us = self.confirmed().map(|moves| moves.first_us).min()?;
        let mut count = 0;
        let reached = self.confirmed().find(|moves| {
            count += moves.count;
            count >= nine_tenths
        })?;
        let took_us = u64::try_from(reached.last_us - first_us).ok().filter(|took_us| *took_us > 0)?;
        Some(as_f64(count) * 1e6 / as_f64(took_us))
    }

    fn confirmed(&self) -> impl Iterator<Item = &Moves> {
        self.moves.iter().filter(|moves| moves.to == "confirmed")
    }
}

pub(super) async fn read(pool: &dyn SqlPool, prefix: &str, zero_us: i64, step_ms: u64) -> Result<Orders, StoresError> {
    let step_us = i64::try_from(step_ms.saturating_mul(1_000)).unwrap_or(i64::MAX);
    let params = [SqlValue::from(prefix), SqlValue::Int(zero_us), SqlValue::Int(step_us)];
    let rows = pool.query(include_str!("../../sql/moves.sql"), &params).await?;
    let moves = rows.iter().map(|row| Moves {
        from: row.text("from_status").to_owned(),
        to: row.text("to_status").to_owned(),
        at_us: row.int("step").saturating_mul(step_us),
        count: u64::try_from(row.int("moves")).unwrap_or(0),
        first_us: row.int("first_us"),
        last_us: row.int("last_us"),
    });
    let moves = moves.collect();
    let paid = pool.query(include_str!("../../sql/paid.sql"), &params[..1]).await?;
    let count = |name| paid.first().map_or(0, |row| u64::try_from(row.int(name)).unwrap_or(0));
    Ok(Orders { moves, paid: count("paid"), abandoned: count("abandoned") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moves(from: &str, to: &str, count: u64, first_us: i64, last_us: i64) -> Moves {
        Moves { from: from.to_owned(), to: to.to_owned(), at_us: first_us, count, first_us, last_us }
    }

    #[test]
    fn what_is_open_is_what_came_in_and_has_not_gone_out() {
        let orders = Orders {
            moves: vec![
                moves("", "placed", 5, 0, 9),
                moves("placed", "confirmed", 3, 10, 40),
                moves("placed", "compensating", 1, 11, 11),
                moves("compensating", "refunded", 1, 50, 50),
                moves("confirmed", "picking", 3, 60, 60),
            ],
            paid: 4,
            abandoned: 0,
        };
        assert_eq!((orders.unsettled(), orders.compensated(), orders.moved_to("confirmed")), (1, 1, 3));
        assert_eq!(orders.last_confirmed_us(), Some(40));
    }

    #[test]
    fn stragglers_are_no_time_under_load() {
        let mut orders = Orders {
            moves: vec![
                moves("placed", "confirmed", 40, 0, 90_000),
                moves("placed", "confirmed", 50, 100_000, 180_000),
            ],
            ..Orders::default()
        };
        orders.moves.push(moves("compensating", "confirmed", 10, 9_000_000, 9_000_000));
        assert_eq!(orders.confirmed_per_s(), Some(500.0));
        assert_eq!(
            Orders { moves: vec![moves("placed", "confirmed", 1, 7, 7)], ..Orders::default() }.confirmed_per_s(),
            None
        );
    }
}
