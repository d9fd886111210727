//! The gate's fence: one row of Postgres that says under which epoch, on which Redis server and whether the gate is open.

use std::sync::Arc;

use ports::sql::{Row, SqlError, SqlPool, SqlValue};

use crate::texts::{TextId, Texts};

/// Whether and how orders can be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GateState {
    /// On holds.
    Open,
    /// Not at all, until no process can believe the gate open any more.
    Closing,
    /// On Postgres alone.
    Closed,
    /// Not at all: the counters are being set.
    Rebuilding,
}

impl GateState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Closing => "closing",
            Self::Closed => "closed",
            Self::Rebuilding => "rebuilding",
        }
    }

    fn parse(word: &str) -> Option<Self> {
        [Self::Open, Self::Closing, Self::Closed, Self::Rebuilding].into_iter().find(|state| state.as_str() == word)
    }
}

/// The row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fence {
    pub(crate) epoch: i64,
    pub(crate) redis_run_id: Arc<str>,
    pub(crate) state: GateState,
}

impl Fence {
    fn from_row(row: Row<'_>) -> Self {
        Self {
            epoch: row.int("epoch"),
            redis_run_id: row.text("redis_run_id").into(),
            state: GateState::parse(row.text("state")).expect("the schema's check admits only these words"),
        }
    }

    /// The row as it stands; `None` before the inventory role first ran.
    pub(crate) async fn read(sql: &dyn SqlPool, texts: &Texts) -> Result<Option<Self>, SqlError> {
        let rows = sql.query(texts.get(TextId::INVENTORY_READ_EPOCH), &[]).await?;
        Ok(rows.first().map(Self::from_row))
    }

    /// Writes the first row, if there is none.
    pub(crate) async fn create(sql: &dyn SqlPool, texts: &Texts, now_us: i64) -> Result<(), SqlError> {
        let first = texts.get(TextId::INVENTORY_FIRST_EPOCH);
        sql.query(first, &[SqlValue::Timestamp(now_us)]).await.map(drop)
    }

    /// Moves the state within this epoch; `false` when somebody else moved it first.
    pub(crate) async fn move_to(
        &self,
        state: GateState,
        sql: &dyn SqlPool,
        texts: &Texts,
        now_us: i64,
    ) -> Result<bool, SqlError> {
        let params =
            [self.epoch.into(), self.state.as_str().into(), state.as_str().into(), SqlValue::Timestamp(now_us)];
        let rows = sql.query(texts.get(TextId::INVENTORY_SET_GATE_STATE), &params).await?;
        Ok(rows.first().is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_survives_its_word() {
        for state in [GateState::Open, GateState::Closing, GateState::Closed, GateState::Rebuilding] {
            assert_eq!(GateState::parse(state.as_str()), Some(state));
        }
        assert_eq!(GateState::parse("ajar"), None);
    }
}
