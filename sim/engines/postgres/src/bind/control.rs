//! Transaction control and SET, read from the syntax tree.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused or passed on"
)]

use sqlparser::ast::{
    ContextModifier, Expr, Set, Statement, TransactionAccessMode, TransactionIsolationLevel, TransactionMode, Value,
};

use super::{name_of, unqualified_name};
use crate::error::{Fallible, unsupported};
use crate::settings;
use crate::transaction::Isolation;

/// A statement that acts on the session alone.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    Begin {
        isolation: Option<Isolation>,
        read_only: bool,
    },
    Commit,
    Rollback,
    Savepoint(String),
    Release(String),
    RollbackTo(String),
    SetTransaction {
        isolation: Option<Isolation>,
        read_only: Option<bool>,
    },
    Set {
        setting: Setting,
        local: bool,
    },
    Show(String),
    /// Accepted without effect; its command tag.
    Accepted(&'static str),
}

/// A setting with its value; times in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Setting {
    StatementTimeout(u64),
    LockTimeout(u64),
    DeadlockTimeout(u64),
    Isolation(Isolation),
    /// Known, and without effect here.
    Ignored,
}

/// The control statement this is, if it is one.
pub(crate) fn read(statement: &Statement) -> Fallible<Option<Control>> {
    Ok(Some(match statement {
        Statement::StartTransaction { modes, modifier: None, statements, exception: None, .. }
            if statements.is_empty() =>
        {
            let (isolation, read_only) = read_modes(modes)?;
            Control::Begin { isolation, read_only: read_only.unwrap_or(false) }
        }
        Statement::Commit { chain: false, modifier: None, .. } => Control::Commit,
        Statement::Rollback { chain: false, savepoint: None } => Control::Rollback,
        Statement::Rollback { chain: false, savepoint: Some(name) } => Control::RollbackTo(name_of(name)),
        Statement::StartTransaction { .. } | Statement::Commit { .. } | Statement::Rollback { .. } => {
            return Err(unsupported(statement));
        }
        Statement::Savepoint { name } => Control::Savepoint(name_of(name)),
        Statement::ReleaseSavepoint { name } => Control::Release(name_of(name)),
        Statement::Set(set) => read_set(set)?,
        Statement::ShowVariable { variable } => {
            let words: Vec<String> = variable.iter().map(name_of).collect();
            let name = words.join("_").to_ascii_lowercase();
            Control::Show(if name == "transaction_isolation_level" { "transaction_isolation".into() } else { name })
        }
        Statement::Comment { .. } => Control::Accepted("COMMENT"),
        Statement::Analyze(_) => Control::Accepted("ANALYZE"),
        Statement::Vacuum(_) => Control::Accepted("VACUUM"),
        Statement::Grant(_) => Control::Accepted("GRANT"),
        _ => return Ok(None),
    }))
}

fn read_modes(modes: &[TransactionMode]) -> Fallible<(Option<Isolation>, Option<bool>)> {
    let (mut isolation, mut read_only) = (None, None);
    for mode in modes {
        match mode {
            TransactionMode::AccessMode(access) => read_only = Some(*access == TransactionAccessMode::ReadOnly),
            TransactionMode::IsolationLevel(level) => {
                isolation = Some(match level {
                    TransactionIsolationLevel::ReadUncommitted | TransactionIsolationLevel::ReadCommitted => {
                        Isolation::ReadCommitted
                    }
                    TransactionIsolationLevel::RepeatableRead => Isolation::RepeatableRead,
                    TransactionIsolationLevel::Serializable => Isolation::Serializable,
                    TransactionIsolationLevel::Snapshot => return Err(unsupported("isolation level SNAPSHOT")),
                });
            }
        }
    }
    Ok((isolation, read_only))
}

fn read_set(set: &Set) -> Fallible<Control> {
    match set {
        Set::SingleAssignment { scope, variable, values, .. } => {
            let name = unqualified_name(variable)?.to_ascii_lowercase();
            let texts: Fallible<Vec<String>> = values.iter().map(setting_text).collect();
            let value = texts?.join(", ");
            let local = *scope == Some(ContextModifier::Local);
            if name == "transaction_isolation" {
                return Ok(Control::SetTransaction { isolation: Some(settings::isolation(&value)?), read_only: None });
            }
            Ok(Control::Set { setting: settings::read(&name, &value)?, local })
        }
        Set::SetTransaction { modes, snapshot: None, session } => {
            let (isolation, read_only) = read_modes(modes)?;
            match (session, isolation) {
                (true, Some(isolation)) => Ok(Control::Set { setting: Setting::Isolation(isolation), local: false }),
                _ => Ok(Control::SetTransaction { isolation, read_only }),
            }
        }
        Set::SetTimeZone { value, local } => {
            Ok(Control::Set { setting: settings::read("timezone", &setting_text(value)?)?, local: *local })
        }
        _ => Err(unsupported(set)),
    }
}

fn setting_text(value: &Expr) -> Fallible<String> {
    match value {
        Expr::Identifier(name) => Ok(name.value.clone()),
        Expr::Value(value) => match &value.value {
            Value::SingleQuotedString(text) => Ok(text.clone()),
            Value::Number(number, _) => Ok(number.clone()),
            Value::Boolean(value) => Ok(value.to_string()),
            other => Err(unsupported(format_args!("SET to {other}"))),
        },
        other => Ok(other.to_string()),
    }
}
