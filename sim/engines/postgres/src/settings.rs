//! Session settings: reading their values, applying and showing them.

use crate::bind::Setting;
use crate::error::{Fallible, PgError};
use crate::session::{Session, Settings};
use crate::transaction::Isolation;

/// Changes one setting.
pub(crate) fn apply(settings: &mut Settings, setting: Setting) {
    match setting {
        Setting::StatementTimeout(us) => settings.statement_timeout_us = us,
        Setting::LockTimeout(us) => settings.lock_timeout_us = us,
        Setting::DeadlockTimeout(us) => settings.deadlock_timeout_us = us,
        Setting::Isolation(isolation) => settings.isolation = isolation,
        Setting::Ignored => {}
    }
}

/// What a name and a value ask for; 42704 for a name the engine does not know.
pub(crate) fn read(name: &str, value: &str) -> Fallible<Setting> {
    match name {
        "statement_timeout" => Ok(Setting::StatementTimeout(duration_us(name, value)?)),
        "lock_timeout" => Ok(Setting::LockTimeout(duration_us(name, value)?)),
        "deadlock_timeout" => Ok(Setting::DeadlockTimeout(duration_us(name, value)?)),
        "default_transaction_isolation" => isolation(value).map(Setting::Isolation),
        // Without effect on anything the engine does.
        "application_name"
        | "client_min_messages"
        | "search_path"
        | "synchronous_commit"
        | "extra_float_digits"
        | "client_encoding"
        | "datestyle"
        | "standard_conforming_strings" => Ok(Setting::Ignored),
        "timezone" if value.eq_ignore_ascii_case("utc") => Ok(Setting::Ignored),
        _ => Err(PgError::new("42704", format!("unrecognized configuration parameter \"{name}\" or value"))),
    }
}

/// `read committed` and its kin.
pub(crate) fn isolation(value: &str) -> Fallible<Isolation> {
    match value.to_ascii_lowercase().as_str() {
        "read committed" | "read uncommitted" | "default" => Ok(Isolation::ReadCommitted),
        "repeatable read" => Ok(Isolation::RepeatableRead),
        "serializable" => Ok(Isolation::Serializable),
        _ => Err(PgError::new("22023", format!("invalid isolation level \"{value}\""))),
    }
}

/// `500`, `500ms`, `2s`, `1min`: milliseconds when no unit is given.
fn duration_us(name: &str, value: &str) -> Fallible<u64> {
    let invalid = || PgError::new("22023", format!("invalid value for parameter \"{name}\": \"{value}\""));
    let value_text = value.trim();
    let end = value_text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(value_text.len());
    let (number, unit) = value_text.split_at(end);
    if value_text.eq_ignore_ascii_case("default") {
        return Ok(if name == "deadlock_timeout" { 1_000_000 } else { 0 });
    }
    let number: u64 = number.trim().parse().map_err(|_| invalid())?;
    let unit_us = match unit {
        "us" => 1,
        "" | "ms" => 1_000,
        "s" => 1_000_000,
        "min" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return Err(invalid()),
    };
    number.checked_mul(unit_us).ok_or_else(invalid)
}

fn duration_text(us: u64) -> String {
    match us {
        0 => "0".to_owned(),
        us if us % 60_000_000 == 0 => format!("{}min", us / 60_000_000),
        us if us % 1_000_000 == 0 => format!("{}s", us / 1_000_000),
        us => format!("{}ms", us / 1_000),
    }
}

/// SHOW
pub(crate) fn show(session: &Session, name: &str) -> Fallible<String> {
    let settings = &session.settings;
    Ok(match name {
        "statement_timeout" => duration_text(settings.statement_timeout_us),
        "lock_timeout" => duration_text(settings.lock_timeout_us),
        "deadlock_timeout" => duration_text(settings.deadlock_timeout_us),
        "default_transaction_isolation" => settings.isolation.name().to_owned(),
        "transaction_isolation" => {
            session.transaction.as_ref().map_or(settings.isolation, |open| open.isolation).name().to_owned()
        }
        "server_version" => "15.0".to_owned(),
        "timezone" => "UTC".to_owned(),
        _ => return Err(PgError::new("42704", format!("unrecognized configuration parameter \"{name}\""))),
    })
}
