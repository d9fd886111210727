//! The schema's versions: which are applied, which are missing, and whether what is there is what this build knows.
//!
//! Each migration and its row in `schema_migrations` are one transaction. Whoever migrates holds an advisory lock
//! meanwhile, so that two at once do what one would.

use std::time::Duration;

use live::postgres::PostgresSettings;
use platform::texts::Texts;
use ports::sql::{Isolation, SqlError, SqlPool};
use sha2::{Digest, Sha256};

use crate::live_stores::{self, StoreError};
use crate::settings::Settings;

/// A migration of this build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migration {
    /// Its number, from 1.
    pub version: i64,
    /// Its file's name.
    pub name: String,
    /// SHA-256 of its text, in hexadecimal digits.
    pub checksum: String,
    /// Its text.
    pub script: String,
}

/// A migration as the database remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// Its number.
    pub version: i64,
    /// Its file's name.
    pub name: String,
    /// SHA-256 of the text that was run.
    pub checksum: String,
}

/// Why the schema is not what it must be.
#[derive(Debug, thiserror::Error)]
pub enum SchemaError {
    /// It is newer than this build.
    #[error("the schema is from the future: it has {name} (version {version}), this build knows {known}")]
    Future {
        /// The newest version applied.
        version: i64,
        /// Its name.
        name: String,
        /// The newest version of this build.
        known: i64,
    },
    /// A migration was edited after it had been applied.
    #[error("{name} was edited after it had been applied: {applied} was run, {known} is in this build")]
    Edited {
        /// Its name.
        name: String,
        /// The checksum of what was run.
        applied: String,
        /// The checksum of what is known.
        known: String,
    },
    /// Migrations are missing.
    #[error("the schema is behind: {missing} is not applied; run `platform migrate`")]
    Behind {
        /// The first that is missing.
        missing: String,
    },
    /// A migration failed; nothing of it is there.
    #[error("{name}: {error}")]
    Failed {
        /// Its name.
        name: String,
        /// The database's words.
        error: SqlError,
    },
    /// The database was away or refused.
    #[error("Postgres: {0}")]
    Sql(#[from] SqlError),
    /// A server is not as it must be.
    #[error("{0}")]
    Store(#[from] StoreError),
}

/// Names the lock that whoever migrates holds; any number that nobody else uses.
const LOCK: i64 = 0x6462_5f6d_6967;
/// How long a migration may take.
const MIGRATION_TIMEOUT: Duration = Duration::from_secs(600);
/// SQLSTATE of a table that is not there.
const UNDEFINED_TABLE: &str = "42P01";

/// One of the platform's databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// Stock, orders and events.
    Orders,
    /// What shoppers look at.
    Catalog,
}

/// The migrations of this build for one database.
#[must_use]
pub fn known(part: Part) -> Vec<Migration> {
    let texts = Texts::embedded();
    let migration = |(path, script): (&str, &str)| {
        let name = path.rsplit('/').next().unwrap_or(path);
        let number = name.split('_').next().and_then(|digits| digits.parse().ok());
        let checksum = Sha256::digest(script.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect();
        Migration {
            version: number.expect("a migration's name begins with its number"),
            name: name.to_owned(),
            checksum,
            script: script.to_owned(),
        }
    };
    match part {
        Part::Orders => texts.migrations().map(migration).collect(),
        Part::Catalog => texts.catalog_migrations().map(migration).collect(),
    }
}

/// The migrations still to be applied.
///
/// # Errors
/// When what is applied is not what this build knows.
pub fn missing<'a>(applied: &[Applied], known: &'a [Migration]) -> Result<Vec<&'a Migration>, SchemaError> {
    let newest = known.last().map_or(0, |migration| migration.version);
    for row in applied {
        let Some(migration) = known.iter().find(|migration| migration.version == row.version) else {
            return Err(SchemaError::Future { version: row.version, name: row.name.clone(), known: newest });
        };
        if migration.checksum != row.checksum {
            return Err(SchemaError::Edited {
                name: migration.name.clone(),
                applied: short(&row.checksum),
                known: short(&migration.checksum),
            });
        }
    }
    let is_missing = |migration: &&Migration| applied.iter().all(|row| row.version != migration.version);
    Ok(known.iter().filter(is_missing).collect())
}

fn short(checksum: &str) -> String {
    checksum.chars().take(12).collect()
}

/// Looks whether the schema is the one this build was written for.
///
/// # Errors
/// When it is not, or cannot be looked at.
pub async fn check(part: Part, sql: &dyn SqlPool) -> Result<(), SchemaError> {
    match missing(&remembered(sql).await?.unwrap_or_default(), &known(part))?.first() {
        None => Ok(()),
        Some(migration) => Err(SchemaError::Behind { missing: migration.name.clone() }),
    }
}

/// The migrations the database remembers; none when it never heard of any.
async fn remembered(sql: &dyn SqlPool) -> Result<Option<Vec<Applied>>, SqlError> {
    let rows = match sql.query(include_str!("../sql/applied_migrations.sql"), &[]).await {
        Err(error) if error.is(UNDEFINED_TABLE) => return Ok(None),
        rows => rows?,
    };
    let applied = rows.iter().map(|row| Applied {
        version: row.int("version"),
        name: row.text("name").to_owned(),
        checksum: row.text("checksum").to_owned(),
    });
    Ok(Some(applied.collect()))
}

/// Applies what is missing; the names of what was applied.
///
/// # Errors
/// When what is applied is not what this build knows, or a migration fails: those before it stay.
pub async fn migrate(part: Part, settings: &Settings) -> Result<Vec<String>, SchemaError> {
    let options = PostgresSettings {
        max_connections: 2,
        answer_timeout: MIGRATION_TIMEOUT,
        statement_timeout: MIGRATION_TIMEOUT,
        lock_timeout: MIGRATION_TIMEOUT,
        idle_in_transaction_timeout: MIGRATION_TIMEOUT,
        ..PostgresSettings::default()
    };
    let (key, pool) = match part {
        Part::Orders => ("postgres.url", live_stores::postgres_with(settings, options)),
        Part::Catalog => (live_stores::CATALOG_URL, live_stores::catalog_with(settings, options)),
    };
    let pool = pool.map_err(StoreError::from)?;
    live_stores::probe_database(settings, key, &pool).await?;
    let mut lock = pool.begin(Isolation::ReadCommitted).await?;
    lock.query("SELECT pg_advisory_xact_lock($1)::text AS locked", &[LOCK.into()]).await?;
    let applied = match remembered(&pool).await? {
        Some(applied) => applied,
        None => {
            pool.run_script(include_str!("../sql/create_migrations.sql")).await?;
            Vec::new()
        }
    };
    let known = known(part);
    let mut done = Vec::new();
    for migration in missing(&applied, &known)? {
        // Numbers, hexadecimal digits and our own files' names: nothing that would need quoting.
        let Migration { version, name, checksum, script } = migration;
        let script = format!(
            "{script}\n;INSERT INTO schema_migrations (version, name, checksum, applied_at) \
             VALUES ({version}, '{name}', '{checksum}', now())"
        );
        let failed = |error| SchemaError::Failed { name: name.clone(), error };
        pool.run_script(&script).await.map_err(failed)?;
        done.push(name.clone());
    }
    lock.rollback().await?;
    pool.close().await;
    Ok(done)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_applied(known: &[Migration]) -> Vec<Applied> {
        let row = |migration: &Migration| Applied {
            version: migration.version,
            name: migration.name.clone(),
            checksum: migration.checksum.clone(),
        };
        known.iter().map(row).collect()
    }

    #[test]
    fn what_is_applied_is_not_applied_again() {
        let known = known(Part::Orders);
        let names = |missing: Vec<&Migration>| missing.iter().map(|it| it.version).collect::<Vec<_>>();
        assert_eq!(names(missing(&[], &known).unwrap()).len(), known.len());
        assert_eq!(names(missing(&as_applied(&known[..1]), &known).unwrap()), names(known[1..].iter().collect()));
        assert!(missing(&as_applied(&known), &known).unwrap().is_empty());
    }

    #[test]
    fn a_schema_from_the_future_is_refused() {
        let known = known(Part::Orders);
        let mut applied = as_applied(&known);
        applied.push(Applied { version: 9_999, name: "9999_later.sql".into(), checksum: "x".into() });
        assert!(matches!(missing(&applied, &known), Err(SchemaError::Future { version: 9_999, .. })));
    }

    #[test]
    fn an_edited_migration_is_refused() {
        let known = known(Part::Orders);
        let mut applied = as_applied(&known);
        applied[0].checksum = "0123456789abcdef".into();
        let refused = missing(&applied, &known).unwrap_err().to_string();
        assert!(refused.contains("was edited after it had been applied: 0123456789ab was run"), "{refused}");
    }
}
