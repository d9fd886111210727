//! Names of output columns nobody named, as Postgres chooses them.

#![expect(clippy::wildcard_enum_match_arm, reason = "whatever is not listed has no name of its own")]

use std::sync::Arc;

use sqlparser::ast;

use super::name_of;
use crate::types::{self, Type};

/// The name Postgres gives an unnamed output column.
pub(crate) fn output_name(expr: &ast::Expr) -> Arc<str> {
    match expr {
        ast::Expr::Identifier(name) => name_of(name).into(),
        ast::Expr::CompoundIdentifier(parts) => {
            parts.last().map_or_else(|| "?column?".into(), |part| name_of(part).into())
        }
        ast::Expr::Nested(inner) => output_name(inner),
        ast::Expr::Function(function) => function
            .name
            .0
            .last()
            .and_then(|part| part.as_ident())
            .map_or("?column?".into(), |name| name_of(name).into()),
        ast::Expr::Cast { expr, data_type, .. } => match &*output_name(expr) {
            "?column?" => match types::from_ast(data_type) {
                Ok(ty) => internal_name(ty).into(),
                Err(_) => "?column?".into(),
            },
            name => name.into(),
        },
        ast::Expr::Case { .. } => "case".into(),
        ast::Expr::Exists { .. } => "exists".into(),
        ast::Expr::Extract { .. } => "extract".into(),
        ast::Expr::Array(_) => "array".into(),
        ast::Expr::Subquery(query) => match query.body.as_ref() {
            ast::SetExpr::Select(select) => match select.projection.first() {
                Some(ast::SelectItem::UnnamedExpr(expr)) => output_name(expr),
                Some(ast::SelectItem::ExprWithAlias { alias, .. }) => name_of(alias).into(),
                _ => "?column?".into(),
            },
            _ => "?column?".into(),
        },
        _ => "?column?".into(),
    }
}

fn internal_name(ty: Type) -> &'static str {
    match ty {
        Type::Bool => "bool",
        Type::Int2 => "int2",
        Type::Int4 => "int4",
        Type::Int8 | Type::IntArray => "int8",
        Type::Float8 => "float8",
        Type::Numeric(_) => "numeric",
        Type::Text | Type::TextArray => "text",
        Type::Timestamptz => "timestamptz",
        Type::Interval => "interval",
        Type::Jsonb => "jsonb",
        Type::Unknown => "?column?",
    }
}
