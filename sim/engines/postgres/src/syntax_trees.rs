//! Syntax trees by text, for servers that are started again and again with the same statements.
//!
//! A tree says what a text means to the grammar and nothing about a server, so servers can share it; plans name tables of
//! one catalog and cannot be shared.

#![expect(clippy::disallowed_types, reason = "looked up by key only, never iterated")]

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rustc_hash::FxBuildHasher;
use sqlparser::ast::Statement;

use crate::error::Fallible;
use crate::parse::{parse_one, split_script};

/// Texts kept at most, of each kind; what comes beyond that is parsed each time.
const CAPACITY: usize = 4096;

type ByText<T> = Mutex<HashMap<Box<str>, Arc<T>, FxBuildHasher>>;

#[derive(Default)]
struct Kept {
    statements: ByText<Statement>,
    scripts: ByText<[String]>,
}

/// Parsed statements and scripts. Cloning shares them.
#[derive(Clone, Default)]
pub struct SyntaxTrees {
    kept: Arc<Kept>,
}

impl fmt::Debug for SyntaxTrees {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyntaxTrees").finish_non_exhaustive()
    }
}

impl SyntaxTrees {
    /// The one statement of a text.
    pub(crate) fn statement(&self, sql: &str) -> Fallible<Arc<Statement>> {
        find_or(&self.kept.statements, sql, || parse_one(sql).map(Arc::new))
    }

    /// The statements of a script, as texts.
    pub(crate) fn script(&self, sql: &str) -> Fallible<Arc<[String]>> {
        find_or(&self.kept.scripts, sql, || split_script(sql).map(Arc::from))
    }
}

fn find_or<T: ?Sized>(kept: &ByText<T>, sql: &str, parse: impl FnOnce() -> Fallible<Arc<T>>) -> Fallible<Arc<T>> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(found) = kept.get(sql) {
        return Ok(found.clone());
    }
    let parsed = parse()?;
    if kept.len() < CAPACITY {
        kept.insert(sql.into(), parsed.clone());
    }
    Ok(parsed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_parsed_once_and_shared_by_clones() {
        let trees = SyntaxTrees::default();
        let first = trees.statement("SELECT 1").expect("it parses");
        let again = trees.clone().statement("SELECT 1").expect("it parses");
        assert!(Arc::ptr_eq(&first, &again));
    }

    #[test]
    fn what_does_not_parse_is_refused_each_time() {
        let trees = SyntaxTrees::default();
        assert!(trees.statement("SELEC 1").is_err());
        assert!(trees.statement("SELEC 1").is_err());
    }
}
