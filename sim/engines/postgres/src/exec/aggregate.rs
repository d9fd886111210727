//! GROUP BY and the aggregate functions.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::join::join;
use super::select::Unit;
use super::sort::{compare_keys, key_values};
use crate::error::{Fallible, type_mismatch};
use crate::eval::{Cx, Frame, all_true, arithmetic, array, cast, eval, is_true, to_json};
use crate::plan::{Aggregate, AggregateKind, Arithmetic, Grouping, SelectPlan};
use crate::types::Type;
use crate::value::{Row, Value};

/// An aggregate's arguments for one row, with its sort values when the call has an ORDER BY.
type Input = (Vec<Value>, Vec<Value>);

/// A group while it fills.
struct Group {
    /// Rows of its first member, for columns that depend on the keys.
    rows: Vec<Row>,
    states: Vec<State>,
}

/// One aggregate over one group so far.
struct State {
    accumulator: Accumulator,
    seen: BTreeSet<Vec<Value>>,
    /// Inputs put aside to be sorted first.
    waiting: Vec<Input>,
}

impl State {
    fn new() -> Self {
        Self { accumulator: Accumulator::default(), seen: BTreeSet::new(), waiting: Vec::new() }
    }
}

/// Groups in the order of their keys; a single group, even of no rows, when there are no keys.
pub(super) fn groups(
    plan: &SelectPlan,
    grouping: &Grouping,
    outer: Option<&Frame<'_>>,
    cx: &Cx<'_>,
) -> Fallible<Vec<Unit>> {
    let mut groups: BTreeMap<Vec<Value>, Group> = BTreeMap::new();
    let new_group = |rows: Vec<Row>| Group { rows, states: grouping.aggregates.iter().map(|_| State::new()).collect() };
    join(plan, outer, cx, &mut |joined| {
        let frame = joined.frame(outer);
        let key: Fallible<Vec<Value>> = grouping.keys.iter().map(|key| eval(key, &frame, cx)).collect();
        let group = groups.entry(key?).or_insert_with(|| new_group(joined.rows.clone()));
        for (call, state) in grouping.aggregates.iter().zip(&mut group.states) {
            feed(call, state, &frame, cx)?;
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if groups.is_empty() && grouping.keys.is_empty() {
        let nulls = plan.steps.iter().map(|step| (step.slot, step.source.width()));
        let mut rows = vec![Row::from([]); plan.slots];
        for (slot, width) in nulls {
            rows[slot] = vec![Value::Null; width].into();
        }
        groups.insert(Vec::new(), new_group(rows));
    }
    let mut units = Vec::with_capacity(groups.len());
    for (key, group) in groups {
        let mut computed = key;
        for (call, state) in grouping.aggregates.iter().zip(group.states) {
            computed.push(finish(call, state)?);
        }
        let unit = Unit { rows: group.rows, computed };
        if all_true(grouping.having.as_slice(), &unit.frame(outer), cx)? {
            units.push(unit);
        }
    }
    Ok(units)
}

fn feed(call: &Aggregate, state: &mut State, frame: &Frame<'_>, cx: &Cx<'_>) -> Fallible<()> {
    if let Some(filter) = &call.filter
        && !is_true(filter, frame, cx)?
    {
        return Ok(());
    }
    let args: Fallible<Vec<Value>> = call.args.iter().map(|arg| eval(arg, frame, cx)).collect();
    let args = args?;
    if call.distinct && !state.seen.insert(args.clone()) {
        return Ok(());
    }
    if call.order.is_empty() {
        return state.accumulator.add(call.kind, &args, call.ty);
    }
    state.waiting.push((args, key_values(&call.order, frame, cx)?));
    Ok(())
}

fn finish(call: &Aggregate, state: State) -> Fallible<Value> {
    let State { mut accumulator, mut waiting, .. } = state;
    waiting.sort_by(|(_, a), (_, b)| compare_keys(&call.order, a, b));
    for (args, _) in waiting {
        accumulator.add(call.kind, &args, call.ty)?;
    }
    accumulator.result(call.kind, call.ty)
}

/// What any aggregate needs to remember.
#[derive(Clone, Default)]
pub(super) struct Accumulator {
    count: i64,
    value: Value,
    items: Vec<Value>,
    separator: Option<String>,
}

impl Accumulator {
    /// Takes in one row's arguments.
    pub(super) fn add(&mut self, kind: AggregateKind, args: &[Value], ty: Type) -> Fallible<()> {
        if kind == AggregateKind::CountRows {
            self.count += 1;
            return Ok(());
        }
        let Some(value) = args.first() else { return Ok(()) };
        let keeps_nulls =
            matches!(kind, AggregateKind::ArrayAgg | AggregateKind::JsonAgg | AggregateKind::JsonObjectAgg);
        if value.is_null() && !keeps_nulls {
            return Ok(());
        }
        self.count += 1;
        let first = self.count == 1;
        match kind {
            AggregateKind::CountRows | AggregateKind::Count => {}
            AggregateKind::Sum | AggregateKind::Average => {
                let start = if first { cast(value, sum_type(value, ty), true)? } else { Value::Null };
                self.value = if first { start } else { arithmetic(Arithmetic::Add, &self.value, value, Type::Int8)? };
            }
            AggregateKind::Min if first || *value < self.value => self.value = value.clone(),
            AggregateKind::Max if first || *value > self.value => self.value = value.clone(),
            AggregateKind::Min | AggregateKind::Max => {}
            AggregateKind::BoolAnd if first || value.as_bool() == Some(false) => self.value = value.clone(),
            AggregateKind::BoolOr if first || value.as_bool() == Some(true) => self.value = value.clone(),
            AggregateKind::BoolAnd | AggregateKind::BoolOr => {}
            AggregateKind::ArrayAgg | AggregateKind::JsonAgg => self.items.push(value.clone()),
            AggregateKind::StringAgg => {
                let separator = args.get(1).filter(|separator| !separator.is_null()).map(ToString::to_string);
                self.items.push(value.clone());
                self.separator = separator;
            }
            AggregateKind::JsonObjectAgg => {
                self.items.push(value.clone());
                self.items.push(args.get(1).cloned().unwrap_or_default());
            }
        }
        Ok(())
    }

    /// The aggregate's value over what it has taken in.
    pub(super) fn result(&self, kind: AggregateKind, ty: Type) -> Fallible<Value> {
        Ok(match kind {
            AggregateKind::CountRows | AggregateKind::Count => Value::Int(self.count),
            _ if self.count == 0 => Value::Null,
            AggregateKind::Average => {
                let sum =
                    if ty == Type::Float8 { self.value.clone() } else { cast(&self.value, Type::Numeric(None), true)? };
                arithmetic(Arithmetic::Divide, &sum, &cast(&Value::Int(self.count), ty, true)?, ty)?
            }
            AggregateKind::Sum
            | AggregateKind::Min
            | AggregateKind::Max
            | AggregateKind::BoolAnd
            | AggregateKind::BoolOr => self.value.clone(),
            AggregateKind::ArrayAgg => array(self.items.clone(), ty)?,
            AggregateKind::StringAgg => {
                let texts: Vec<String> = self.items.iter().map(ToString::to_string).collect();
                Value::from(texts.join(self.separator.as_deref().unwrap_or("")))
            }
            AggregateKind::JsonAgg => Value::Json(Arc::new(self.items.iter().map(to_json).collect())),
            AggregateKind::JsonObjectAgg => {
                let mut map = serde_json::Map::new();
                for pair in self.items.chunks(2) {
                    let [key, value] = pair else { continue };
                    if key.is_null() {
                        return Err(type_mismatch("field name must not be null"));
                    }
                    map.insert(key.to_string(), to_json(value));
                }
                Value::Json(Arc::new(serde_json::Value::Object(map)))
            }
        })
    }
}

/// `sum(bigint)` adds up in numeric, narrower integers in bigint.
fn sum_type(value: &Value, result: Type) -> Type {
    match (value, result) {
        (Value::Int(_), Type::Numeric(_)) => Type::Numeric(None),
        (Value::Int(_), _) => Type::Int8,
        _ => Type::Unknown,
    }
}
