//! Aggregates and window functions: their calls are lifted out of the expression and replaced by computed values.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use sqlparser::ast::{
    self, DuplicateTreatment, FunctionArg, FunctionArgExpr, FunctionArgumentClause, FunctionArguments, OrderByExpr,
    WindowFrame, WindowFrameBound, WindowFrameUnits, WindowType,
};

use super::operator::coerce;
use super::{Binder, Typed};
use crate::error::{Fallible, PgError, unsupported};
use crate::plan::{Aggregate, AggregateKind, Expr, SortKey, Window, WindowKind};
use crate::types::Type;

/// Computed values from here on are window results, until the number of aggregates is known.
pub(super) const WINDOW_BASE: usize = 1 << 20;

/// The aggregate a name means.
pub(super) fn kind_of(name: &str) -> Option<AggregateKind> {
    Some(match name {
        "count" => AggregateKind::Count,
        "sum" => AggregateKind::Sum,
        "min" => AggregateKind::Min,
        "max" => AggregateKind::Max,
        "avg" => AggregateKind::Average,
        "bool_and" | "every" => AggregateKind::BoolAnd,
        "bool_or" => AggregateKind::BoolOr,
        "array_agg" => AggregateKind::ArrayAgg,
        "string_agg" => AggregateKind::StringAgg,
        "jsonb_agg" => AggregateKind::JsonAgg,
        "jsonb_object_agg" => AggregateKind::JsonObjectAgg,
        _ => return None,
    })
}

/// Type of an aggregate's result.
fn result_type(kind: AggregateKind, arg: Type) -> Fallible<Type> {
    Ok(match kind {
        AggregateKind::CountRows | AggregateKind::Count => Type::Int8,
        AggregateKind::Sum => match arg {
            Type::Int2 | Type::Int4 => Type::Int8,
            Type::Int8 | Type::Numeric(_) => Type::Numeric(None),
            other => other,
        },
        AggregateKind::Average if arg == Type::Float8 || arg == Type::Interval => arg,
        AggregateKind::Average => Type::Numeric(None),
        AggregateKind::Min | AggregateKind::Max => arg,
        AggregateKind::BoolAnd | AggregateKind::BoolOr => Type::Bool,
        AggregateKind::ArrayAgg => {
            arg.array_of().ok_or_else(|| unsupported(format_args!("array_agg of {}", arg.name())))?
        }
        AggregateKind::StringAgg => Type::Text,
        AggregateKind::JsonAgg | AggregateKind::JsonObjectAgg => Type::Jsonb,
    })
}

/// A call's arguments, once bound.
struct Call {
    kind: AggregateKind,
    args: Vec<Expr>,
    arg_type: Type,
    distinct: bool,
    order: Vec<SortKey>,
}

impl Binder<'_> {
    fn aggregate_parts(&mut self, kind: AggregateKind, function: &ast::Function) -> Fallible<Call> {
        let FunctionArguments::List(list) = &function.args else { return Err(unsupported(format_args!("{function}"))) };
        let distinct = list.duplicate_treatment == Some(DuplicateTreatment::Distinct);
        let mut order = Vec::new();
        for clause in &list.clauses {
            match clause {
                FunctionArgumentClause::OrderBy(keys) => order = self.sort_keys(keys)?,
                other => return Err(unsupported(format_args!("{other}"))),
            }
        }
        if let [FunctionArg::Unnamed(FunctionArgExpr::Wildcard)] = list.args.as_slice() {
            let kind = if kind == AggregateKind::Count { AggregateKind::CountRows } else { kind };
            return Ok(Call { kind, args: Vec::new(), arg_type: Type::Unknown, distinct, order });
        }
        let mut args = Vec::new();
        let mut arg_type = Type::Unknown;
        for (position, arg) in super::function::arguments(function)?.into_iter().enumerate() {
            let typed = self.expr(arg)?;
            if position == 0 {
                arg_type = typed.1;
            }
            args.push(if kind == AggregateKind::StringAgg { coerce(typed, Type::Text)? } else { typed.0 });
        }
        if args.is_empty() {
            return Err(unsupported(format_args!("{function}")));
        }
        Ok(Call { kind, args, arg_type, distinct, order })
    }

    pub(super) fn sort_keys(&mut self, keys: &[OrderByExpr]) -> Fallible<Vec<SortKey>> {
        keys.iter()
            .map(|key| {
                let (expr, _) = self.expr(&key.expr)?;
                super::select::sort_key(expr, key)
            })
            .collect()
    }

    pub(super) fn aggregate_call(&mut self, kind: AggregateKind, function: &ast::Function) -> Fallible<Typed> {
        let level = self.level();
        let Some(keys) = level.grouping_keys else {
            return Err(PgError::new("42803", "aggregate functions are not allowed here"));
        };
        if level.in_aggregate {
            return Err(PgError::new("42803", "aggregate function calls cannot be nested"));
        }
        level.in_aggregate = true;
        let parts = self.aggregate_parts(kind, function);
        let filter = function.filter.as_ref().map(|filter| self.condition(filter, "FILTER")).transpose();
        self.level().in_aggregate = false;
        let (parts, filter) = (parts?, filter?);
        let ty = result_type(parts.kind, parts.arg_type)?;
        let call =
            Aggregate { kind: parts.kind, args: parts.args, distinct: parts.distinct, filter, order: parts.order, ty };
        let aggregates = &mut self.level().aggregates;
        aggregates.push(call);
        Ok((Expr::Computed(keys + aggregates.len() - 1), ty))
    }

    pub(super) fn window_call(&mut self, name: &str, function: &ast::Function) -> Fallible<Typed> {
        let Some(WindowType::WindowSpec(spec)) = &function.over else { return Err(unsupported("named windows")) };
        if !self.level().allows_windows {
            return Err(PgError::new("42P20", "window functions are not allowed here"));
        }
        if spec.window_name.is_some() || function.filter.is_some() {
            return Err(unsupported(format_args!("{function}")));
        }
        let (kind, args, ty) = if let Some(kind) = kind_of(name) {
            let parts = self.aggregate_parts(kind, function)?;
            if parts.distinct || !parts.order.is_empty() {
                return Err(unsupported("DISTINCT or ORDER BY inside a window aggregate"));
            }
            let ty = result_type(parts.kind, parts.arg_type)?;
            (WindowKind::Aggregate(parts.kind), parts.args, ty)
        } else {
            let bound: Fallible<Vec<Typed>> =
                super::function::arguments(function)?.into_iter().map(|arg| self.expr(arg)).collect();
            let bound = bound?;
            let first = bound.first().map_or(Type::Unknown, |(_, ty)| *ty);
            let (kind, ty) = match name {
                "row_number" => (WindowKind::RowNumber, Type::Int8),
                "rank" => (WindowKind::Rank, Type::Int8),
                "dense_rank" => (WindowKind::DenseRank, Type::Int8),
                "lag" => (WindowKind::Lag, first),
                "lead" => (WindowKind::Lead, first),
                "first_value" => (WindowKind::FirstValue, first),
                "last_value" => (WindowKind::LastValue, first),
                other => return Err(unsupported(format_args!("window function {other}"))),
            };
            (kind, bound.into_iter().map(|(expr, _)| expr).collect(), ty)
        };
        let partition: Fallible<Vec<Expr>> =
            spec.partition_by.iter().map(|expr| self.expr(expr).map(|(expr, _)| expr)).collect();
        let order = self.sort_keys(&spec.order_by)?;
        let (by_rows, whole) = frame(spec.window_frame.as_ref(), order.is_empty())?;
        let windows = &mut self.level().windows;
        windows.push(Window { kind, args, partition: partition?, order, by_rows, whole, ty });
        Ok((Expr::Computed(WINDOW_BASE + windows.len() - 1), ty))
    }
}

/// The frames the engine knows: (row by row, whole partition).
fn frame(frame: Option<&WindowFrame>, unordered: bool) -> Fallible<(bool, bool)> {
    let Some(frame) = frame else { return Ok((false, unordered)) };
    let unbounded = matches!(frame.start_bound, WindowFrameBound::Preceding(None));
    match (frame.units, unbounded, &frame.end_bound) {
        (_, true, Some(WindowFrameBound::Following(None))) => Ok((false, true)),
        (WindowFrameUnits::Rows, true, None | Some(WindowFrameBound::CurrentRow)) => Ok((true, false)),
        (WindowFrameUnits::Range, true, None | Some(WindowFrameBound::CurrentRow)) => Ok((false, unordered)),
        _ => Err(unsupported("this window frame")),
    }
}
