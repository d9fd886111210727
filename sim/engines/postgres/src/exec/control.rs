//! Transaction control and settings: statements that never wait.

#![expect(clippy::wildcard_enum_match_arm, reason = "what ends a transaction is dealt with first; the rest follows")]

use std::sync::Arc;

use crate::bind::{Control, Setting};
use crate::database::Database;
use crate::error::{Fallible, PgError, in_failed_transaction};
use crate::reply::Reply;
use crate::session::SessionId;
use crate::settings;
use crate::value::Value;

/// Runs one.
pub(super) fn run(db: &mut Database, session: SessionId, control: &Control) -> Fallible<Reply> {
    let open = db.session(session).transaction.as_ref();
    let (is_open, is_failed) = (open.is_some(), open.is_some_and(|open| open.failed));
    match control {
        Control::Commit => {
            if is_failed {
                db.rollback(session);
                return Ok(Reply::command("ROLLBACK"));
            }
            db.commit(session)?;
            return Ok(Reply::command("COMMIT"));
        }
        Control::Rollback => {
            db.rollback(session);
            return Ok(Reply::command("ROLLBACK"));
        }
        Control::RollbackTo(name) if is_open => {
            return match db.rollback_to(session, name) {
                Ok(()) => Ok(Reply::command("ROLLBACK")),
                Err(error) => {
                    db.fail(session);
                    Err(error)
                }
            };
        }
        _ if is_failed => return Err(in_failed_transaction()),
        _ => {}
    }
    let result = inside(db, session, control, is_open);
    if result.is_err() && is_open {
        db.fail(session);
    }
    result
}

fn no_block(command: &str) -> Box<PgError> {
    PgError::new("25P01", format!("{command} can only be used in transaction blocks"))
}

fn inside(db: &mut Database, session: SessionId, control: &Control, is_open: bool) -> Fallible<Reply> {
    match control {
        Control::Begin { isolation, read_only } => {
            if is_open {
                // Inside a block it is only a warning; but what it asks for is asked of the open transaction.
                set_transaction(db, session, *isolation, read_only.then_some(true))?;
            } else {
                let level = isolation.unwrap_or(db.session(session).settings.isolation);
                db.begin(session, level, true);
                db.session_mut(session).open().read_only = *read_only;
            }
            Ok(Reply::command("BEGIN"))
        }
        Control::Savepoint(name) if is_open => {
            db.savepoint(session, name.clone());
            Ok(Reply::command("SAVEPOINT"))
        }
        Control::Release(name) if is_open => {
            db.release_savepoint(session, name)?;
            Ok(Reply::command("RELEASE"))
        }
        Control::Savepoint(_) => Err(no_block("SAVEPOINT")),
        Control::Release(_) => Err(no_block("RELEASE SAVEPOINT")),
        Control::RollbackTo(_) => Err(no_block("ROLLBACK TO SAVEPOINT")),
        Control::SetTransaction { isolation, read_only } => {
            if is_open {
                set_transaction(db, session, *isolation, *read_only)?;
            }
            Ok(Reply::command("SET"))
        }
        Control::Set { setting, local } => {
            set(db, session, *setting, *local, is_open);
            Ok(Reply::command("SET"))
        }
        Control::Show(name) => {
            let value = settings::show(db.session(session), name)?;
            let columns: Arc<[Arc<str>]> = Arc::new([Arc::from(name.as_str())]);
            Ok(Reply { columns, rows: vec![vec![Value::from(value)]], affected: 0, command: "SHOW" })
        }
        Control::Accepted(command) => Ok(Reply::command(command)),
        Control::Commit | Control::Rollback => unreachable!("ended above"),
    }
}

fn set_transaction(
    db: &mut Database,
    session: SessionId,
    isolation: Option<crate::transaction::Isolation>,
    read_only: Option<bool>,
) -> Fallible<()> {
    let open = db.session_mut(session).open();
    if let Some(isolation) = isolation {
        if open.command > 0 && isolation != open.isolation {
            let message = "SET TRANSACTION ISOLATION LEVEL must be called before any query";
            return Err(PgError::new("25001", message));
        }
        open.isolation = isolation;
    }
    open.read_only = read_only.unwrap_or(open.read_only);
    Ok(())
}

/// SET lasts when the transaction commits, SET LOCAL ends with it; outside a block SET LOCAL does nothing.
fn set(db: &mut Database, session: SessionId, setting: Setting, local: bool, is_open: bool) {
    let session = db.session_mut(session);
    if local && !is_open {
        return;
    }
    settings::apply(&mut session.settings, setting);
    if !local {
        settings::apply(&mut session.lasting, setting);
    }
}
