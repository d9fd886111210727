//! Faults of answers: which statement one strikes, and what becomes of it. When a statement's turn comes is left to the
//! machine.

use postgres_engine::{PgError, Reply, SessionId, Step, Value};
use rand_chacha::rand_core::Rng;

use super::{Begun, Ended, PostgresHost, Session, State, StatementKind};

/// Faults of answers; each is a probability in parts per million of the statements or commits it can strike.
#[derive(Debug, Clone, Copy, Default)]
pub struct PostgresFaults {
    /// Statements that run into `statement_timeout` (57014).
    pub statement_timeout_ppm: u32,
    /// Connections that end before COMMIT is executed.
    pub lost_before_commit_ppm: u32,
    /// Connections that end after COMMIT was executed and before it was answered.
    pub lost_after_commit_ppm: u32,
    /// Commits refused with 40001.
    pub serialization_failure_ppm: u32,
    /// Hard commits (those that move stock) that fail after the capture, with the connection.
    pub hard_commit_failure_ppm: u32,
}

/// How long a statement that a fault lets run into `statement_timeout` takes to be cancelled, in microseconds.
pub(super) const STATEMENT_TIMEOUT_US: i64 = 1_000_000;

impl PostgresHost {
    /// Whether hard commits are being made to fail, so that transactions must be told apart.
    #[must_use]
    pub fn fails_hard_commits(&self) -> bool {
        self.state().faults.hard_commit_failure_ppm > 0
    }

    /// Changes the faults of answers.
    pub fn set_faults(&self, change: impl FnOnce(&mut PostgresFaults)) {
        change(&mut self.state().faults);
    }

    /// What becomes of a statement that a fault strikes when its turn comes.
    pub(super) fn struck(
        &self,
        state: &mut State,
        strike: Strike,
        session: Session,
        sql: &str,
        params: &[Value],
    ) -> Begun {
        self.observer.probe(strike.probe());
        let now_us = self.wall_us();
        let ended = match strike {
            Strike::TimesOut => return Begun::TimesOut,
            Strike::LostBefore | Strike::HardCommitFails => {
                state.engine.disconnect(session.id, now_us);
                Ended::Lost
            }
            Strike::Serialization => {
                let refused = state.engine.submit(session.id, "ROLLBACK", &[], now_us);
                assert!(matches!(refused, Step::Done(Ok(_))), "a rollback neither waits nor fails: {refused:?}");
                Ended::Answered(Err(refusal("40001", "could not serialize access")))
            }
            Strike::LostAfter => {
                let step = state.engine.submit(session.id, sql, params, now_us);
                assert!(matches!(step, Step::Done(_)), "a commit does not wait: {step:?}");
                state.engine.disconnect(session.id, now_us);
                Ended::Lost
            }
        };
        self.settle(state);
        Begun::Ended(ended)
    }

    /// Cancels what a session is at, as `statement_timeout` would: its transaction is lost, its connection is not.
    pub(super) fn time_out(&self, session: Session) -> Result<Reply, PgError> {
        let now_us = self.wall_us();
        let state = &mut *self.state();
        if state.up && state.boot == session.boot {
            // The same as far as the session can tell: an error inside the transaction, which is lost by it.
            let failed = state.engine.submit(session.id, "SELECT 1 / 0", &[], now_us);
            assert!(matches!(failed, Step::Done(Err(_))), "a division by zero is refused at once: {failed:?}");
            self.settle(state);
        }
        Err(refusal("57014", "canceling statement due to statement timeout"))
    }
}

fn refusal(sqlstate: &'static str, message: &str) -> PgError {
    PgError { sqlstate, message: message.to_owned(), constraint: None, table: None }
}

/// A fault that strikes one statement.
pub(super) enum Strike {
    TimesOut,
    LostBefore,
    HardCommitFails,
    LostAfter,
    Serialization,
}

impl Strike {
    /// The rare state that this is, by the name under which it is counted.
    fn probe(&self) -> &'static str {
        match self {
            Self::TimesOut => "statement-timed-out",
            Self::LostBefore => "connection-lost-before-commit",
            Self::HardCommitFails => "captured-commit-failed",
            Self::LostAfter => "connection-lost-after-commit",
            Self::Serialization => "commit-refused-40001",
        }
    }
}

impl State {
    pub(super) fn strike(&mut self, session: SessionId, kind: StatementKind) -> Option<Strike> {
        let faults = self.faults;
        match kind {
            StatementKind::Begin | StatementKind::Rollback => None,
            StatementKind::Inside | StatementKind::Alone => {
                self.happens(faults.statement_timeout_ppm).then_some(Strike::TimesOut)
            }
            StatementKind::Commit { .. } if !self.engine.has_written(session) => None,
            StatementKind::Commit { moves_stock } => {
                if self.happens(faults.lost_before_commit_ppm) {
                    Some(Strike::LostBefore)
                } else if moves_stock && self.happens(faults.hard_commit_failure_ppm) {
                    Some(Strike::HardCommitFails)
                } else if self.happens(faults.lost_after_commit_ppm) {
                    Some(Strike::LostAfter)
                } else {
                    self.happens(faults.serialization_failure_ppm).then_some(Strike::Serialization)
                }
            }
        }
    }

    fn happens(&mut self, ppm: u32) -> bool {
        ppm > 0 && self.entropy.next_u64() % 1_000_000 < u64::from(ppm)
    }
}
