//! Binding expressions.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "the grammar's enums are vast; what is not listed is refused by name"
)]

use sqlparser::ast::{
    self, AccessExpr, BinaryOperator, CaseWhen, DateTimeField, Ident, Subscript, UnaryOperator, Value as Literal,
};

use super::operator::{arithmetic, coerce, comparable, compare, condition, unify};
use super::{Binder, Typed, name_of};
use crate::error::{Fallible, PgError, syntax, unsupported};
use crate::plan::{Arithmetic, Comparison, Expr, Function, JsonStep, TimeField};
use crate::types::{self, Type};
use crate::value::{Interval, Numeric, Value};

impl Binder<'_> {
    /// Binds one expression.
    pub(crate) fn expr(&mut self, expr: &ast::Expr) -> Fallible<Typed> {
        match expr {
            ast::Expr::Nested(inner) => self.expr(inner),
            ast::Expr::Identifier(name) => self.column(None, &name_of(name)),
            ast::Expr::CompoundIdentifier(parts) => self.compound(parts),
            ast::Expr::Value(value) => literal(&value.value),
            ast::Expr::TypedString(typed) => {
                let text = self.expr(&ast::Expr::Value(typed.value.clone()))?;
                let ty = types::from_ast(&typed.data_type)?;
                Ok((coerce(text, ty)?, ty))
            }
            ast::Expr::Interval(interval) => self.interval(interval),
            ast::Expr::Cast {
                kind: ast::CastKind::Cast | ast::CastKind::DoubleColon,
                expr,
                data_type,
                format: None,
            } => self.cast(expr, data_type),
            ast::Expr::UnaryOp { op, expr } => self.unary(*op, expr),
            ast::Expr::BinaryOp { left, op, right } => self.binary(left, op, right),
            ast::Expr::IsNull(inner) => self.is_null(inner, false),
            ast::Expr::IsNotNull(inner) => self.is_null(inner, true),
            ast::Expr::IsTrue(inner) => self.is_bool(inner, true, false),
            ast::Expr::IsNotTrue(inner) => self.is_bool(inner, true, true),
            ast::Expr::IsFalse(inner) => self.is_bool(inner, false, false),
            ast::Expr::IsNotFalse(inner) => self.is_bool(inner, false, true),
            ast::Expr::IsDistinctFrom(left, right) => self.distinct(left, right, false),
            ast::Expr::IsNotDistinctFrom(left, right) => self.distinct(left, right, true),
            ast::Expr::Between { expr, negated, low, high } => self.between(expr, *negated, low, high),
            ast::Expr::Like { negated, any: false, expr, pattern, escape_char: None } => {
                self.like(expr, pattern, *negated, false)
            }
            ast::Expr::ILike { negated, any: false, expr, pattern, escape_char: None } => {
                self.like(expr, pattern, *negated, true)
            }
            ast::Expr::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            ast::Expr::In { expr, target, negated, global: false } => self.in_target(expr, target, *negated),
            ast::Expr::AnyOp { left, compare_op, right, .. } => self.quantified(left, compare_op, right, false),
            ast::Expr::AllOp { left, compare_op, right } => self.quantified(left, compare_op, right, true),
            ast::Expr::Exists { subquery, negated } => self.exists(subquery, *negated),
            ast::Expr::Subquery(query) => self.scalar_subquery(query),
            ast::Expr::Array(array) => self.array(&array.elem),
            ast::Expr::CompoundFieldAccess { root, access_chain } => self.element(root, access_chain),
            ast::Expr::Function(function) => self.function(function),
            ast::Expr::Extract { field, expr, .. } => {
                let field = Function::Extract(time_field(field)?);
                self.call(field, &[expr.as_ref()], Type::Numeric(None))
            }
            ast::Expr::Ceil { expr, .. } => self.rounding(Function::Ceil, expr),
            ast::Expr::Floor { expr, .. } => self.rounding(Function::Floor, expr),
            ast::Expr::Position { expr, r#in } => self.call(Function::Strpos, &[r#in, expr], Type::Int4),
            ast::Expr::Substring { expr, substring_from: Some(from), substring_for, .. } => {
                let args: Vec<&ast::Expr> =
                    [expr.as_ref(), from.as_ref()].into_iter().chain(substring_for.as_deref()).collect();
                self.call(Function::Substring, &args, Type::Text)
            }
            ast::Expr::Trim { trim_where: None, trim_what: None, expr, trim_characters: None } => {
                self.call(Function::Trim, &[expr], Type::Text)
            }
            other => Err(unsupported(format_args!("the expression {other}"))),
        }
    }

    /// A condition of WHERE, ON, HAVING and the like.
    pub(crate) fn condition(&mut self, expr: &ast::Expr, clause: &str) -> Fallible<Expr> {
        condition(self.expr(expr)?, clause)
    }

    fn compound(&mut self, parts: &[Ident]) -> Fallible<Typed> {
        match parts {
            [relation, column] => self.column(Some(&name_of(relation)), &name_of(column)),
            [schema, relation, column] if name_of(schema) == "public" => {
                self.column(Some(&name_of(relation)), &name_of(column))
            }
            _ => Err(unsupported("names of more than two parts")),
        }
    }

    fn interval(&mut self, interval: &ast::Interval) -> Fallible<Typed> {
        let (Expr::Const(Value::Text(text)), Type::Unknown) = self.expr(&interval.value)? else {
            return Err(unsupported("INTERVAL of anything but a literal"));
        };
        let unit = interval.leading_field.as_ref().map(|field| format!(" {field}")).unwrap_or_default();
        let parsed = Interval::parse(&format!("{text}{}", unit.to_lowercase()))?;
        Ok((Expr::Const(Value::Interval(parsed)), Type::Interval))
    }

    fn cast(&mut self, expr: &ast::Expr, data_type: &ast::DataType) -> Fallible<Typed> {
        let to = types::from_ast(data_type)?;
        let (inner, from) = self.expr(expr)?;
        if from == to {
            return Ok((inner, to));
        }
        if let (Expr::Const(_), Type::Unknown) = (&inner, from) {
            return Ok((coerce((inner, from), to)?, to));
        }
        Ok((Expr::Cast { expr: Box::new(inner), to, implicit: from == Type::Unknown }, to))
    }

    fn unary(&mut self, op: UnaryOperator, expr: &ast::Expr) -> Fallible<Typed> {
        if let (UnaryOperator::Minus, ast::Expr::Value(value)) = (op, expr)
            && let Literal::Number(number, _) = &value.value
        {
            return number_literal(&format!("-{number}"));
        }
        let (inner, ty) = self.expr(expr)?;
        match op {
            UnaryOperator::Not => Ok((Expr::Not(Box::new(condition((inner, ty), "NOT")?)), Type::Bool)),
            UnaryOperator::Minus => Ok((Expr::Negate { expr: Box::new(inner), ty }, ty)),
            UnaryOperator::Plus => Ok((inner, ty)),
            other => Err(unsupported(format_args!("operator {other}"))),
        }
    }

    fn binary(&mut self, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr) -> Fallible<Typed> {
        if let Some(op) = comparison_of(op) {
            if let (ast::Expr::Tuple(left), ast::Expr::Tuple(right)) = (left, right) {
                return self.row_compare(op, left, right);
            }
            let (left, right) = (self.expr(left)?, self.expr(right)?);
            return Ok((compare(op, left, right)?, Type::Bool));
        }
        if let Some(op) = arithmetic_of(op) {
            let (left, right) = (self.expr(left)?, self.expr(right)?);
            if op == Arithmetic::Subtract && left.1 == Type::Jsonb {
                return Err(unsupported("jsonb - key"));
            }
            return arithmetic(op, left, right);
        }
        match op {
            BinaryOperator::And | BinaryOperator::Or => {
                let clause = op.to_string();
                let list = vec![self.condition(left, &clause)?, self.condition(right, &clause)?];
                let expr = if *op == BinaryOperator::And { Expr::And(list) } else { Expr::Or(list) };
                Ok((expr, Type::Bool))
            }
            BinaryOperator::StringConcat => self.concat(left, right),
            _ => self.json_operator(left, op, right),
        }
    }

    fn row_compare(&mut self, op: Comparison, left: &[ast::Expr], right: &[ast::Expr]) -> Fallible<Typed> {
        if left.len() != right.len() {
            return Err(syntax("unequal number of entries in row expressions"));
        }
        let (mut lefts, mut rights) = (Vec::new(), Vec::new());
        for (left, right) in left.iter().zip(right) {
            let (left, right) = comparable(self.expr(left)?, self.expr(right)?)?;
            lefts.push(left);
            rights.push(right);
        }
        if op == Comparison::Equal {
            let pairs = lefts.into_iter().zip(rights);
            let equal = pairs.map(|(left, right)| Expr::Compare { op, left: left.into(), right: right.into() });
            return Ok((Expr::And(equal.collect()), Type::Bool));
        }
        Ok((Expr::RowCompare { op, left: lefts, right: rights }, Type::Bool))
    }

    fn concat(&mut self, left: &ast::Expr, right: &ast::Expr) -> Fallible<Typed> {
        let (left, right) = (self.expr(left)?, self.expr(right)?);
        let ty = match (left.1, right.1) {
            (Type::Jsonb, _) | (_, Type::Jsonb) => Type::Jsonb,
            (Type::IntArray, _) | (_, Type::IntArray) => Type::IntArray,
            (Type::TextArray, _) | (_, Type::TextArray) => Type::TextArray,
            _ => Type::Text,
        };
        let side = |typed: Typed| if ty == Type::Jsonb { coerce(typed, ty) } else { Ok(typed.0) };
        Ok((Expr::Concat(Box::new(side(left)?), Box::new(side(right)?)), ty))
    }

    fn json_operator(&mut self, left: &ast::Expr, op: &BinaryOperator, right: &ast::Expr) -> Fallible<Typed> {
        let (op, ty, right_type) = match op {
            BinaryOperator::Arrow => (JsonStep::Get, Type::Jsonb, Type::Unknown),
            BinaryOperator::LongArrow => (JsonStep::GetText, Type::Text, Type::Unknown),
            BinaryOperator::HashArrow => (JsonStep::Path, Type::Jsonb, Type::TextArray),
            BinaryOperator::HashLongArrow => (JsonStep::PathText, Type::Text, Type::TextArray),
            BinaryOperator::AtArrow => (JsonStep::Contains, Type::Bool, Type::Jsonb),
            BinaryOperator::Question => (JsonStep::HasKey, Type::Bool, Type::Text),
            other => return Err(unsupported(format_args!("operator {other}"))),
        };
        let left = coerce(self.expr(left)?, Type::Jsonb)?;
        let right = coerce(self.expr(right)?, right_type)?;
        Ok((Expr::Json { op, left: Box::new(left), right: Box::new(right) }, ty))
    }

    fn is_null(&mut self, expr: &ast::Expr, negated: bool) -> Fallible<Typed> {
        let (expr, _) = self.expr(expr)?;
        Ok((Expr::IsNull { expr: Box::new(expr), negated }, Type::Bool))
    }

    fn is_bool(&mut self, expr: &ast::Expr, wanted: bool, negated: bool) -> Fallible<Typed> {
        let expr = self.condition(expr, "IS TRUE")?;
        Ok((Expr::IsBool { expr: Box::new(expr), wanted, negated }, Type::Bool))
    }

    fn distinct(&mut self, left: &ast::Expr, right: &ast::Expr, negated: bool) -> Fallible<Typed> {
        let (left, right) = comparable(self.expr(left)?, self.expr(right)?)?;
        Ok((Expr::Distinct { left: Box::new(left), right: Box::new(right), negated }, Type::Bool))
    }

    fn between(&mut self, expr: &ast::Expr, negated: bool, low: &ast::Expr, high: &ast::Expr) -> Fallible<Typed> {
        let (value, low, high) = (self.expr(expr)?, self.expr(low)?, self.expr(high)?);
        let inside = Expr::And(vec![
            compare(Comparison::GreaterOrEqual, value.clone(), low)?,
            compare(Comparison::LessOrEqual, value, high)?,
        ]);
        Ok((if negated { Expr::Not(Box::new(inside)) } else { inside }, Type::Bool))
    }

    fn like(&mut self, expr: &ast::Expr, pattern: &ast::Expr, negated: bool, fold_case: bool) -> Fallible<Typed> {
        let expr = Box::new(coerce(self.expr(expr)?, Type::Text)?);
        let pattern = Box::new(coerce(self.expr(pattern)?, Type::Text)?);
        Ok((Expr::Like { expr, pattern, negated, fold_case }, Type::Bool))
    }

    fn case(
        &mut self,
        operand: Option<&ast::Expr>,
        conditions: &[CaseWhen],
        otherwise: Option<&ast::Expr>,
    ) -> Fallible<Typed> {
        let operand = operand.map(|operand| self.expr(operand)).transpose()?;
        let (mut whens, mut thens) = (Vec::new(), Vec::new());
        for branch in conditions {
            whens.push(match &operand {
                Some(operand) => compare(Comparison::Equal, operand.clone(), self.expr(&branch.condition)?)?,
                None => self.condition(&branch.condition, "CASE/WHEN")?,
            });
            thens.push(self.expr(&branch.result)?);
        }
        thens.push(match otherwise {
            Some(otherwise) => self.expr(otherwise)?,
            None => (Expr::Const(Value::Null), Type::Unknown),
        });
        let (mut thens, ty) = unify(thens)?;
        let otherwise = Box::new(thens.pop().expect("the ELSE branch was pushed above"));
        Ok((Expr::Case { branches: whens.into_iter().zip(thens).collect(), otherwise }, ty))
    }

    fn array(&mut self, items: &[ast::Expr]) -> Fallible<Typed> {
        let items: Fallible<Vec<Typed>> = items.iter().map(|item| self.expr(item)).collect();
        let (items, element) = unify(items?)?;
        let ty = element.array_of().ok_or_else(|| unsupported(format_args!("arrays of {}", element.name())))?;
        Ok((Expr::Array { items, ty }, ty))
    }

    fn element(&mut self, root: &ast::Expr, chain: &[AccessExpr]) -> Fallible<Typed> {
        let [AccessExpr::Subscript(Subscript::Index { index })] = chain else {
            return Err(unsupported("this kind of field access"));
        };
        let (array, ty) = self.expr(root)?;
        let index = Box::new(coerce(self.expr(index)?, Type::Int8)?);
        Ok((Expr::Element { array: Box::new(array), index }, ty.element()))
    }

    fn rounding(&mut self, function: Function, expr: &ast::Expr) -> Fallible<Typed> {
        let (arg, ty) = self.expr(expr)?;
        let result = if let Type::Numeric(_) = ty { Type::Numeric(None) } else { Type::Float8 };
        Ok((Expr::Call { function, args: vec![arg] }, result))
    }

    pub(crate) fn call(&mut self, function: Function, args: &[&ast::Expr], ty: Type) -> Fallible<Typed> {
        let args: Fallible<Vec<Expr>> = args.iter().map(|arg| self.expr(arg).map(|(expr, _)| expr)).collect();
        Ok((Expr::Call { function, args: args? }, ty))
    }
}

/// The comparison an operator stands for.
pub(crate) fn comparison_of(op: &BinaryOperator) -> Option<Comparison> {
    Some(match op {
        BinaryOperator::Eq => Comparison::Equal,
        BinaryOperator::NotEq => Comparison::NotEqual,
        BinaryOperator::Lt => Comparison::Less,
        BinaryOperator::LtEq => Comparison::LessOrEqual,
        BinaryOperator::Gt => Comparison::Greater,
        BinaryOperator::GtEq => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn arithmetic_of(op: &BinaryOperator) -> Option<Arithmetic> {
    Some(match op {
        BinaryOperator::Plus => Arithmetic::Add,
        BinaryOperator::Minus => Arithmetic::Subtract,
        BinaryOperator::Multiply => Arithmetic::Multiply,
        BinaryOperator::Divide => Arithmetic::Divide,
        BinaryOperator::Modulo => Arithmetic::Modulo,
        _ => return None,
    })
}

fn literal(value: &Literal) -> Fallible<Typed> {
    Ok(match value {
        Literal::Null => (Expr::Const(Value::Null), Type::Unknown),
        Literal::Boolean(value) => (Expr::Const(Value::Bool(*value)), Type::Bool),
        Literal::Number(number, _) => number_literal(number)?,
        Literal::SingleQuotedString(text) | Literal::EscapedStringLiteral(text) => {
            (Expr::Const(Value::text(text.as_str())), Type::Unknown)
        }
        Literal::DollarQuotedString(text) => (Expr::Const(Value::text(text.value.as_str())), Type::Unknown),
        Literal::Placeholder(name) => {
            let position = name.strip_prefix('$').and_then(|digits| digits.parse::<usize>().ok());
            let position = position.and_then(|position| position.checked_sub(1));
            let position = position.ok_or_else(|| PgError::new("42P02", format!("there is no parameter {name}")))?;
            (Expr::Param(position), Type::Unknown)
        }
        other => return Err(unsupported(format_args!("the literal {other}"))),
    })
}

fn number_literal(number: &str) -> Fallible<Typed> {
    if let Ok(value) = number.parse::<i64>() {
        let ty = if i32::try_from(value).is_ok() { Type::Int4 } else { Type::Int8 };
        return Ok((Expr::Const(Value::Int(value)), ty));
    }
    Ok((Expr::Const(Value::numeric(Numeric::parse(number)?)), Type::Numeric(None)))
}

/// A field name of EXTRACT.
fn time_field(field: &DateTimeField) -> Fallible<TimeField> {
    time_field_named(&field.to_string())
}

/// A field name of `date_trunc` or EXTRACT.
pub(crate) fn time_field_named(name: &str) -> Fallible<TimeField> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "epoch" => TimeField::Epoch,
        "milliseconds" | "millisecond" => TimeField::Millisecond,
        "microseconds" | "microsecond" => TimeField::Microsecond,
        "second" | "seconds" => TimeField::Second,
        "minute" | "minutes" => TimeField::Minute,
        "hour" | "hours" => TimeField::Hour,
        "day" | "days" => TimeField::Day,
        "dow" => TimeField::Dow,
        "month" | "months" => TimeField::Month,
        "year" | "years" => TimeField::Year,
        other => return Err(unsupported(format_args!("the time field {other}"))),
    })
}
