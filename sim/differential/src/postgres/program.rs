//! A program: statements given to a few sessions in turn.

use std::fmt;

/// What one step does. Steps of a session that waits in a statement are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A statement; whether it asks for an order of its rows.
    Statement { sql: String, ordered: bool },
    /// `lock_timeout` is switched on or off. Passed over in a transaction, and where timers come late.
    LockTimeout(bool),
}

/// One step of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) session: usize,
    pub(super) action: Action,
    /// Goes on in a failed transaction instead of rolling it back first.
    pub(super) stubborn: bool,
}

/// When a statement that waits looks for a deadlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timers {
    /// Before the next step: whoever closes a cycle is the victim.
    Eager,
    /// Long after: whoever waited first is the victim.
    Late,
}

/// Statements given to a few sessions in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub(super) timers: Timers,
    pub(super) steps: Vec<Step>,
    /// Whether transactions still open at the end are committed rather than rolled back.
    pub(super) commit_at_end: bool,
}

impl Step {
    /// The statement's text, where a lock timeout is this many milliseconds.
    pub(super) fn sql(&self, lock_timeout_ms: u128) -> String {
        match &self.action {
            Action::Statement { sql, .. } => sql.clone(),
            Action::LockTimeout(true) => format!("SET lock_timeout = {lock_timeout_ms}"),
            Action::LockTimeout(false) => "SET lock_timeout = 0".to_owned(),
        }
    }

    pub(super) fn is_lock_timeout(&self) -> bool {
        matches!(self.action, Action::LockTimeout(_))
    }

    pub(super) fn is_ordered(&self) -> bool {
        matches!(self.action, Action::Statement { ordered: true, .. })
    }
}

/// A session's name.
pub(super) fn name(session: usize) -> char {
    char::from(b'a' + u8::try_from(session).expect("a few sessions"))
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stubborn = if self.stubborn { " -- even in a failed transaction" } else { "" };
        write!(f, "{}: {}{stubborn}", name(self.session), self.sql(1))
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  -- timers: {:?}; at the end: {}",
            self.timers,
            if self.commit_at_end { "COMMIT" } else { "ROLLBACK" }
        )?;
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        Ok(())
    }
}
