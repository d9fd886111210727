//! Prepared statements, kept by their text.

#![expect(clippy::disallowed_types, reason = "looked up by key only, never iterated")]

use std::collections::HashMap;
use std::sync::Arc;

use rustc_hash::FxBuildHasher;
use sqlparser::ast::Statement;

use super::control::{self, Control};
use super::{Binder, query};
use crate::database::Database;
use crate::error::Fallible;
use crate::plan::Plan;
use crate::session::SessionId;
use crate::storage::Xid;

/// Statements kept at most; beyond that all are forgotten and prepared again as they come.
const CACHE_SIZE: usize = 4096;

/// What a statement's text means.
#[derive(Clone, Debug)]
pub(crate) enum Prepared {
    Control(Arc<Control>),
    Plan(Arc<Plan>),
    /// A change of the schema.
    Utility(Arc<Statement>),
    /// Another transaction is changing the schema: nothing can be planned until it ends.
    SchemaBusy(Xid),
}

/// Plans by text, all made under one version of the catalog. A statement with its comments is a kilobyte or two, hashed
/// each time it comes: with a hash made for long keys.
#[derive(Debug, Default)]
pub(crate) struct PlanCache {
    version: u64,
    plans: HashMap<Arc<str>, Prepared, FxBuildHasher>,
}

/// Looks a statement up, or plans it.
pub(crate) fn prepare(db: &mut Database, session: SessionId, sql: &str) -> Fallible<Prepared> {
    let version = db.catalog_version;
    if db.plans.version != version {
        db.plans.plans.clear();
        db.plans.version = version;
    }
    let busy = db.schema_owner.filter(|owner| db.owners.get(owner) != Some(&session));
    if let Some(prepared) = db.plans.plans.get(sql)
        && (busy.is_none() || matches!(prepared, Prepared::Control(_)))
    {
        return Ok(prepared.clone());
    }
    let statement = db.config.syntax_trees.statement(sql)?;
    let prepared = if let Some(control) = control::read(&statement)? {
        Prepared::Control(Arc::new(control))
    } else if let Some(owner) = busy {
        return Ok(Prepared::SchemaBusy(owner));
    } else if let Some(plan) = query::plan_statement(&mut Binder::new(&db.catalog), &statement)? {
        Prepared::Plan(Arc::new(plan))
    } else {
        return Ok(Prepared::Utility(statement));
    };
    if db.plans.plans.len() >= CACHE_SIZE {
        db.plans.plans.clear();
    }
    db.plans.plans.insert(Arc::from(sql), prepared.clone());
    Ok(prepared)
}
