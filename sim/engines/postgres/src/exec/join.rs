//! Joining relations: nested loops in the planned order, each step finding its rows by the access path chosen for it.

#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "every other kind of value gets the same answer: a type error, or nothing"
)]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use super::{query, scan};
use crate::error::{Fallible, type_mismatch};
use crate::eval::{Cx, Frame, all_true, elements, eval};
use crate::plan::{Access, JoinKind, JoinStep, SelectPlan, Source};
use crate::storage::RowId;
use crate::value::{Row, Value};

/// One joined row: a row per slot, and where it is stored.
#[derive(Clone, Debug)]
pub(super) struct Joined {
    pub(super) rows: Vec<Row>,
    pub(super) ids: Vec<RowId>,
}

impl Joined {
    pub(super) fn new(slots: usize) -> Self {
        let empty: Row = Arc::new([]);
        Self { rows: vec![empty; slots], ids: vec![RowId::NONE; slots] }
    }

    pub(super) fn frame<'a>(&'a self, outer: Option<&'a Frame<'a>>) -> Frame<'a> {
        Frame { rows: &self.rows, computed: &[], outer }
    }
}

/// Receives joined rows until it breaks off.
pub(super) type Sink<'s> = &'s mut dyn FnMut(&Joined) -> Fallible<ControlFlow<()>>;

/// Rows of a relation read once and looked up many times.
struct Material {
    rows: Vec<(Row, RowId)>,
    by_key: BTreeMap<Vec<Value>, Vec<usize>>,
}

struct Join<'a> {
    plan: &'a SelectPlan,
    materials: Vec<Option<Material>>,
    outer: Option<&'a Frame<'a>>,
    cx: &'a Cx<'a>,
}

/// Every joined row that satisfies the conditions.
pub(super) fn join(plan: &SelectPlan, outer: Option<&Frame<'_>>, cx: &Cx<'_>, sink: Sink<'_>) -> Fallible<()> {
    let mut joined = Joined::new(plan.slots);
    if !all_true(&plan.constant, &joined.frame(outer), cx)? {
        return Ok(());
    }
    let mut join = Join { plan, materials: Vec::new(), outer, cx };
    for step in &plan.steps {
        let material = join.material(step, &joined)?;
        join.materials.push(material);
    }
    join.step(0, &mut joined, sink).map(drop)
}

impl Join<'_> {
    /// Reads a relation in advance, unless an index finds its rows or they depend on the rows before it.
    fn material(&self, step: &JoinStep, joined: &Joined) -> Fallible<Option<Material>> {
        let keys = match (&step.access, &step.source) {
            (Access::Index(_), _) | (Access::Scan, Source::Table(_)) => return Ok(None),
            (Access::Hash { columns, .. }, _) => columns.as_slice(),
            (Access::Scan, _) => &[],
        };
        if is_lateral(&step.source) {
            return Ok(None);
        }
        let frame = joined.frame(self.outer);
        let mut rows = Vec::new();
        let mut keep = |row: &Row, id: RowId| {
            rows.push((row.clone(), id));
            Ok(ControlFlow::Continue(()))
        };
        source_rows(&step.source, &frame, self.cx, &mut keep).map(drop)?;
        let mut by_key: BTreeMap<Vec<Value>, Vec<usize>> = BTreeMap::new();
        if !keys.is_empty() {
            for (position, (row, _)) in rows.iter().enumerate() {
                by_key.entry(keys.iter().map(|key| row[*key].clone()).collect()).or_default().push(position);
            }
        }
        Ok(Some(Material { rows, by_key }))
    }

    fn step(&self, depth: usize, joined: &mut Joined, sink: Sink<'_>) -> Fallible<ControlFlow<()>> {
        let Some(step) = self.plan.steps.get(depth) else { return sink(joined) };
        // What finds the rows is evaluated over the slots filled so far.
        let before = joined.clone_for_lookup(step);
        let frame = before.frame(self.outer);
        let mut matched = false;
        let mut visit = |row: &Row, id: RowId| -> Fallible<ControlFlow<()>> {
            joined.rows[step.slot] = row.clone();
            joined.ids[step.slot] = id;
            let frame = joined.frame(self.outer);
            if !all_true(&step.on, &frame, self.cx)? {
                return Ok(ControlFlow::Continue(()));
            }
            matched = true;
            if !all_true(&step.filter, &frame, self.cx)? {
                return Ok(ControlFlow::Continue(()));
            }
            self.step(depth + 1, joined, sink)
        };
        let flow = self.rows_of(depth, step, &frame, &mut visit)?;
        if flow.is_break() || step.kind == JoinKind::Inner || matched {
            return Ok(flow);
        }
        joined.rows[step.slot] = std::iter::repeat_n(Value::Null, step.source.width()).collect();
        joined.ids[step.slot] = RowId::NONE;
        if !all_true(&step.filter, &joined.frame(self.outer), self.cx)? {
            return Ok(ControlFlow::Continue(()));
        }
        self.step(depth + 1, joined, sink)
    }

    fn rows_of(
        &self,
        depth: usize,
        step: &JoinStep,
        frame: &Frame<'_>,
        visit: scan::Visit<'_>,
    ) -> Fallible<ControlFlow<()>> {
        if let (Access::Index(index), Source::Table(table)) = (&step.access, &step.source) {
            return scan::index_rows(table, index, frame, self.cx, visit);
        }
        let Some(material) = self.materials.get(depth).and_then(Option::as_ref) else {
            return source_rows(&step.source, frame, self.cx, visit);
        };
        if let Access::Hash { keys, .. } = &step.access {
            let key: Fallible<Vec<Value>> = keys.iter().map(|key| eval(key, frame, self.cx)).collect();
            for position in material.by_key.get(&key?).into_iter().flatten() {
                let (row, id) = &material.rows[*position];
                if visit(row, *id)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        for (row, id) in &material.rows {
            if visit(row, *id)?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

impl Joined {
    /// The rows a lookup reads, apart from the one being filled. Cheap: rows are shared.
    fn clone_for_lookup(&self, step: &JoinStep) -> Self {
        let reads_rows = match (&step.access, &step.source) {
            (Access::Scan, source) => is_lateral(source),
            (Access::Index(_) | Access::Hash { .. }, _) => self.rows.len() > 1,
        };
        if reads_rows { self.clone() } else { Self { rows: Vec::new(), ids: Vec::new() } }
    }
}

/// Whether a source reads the relations before it.
pub(crate) fn is_lateral(source: &Source) -> bool {
    match source {
        Source::Table(_) | Source::Cte { .. } => false,
        Source::Query { lateral, .. } => *lateral,
        Source::Unnest { arrays, .. } => !arrays.iter().all(crate::plan::Expr::is_row_free),
        Source::Series { from, to, step, .. } => {
            !(from.is_row_free() && to.is_row_free() && step.as_ref().is_none_or(crate::plan::Expr::is_row_free))
        }
        Source::JsonElements { json, .. } => !json.is_row_free(),
    }
}

fn source_rows(source: &Source, frame: &Frame<'_>, cx: &Cx<'_>, visit: scan::Visit<'_>) -> Fallible<ControlFlow<()>> {
    let rows: Vec<Row> = match source {
        Source::Table(table) => return scan::all_rows(table, cx, visit),
        Source::Cte { id, .. } => {
            let rows = cx.world()?.state.cte(*id).expect("WITH queries run before what reads them");
            for row in rows.iter() {
                if visit(row, RowId::NONE)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
            }
            return Ok(ControlFlow::Continue(()));
        }
        Source::Query { plan, lateral } => {
            // Not lateral: it sees the queries around this one, but not this one's rows.
            let around = if *lateral { *frame } else { Frame { rows: &[], computed: &[], outer: frame.outer } };
            query::run(plan, Some(&around), cx)?
        }
        Source::Unnest { arrays, ordinality } => {
            let arrays: Fallible<Vec<Vec<Value>>> =
                arrays.iter().map(|array| Ok(elements(&eval(array, frame, cx)?)?.unwrap_or_default())).collect();
            unnest(&arrays?, *ordinality)
        }
        Source::Series { from, to, step, ordinality } => {
            let bound = |expr| eval(expr, frame, cx);
            let step = step.as_ref().map_or(Ok(Value::Int(1)), bound)?;
            numbered(series(&bound(from)?, &bound(to)?, &step)?, *ordinality)
        }
        Source::JsonElements { json, as_text, ordinality } => {
            numbered(json_elements(&eval(json, frame, cx)?, *as_text)?, *ordinality)
        }
    };
    for row in &rows {
        if visit(row, RowId::NONE)?.is_break() {
            return Ok(ControlFlow::Break(()));
        }
    }
    Ok(ControlFlow::Continue(()))
}

fn ordinal(position: usize) -> Value {
    Value::Int(i64::try_from(position + 1).unwrap_or(i64::MAX))
}

/// Arrays side by side; the shorter ones are filled with NULL.
fn unnest(arrays: &[Vec<Value>], ordinality: bool) -> Vec<Row> {
    let longest = arrays.iter().map(Vec::len).max().unwrap_or(0);
    (0..longest)
        .map(|at| {
            let columns = arrays.iter().map(|array| array.get(at).cloned().unwrap_or_default());
            columns.chain(ordinality.then(|| ordinal(at))).collect()
        })
        .collect()
}

fn numbered(values: Vec<Value>, ordinality: bool) -> Vec<Row> {
    let rows = values.into_iter().enumerate();
    rows.map(|(at, value)| std::iter::once(value).chain(ordinality.then(|| ordinal(at))).collect()).collect()
}

fn series(from: &Value, to: &Value, step: &Value) -> Fallible<Vec<Value>> {
    let (Value::Int(from), Value::Int(to), Value::Int(step)) = (from, to, step) else {
        if from.is_null() || to.is_null() || step.is_null() {
            return Ok(Vec::new());
        }
        return Err(crate::error::unsupported("generate_series over anything but integers"));
    };
    if *step == 0 {
        return Err(crate::error::PgError::new("22023", "step size cannot equal zero"));
    }
    let mut values = Vec::new();
    let mut next = *from;
    while (*step > 0 && next <= *to) || (*step < 0 && next >= *to) {
        values.push(Value::Int(next));
        let Some(after) = next.checked_add(*step) else { break };
        next = after;
    }
    Ok(values)
}

fn json_elements(json: &Value, as_text: bool) -> Fallible<Vec<Value>> {
    match json {
        Value::Null => Ok(Vec::new()),
        Value::Json(json) => {
            let items = json
                .as_array()
                .ok_or_else(|| crate::error::PgError::new("22023", "cannot extract elements from a non-array"))?;
            Ok(items
                .iter()
                .map(|item| if as_text { crate::eval::json_text(item) } else { Value::Json(Arc::new(item.clone())) })
                .collect())
        }
        _ => Err(type_mismatch("jsonb_array_elements takes jsonb")),
    }
}
