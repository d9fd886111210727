//! From syntax trees to plans: names become slots and columns, types are settled, access paths chosen. Whatever the
//! engine does not do is refused here, by name, before anything runs.

mod access;
mod aggregate;
mod control;
mod expr;
mod from;
mod function;
mod insert;
mod modify;
mod operator;
mod output_name;
mod prepared;
mod query;
mod scope;
mod select;
mod subquery;

pub(crate) use control::{Control, Setting};
pub(crate) use insert::for_default;
pub(crate) use prepared::{PlanCache, Prepared, prepare};
pub(crate) use scope::{Binder, Relation, Typed, name_of, unqualified_name};

/// The last part of a possibly qualified, possibly quoted name given as text.
pub(crate) fn unqualified(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name).trim_matches('"')
}
