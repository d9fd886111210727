//! Types of operators: which operands go together, and what an untyped literal or parameter becomes beside the other.

use super::Typed;
use crate::error::{Fallible, PgError};
use crate::eval::cast;
use crate::plan::{Arithmetic, Comparison, Expr};
use crate::types::Type;
use crate::value::Value;

/// Converts an expression where the context wants another type.
pub(crate) fn coerce((expr, from): Typed, to: Type) -> Fallible<Expr> {
    if from == to || to == Type::Unknown {
        return Ok(expr);
    }
    if let Expr::Const(value) = &expr {
        return cast(value, to, true).map(Expr::Const);
    }
    let widens = matches!((from, to), (Type::Int2, Type::Int4 | Type::Int8) | (Type::Int4, Type::Int8));
    if widens || matches!((from, to), (Type::Numeric(_), Type::Numeric(None))) {
        return Ok(expr);
    }
    Ok(Expr::Cast { expr: Box::new(expr), to, implicit: true })
}

/// The type several branches agree on.
pub(crate) fn common_type(types: &[Type]) -> Type {
    let mut common = Type::Unknown;
    for ty in types {
        common = match (common, *ty) {
            (Type::Unknown, ty) => ty,
            (common, Type::Unknown) => common,
            (a, b) if a == b => a,
            (a, b) if a.is_number() && b.is_number() => wider(a, b),
            (a, _) => a,
        };
    }
    common
}

fn wider(a: Type, b: Type) -> Type {
    if a == Type::Float8 || b == Type::Float8 {
        Type::Float8
    } else if a.is_integer() && b.is_integer() {
        a.max(b)
    } else {
        Type::Numeric(None)
    }
}

/// Brings several branches to their common type.
pub(crate) fn unify(branches: Vec<Typed>) -> Fallible<(Vec<Expr>, Type)> {
    let types: Vec<Type> = branches.iter().map(|(_, ty)| *ty).collect();
    let common = common_type(&types);
    let exprs: Fallible<Vec<Expr>> = branches.into_iter().map(|branch| coerce(branch, common)).collect();
    Ok((exprs?, common))
}

fn no_operator(left: Type, op: &str, right: Type) -> Box<PgError> {
    PgError::new("42883", format!("operator does not exist: {} {op} {}", left.name(), right.name()))
}

/// Both sides of a comparison, converted so that they compare.
pub(crate) fn comparable(left: Typed, right: Typed) -> Fallible<(Expr, Expr)> {
    let (a, b) = (left.1, right.1);
    match (a, b) {
        (Type::Unknown, _) => Ok((coerce(left, b)?, right.0)),
        (_, Type::Unknown) => {
            let right = coerce(right, a)?;
            Ok((left.0, right))
        }
        _ if a == b || a.is_number() && b.is_number() => Ok((left.0, right.0)),
        _ => Err(no_operator(a, "=", b)),
    }
}

/// `left op right`
pub(crate) fn compare(op: Comparison, left: Typed, right: Typed) -> Fallible<Expr> {
    let (left, right) = comparable(left, right)?;
    Ok(Expr::Compare { op, left: Box::new(left), right: Box::new(right) })
}

/// `left + right` and its kin.
pub(crate) fn arithmetic(op: Arithmetic, left: Typed, right: Typed) -> Fallible<Typed> {
    let (a, b) = (left.1, right.1);
    let (left, right, ty) = match (a, b) {
        _ if a.is_number() && b.is_number() => (left.0, right.0, wider(a, b)),
        (Type::Unknown, Type::Unknown) => (left.0, right.0, Type::Unknown),
        (Type::Interval, Type::Unknown) if matches!(op, Arithmetic::Multiply | Arithmetic::Divide) => {
            (left.0, coerce(right, Type::Float8)?, Type::Interval)
        }
        (Type::Unknown, Type::Interval) if op == Arithmetic::Multiply => {
            (coerce(left, Type::Float8)?, right.0, Type::Interval)
        }
        (Type::Timestamptz, Type::Unknown) if op == Arithmetic::Add || is_interval_text(&right.0) => {
            (left.0, coerce(right, Type::Interval)?, Type::Timestamptz)
        }
        (Type::Unknown, ty) if ty.is_number() || op != Arithmetic::Subtract => (coerce(left, ty)?, right.0, ty),
        (ty, Type::Unknown) => {
            let result = if ty == Type::Timestamptz { Type::Interval } else { ty };
            (left.0, coerce(right, ty)?, result)
        }
        _ => {
            let ty = dates(op, a, b).ok_or_else(|| no_operator(a, sign(op), b))?;
            (left.0, right.0, ty)
        }
    };
    let ty = if let Type::Numeric(_) = ty { Type::Numeric(None) } else { ty };
    Ok((Expr::Arithmetic { op, left: Box::new(left), right: Box::new(right), ty }, ty))
}

fn is_interval_text(expr: &Expr) -> bool {
    matches!(expr, Expr::Const(Value::Text(text)) if crate::value::timestamp::parse(text).is_err())
}

fn dates(op: Arithmetic, a: Type, b: Type) -> Option<Type> {
    match (op, a, b) {
        (Arithmetic::Add, Type::Timestamptz, Type::Interval)
        | (Arithmetic::Add, Type::Interval, Type::Timestamptz)
        | (Arithmetic::Subtract, Type::Timestamptz, Type::Interval) => Some(Type::Timestamptz),
        (Arithmetic::Subtract, Type::Timestamptz, Type::Timestamptz)
        | (Arithmetic::Add | Arithmetic::Subtract, Type::Interval, Type::Interval) => Some(Type::Interval),
        (Arithmetic::Multiply | Arithmetic::Divide, Type::Interval, ty) if ty.is_number() => Some(Type::Interval),
        (Arithmetic::Multiply, ty, Type::Interval) if ty.is_number() => Some(Type::Interval),
        _ => None,
    }
}

fn sign(op: Arithmetic) -> &'static str {
    match op {
        Arithmetic::Add => "+",
        Arithmetic::Subtract => "-",
        Arithmetic::Multiply => "*",
        Arithmetic::Divide => "/",
        Arithmetic::Modulo => "%",
    }
}

/// An expression used as a condition.
pub(crate) fn condition(typed: Typed, clause: &str) -> Fallible<Expr> {
    if matches!(typed.1, Type::Bool | Type::Unknown) {
        return coerce(typed, Type::Bool);
    }
    let message = format!("argument of {clause} must be type boolean, not type {}", typed.1.name());
    Err(PgError::new("42804", message))
}
