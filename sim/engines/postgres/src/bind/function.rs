//! Function calls: which function a name and its arguments mean, and what it returns.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use sqlparser::ast::{self, FunctionArg, FunctionArgExpr, FunctionArguments};

use super::expr::time_field_named;
use super::operator::{coerce, unify};
use super::{Binder, Typed, unqualified_name};
use crate::error::{Fallible, PgError, unsupported};
use crate::plan::{Arithmetic, Expr, Function};
use crate::types::Type;
use crate::value::Value;

/// Positional arguments; anything fancier is refused.
pub(super) fn arguments(function: &ast::Function) -> Fallible<Vec<&ast::Expr>> {
    let list = match &function.args {
        FunctionArguments::None => return Ok(Vec::new()),
        FunctionArguments::List(list) => list,
        FunctionArguments::Subquery(_) => return Err(unsupported(format_args!("{function}"))),
    };
    list.args
        .iter()
        .map(|arg| match arg {
            FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => Ok(expr),
            other => Err(unsupported(format_args!("the argument {other}"))),
        })
        .collect()
}

impl Binder<'_> {
    pub(super) fn function(&mut self, function: &ast::Function) -> Fallible<Typed> {
        let name = unqualified_name(&function.name)?;
        if !function.within_group.is_empty() || function.null_treatment.is_some() {
            return Err(unsupported(format_args!("{function}")));
        }
        if let (FunctionArguments::Subquery(query), "array") = (&function.args, name.as_str()) {
            return self.array_subquery(query);
        }
        if function.over.is_some() {
            return self.window_call(&name, function);
        }
        if let Some(kind) = super::aggregate::kind_of(&name) {
            return self.aggregate_call(kind, function);
        }
        if function.filter.is_some() {
            return Err(unsupported(format_args!("FILTER on {name}")));
        }
        if name == "make_interval" {
            return self.make_interval(function);
        }
        let args = arguments(function)?;
        if let Some(typed) = self.special(&name, &args)? {
            return Ok(typed);
        }
        let bound: Fallible<Vec<Typed>> = args.iter().map(|arg| self.expr(arg)).collect();
        scalar(&name, bound?)
    }

    /// Functions with rules of their own for their arguments.
    fn special(&mut self, name: &str, args: &[&ast::Expr]) -> Fallible<Option<Typed>> {
        Ok(Some(match (name, args) {
            ("coalesce", _) => {
                let branches: Fallible<Vec<Typed>> = args.iter().map(|arg| self.expr(arg)).collect();
                let (list, ty) = unify(branches?)?;
                (Expr::Coalesce(list), ty)
            }
            ("greatest" | "least", _) => {
                let branches: Fallible<Vec<Typed>> = args.iter().map(|arg| self.expr(arg)).collect();
                let (list, ty) = unify(branches?)?;
                (if name == "greatest" { Expr::Greatest(list) } else { Expr::Least(list) }, ty)
            }
            ("nullif", [a, b]) => {
                let a = self.expr(a)?;
                let ty = a.1;
                let (a, b) = super::operator::comparable(a, self.expr(b)?)?;
                (Expr::Call { function: Function::NullIf, args: vec![a, b] }, ty)
            }
            ("date_trunc", [field, value]) => {
                let (Expr::Const(Value::Text(field)), _) = self.expr(field)? else {
                    return Err(unsupported("date_trunc by anything but a literal field"));
                };
                let function = Function::DateTrunc(time_field_named(&field)?);
                let value = coerce(self.expr(value)?, Type::Timestamptz)?;
                (Expr::Call { function, args: vec![value] }, Type::Timestamptz)
            }
            ("date_part", [field, value]) => {
                let (Expr::Const(Value::Text(field)), _) = self.expr(field)? else {
                    return Err(unsupported("date_part of anything but a literal field"));
                };
                let function = Function::Extract(time_field_named(&field)?);
                let call = Expr::Call { function, args: vec![self.expr(value)?.0] };
                (Expr::Cast { expr: Box::new(call), to: Type::Float8, implicit: false }, Type::Float8)
            }
            _ => return Ok(None),
        }))
    }

    /// `make_interval(secs => …)`: missing parts are 0.
    fn make_interval(&mut self, function: &ast::Function) -> Fallible<Typed> {
        const PARTS: [&str; 7] = ["years", "months", "weeks", "days", "hours", "mins", "secs"];
        let FunctionArguments::List(list) = &function.args else { return Err(unsupported("make_interval")) };
        let mut args = vec![Expr::Const(Value::Int(0)); PARTS.len()];
        for (position, arg) in list.args.iter().enumerate() {
            let (at, expr) = match arg {
                FunctionArg::Unnamed(FunctionArgExpr::Expr(expr)) => (position, expr),
                FunctionArg::Named { name, arg: FunctionArgExpr::Expr(expr), .. }
                | FunctionArg::ExprNamed {
                    name: ast::Expr::Identifier(name), arg: FunctionArgExpr::Expr(expr), ..
                } => {
                    let name = super::name_of(name);
                    (PARTS.iter().position(|part| *part == name).unwrap_or(PARTS.len()), expr)
                }
                other => return Err(unsupported(format_args!("the argument {other}"))),
            };
            let ty = if at == PARTS.len() - 1 { Type::Float8 } else { Type::Int4 };
            let value = coerce(self.expr(expr)?, ty)?;
            *args.get_mut(at).ok_or_else(|| unsupported("this argument of make_interval"))? = value;
        }
        Ok((Expr::Call { function: Function::MakeInterval, args }, Type::Interval))
    }
}

/// A function of plain values: converts the arguments, and names the result's type.
fn scalar(name: &str, args: Vec<Typed>) -> Fallible<Typed> {
    let types: Vec<Type> = args.iter().map(|(_, ty)| *ty).collect();
    let first = types.first().copied().unwrap_or(Type::Unknown);
    let number = if first == Type::Unknown { Type::Float8 } else { first };
    // For functions that know only numeric and double precision, integers count as double precision.
    let real = if let Type::Numeric(_) = first { Type::Numeric(None) } else { Type::Float8 };
    let text = |count: usize| vec![Type::Text; count];
    let any = || vec![Type::Unknown; types.len()];
    let (function, wanted, result) = match (name, types.len()) {
        ("abs", 1) => (Function::Abs, vec![number], number),
        ("array_length", 2) => (Function::ArrayLength, vec![Type::Unknown, Type::Int4], Type::Int4),
        ("cardinality", 1) => (Function::Cardinality, any(), Type::Int4),
        ("ceil" | "ceiling", 1) => (Function::Ceil, vec![real], real),
        ("floor", 1) => (Function::Floor, vec![real], real),
        ("trunc", 1) => (Function::Trunc, vec![real], real),
        ("round", 1) => (Function::Round, vec![real], real),
        ("round", 2) => (Function::Round, vec![Type::Numeric(None), Type::Int4], Type::Numeric(None)),
        ("sign", 1) => (Function::Sign, vec![real], real),
        ("sqrt", 1) => (Function::Sqrt, vec![Type::Float8], Type::Float8),
        ("power" | "pow", 2) => (Function::Power, vec![Type::Float8, Type::Float8], Type::Float8),
        ("clock_timestamp", 0) => (Function::ClockTimestamp, any(), Type::Timestamptz),
        ("statement_timestamp", 0) => (Function::StatementTimestamp, any(), Type::Timestamptz),
        ("now" | "transaction_timestamp" | "current_timestamp", 0) => (Function::Now, any(), Type::Timestamptz),
        ("concat", _) => (Function::Concat, any(), Type::Text),
        ("concat_ws", 1..) => (Function::ConcatWs, any(), Type::Text),
        ("jsonb_array_length", 1) => (Function::JsonArrayLength, vec![Type::Jsonb], Type::Int4),
        ("jsonb_typeof", 1) => (Function::JsonTypeof, vec![Type::Jsonb], Type::Text),
        ("jsonb_build_array", _) => (Function::JsonBuildArray, any(), Type::Jsonb),
        ("jsonb_build_object", _) => (Function::JsonBuildObject, any(), Type::Jsonb),
        ("to_jsonb", 1) => (Function::ToJsonb, any(), Type::Jsonb),
        ("left", 2) => (Function::Left, vec![Type::Text, Type::Int4], Type::Text),
        ("right", 2) => (Function::Right, vec![Type::Text, Type::Int4], Type::Text),
        ("length" | "char_length", 1) => (Function::Length, text(1), Type::Int4),
        ("lower", 1) => (Function::Lower, text(1), Type::Text),
        ("upper", 1) => (Function::Upper, text(1), Type::Text),
        ("btrim", 1) => (Function::Trim, text(1), Type::Text),
        ("replace", 3) => (Function::Replace, text(3), Type::Text),
        ("split_part", 3) => (Function::SplitPart, vec![Type::Text, Type::Text, Type::Int4], Type::Text),
        ("strpos", 2) => (Function::Strpos, text(2), Type::Int4),
        ("substr" | "substring", 2) => (Function::Substring, vec![Type::Text, Type::Int4], Type::Text),
        ("substr" | "substring", 3) => (Function::Substring, vec![Type::Text, Type::Int4, Type::Int4], Type::Text),
        ("pg_advisory_xact_lock" | "pg_advisory_xact_lock_shared", 1) => {
            let function = Function::AdvisoryLock { try_only: false, shared: name.ends_with("shared") };
            (function, vec![Type::Int8], Type::Unknown)
        }
        ("pg_try_advisory_xact_lock" | "pg_try_advisory_xact_lock_shared", 1) => {
            let function = Function::AdvisoryLock { try_only: true, shared: name.ends_with("shared") };
            (function, vec![Type::Int8], Type::Bool)
        }
        ("nextval", 1) => (Function::Nextval, vec![Type::Text], Type::Int8),
        ("setval", 2) => (Function::Setval, vec![Type::Text, Type::Int8], Type::Int8),
        ("setval", 3) => (Function::Setval, vec![Type::Text, Type::Int8, Type::Bool], Type::Int8),
        ("to_timestamp", 1) => (Function::ToTimestamp, vec![Type::Float8], Type::Timestamptz),
        ("mod", 2) => {
            let mut args = args.into_iter();
            let (Some(a), Some(b)) = (args.next(), args.next()) else { unreachable!("two were counted") };
            return super::operator::arithmetic(Arithmetic::Modulo, a, b);
        }
        _ => {
            let names: Vec<&str> = types.iter().map(|ty| ty.name()).collect();
            let message = format!("not supported by this engine: function {name}({})", names.join(", "));
            return Err(PgError::new("0A000", message));
        }
    };
    let args: Fallible<Vec<Expr>> = args.into_iter().zip(wanted).map(|(arg, ty)| coerce(arg, ty)).collect();
    Ok((Expr::Call { function, args: args? }, result))
}
