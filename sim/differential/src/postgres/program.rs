//! A program: statements given to a few sessions in turn.

use std::fmt;

use postgres_engine::Value;

/// A parameter of the type that a client says it is of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Param {
    Int(Option<i64>),
    Text(Option<String>),
    Bool(bool),
    /// `double precision`, a whole number.
    Float(i64),
    Ints(Vec<i64>),
    Texts(Vec<String>),
    /// `timestamptz`: microseconds since 1970, and as text.
    Moment {
        at_us: i64,
        shown: String,
    },
}

/// What one step does. Steps of a session that waits in a statement are passed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A statement, through the extended protocol if it has parameters; whether it asks for an order of its rows.
    Statement { sql: String, params: Vec<Param>, ordered: bool },
    /// `lock_timeout` is switched on or off. Passed over in a transaction, and where timers come late.
    LockTimeout(bool),
}

/// One step of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) session: usize,
    pub(super) action: Action,
    /// Goes on in a failed transaction instead of rolling it back first.
    pub(super) stubborn: bool,
}

/// When a statement that waits looks for a deadlock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Timers {
    /// Before the next step: whoever closes a cycle is the victim.
    Eager,
    /// Long after: whoever waited first is the victim.
    Late,
}

/// Statements given to a few sessions in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub(super) timers: Timers,
    pub(super) steps: Vec<Step>,
    /// Whether transactions still open at the end are committed rather than rolled back.
    pub(super) commit_at_end: bool,
}

impl Param {
    /// The type's number on a server.
    pub(super) fn oid(&self) -> i32 {
        match self {
            Self::Bool(_) => 16,
            Self::Int(_) => 20,
            Self::Text(_) => 25,
            Self::Float(_) => 701,
            Self::Texts(_) => 1009,
            Self::Ints(_) => 1016,
            Self::Moment { .. } => 1184,
        }
    }

    /// As a server reads it; `None` for NULL.
    pub(super) fn text(&self) -> Option<String> {
        let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        match self {
            Self::Int(value) => value.map(|value| value.to_string()),
            Self::Text(value) => value.clone(),
            Self::Bool(value) => Some(value.to_string()),
            Self::Float(value) => Some(value.to_string()),
            Self::Ints(values) => {
                Some(format!("{{{}}}", values.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")))
            }
            Self::Texts(values) => Some(format!("{{{}}}", values.iter().map(quoted).collect::<Vec<_>>().join(","))),
            Self::Moment { shown, .. } => Some(shown.clone()),
        }
    }

    /// As the engine has it.
    pub(super) fn value(&self) -> Value {
        match self {
            Self::Int(value) => value.map_or(Value::Null, Value::Int),
            Self::Text(value) => value.as_deref().map_or(Value::Null, Value::text),
            Self::Bool(value) => Value::Bool(*value),
            #[expect(clippy::cast_precision_loss, reason = "drawn below a hundred")]
            Self::Float(value) => Value::Float(*value as f64),
            Self::Ints(values) => Value::IntArray(values.as_slice().into()),
            Self::Texts(values) => Value::TextArray(values.iter().map(|text| text.as_str().into()).collect()),
            Self::Moment { at_us, .. } => Value::Timestamp(*at_us),
        }
    }
}

impl Action {
    /// A statement without parameters, whose rows have an order if it has any.
    pub(super) fn plain(sql: impl Into<String>) -> Self {
        Self::Statement { sql: sql.into(), params: Vec::new(), ordered: true }
    }
}

impl Step {
    /// The statement's text, where a lock timeout is this many milliseconds.
    pub(super) fn sql(&self, lock_timeout_ms: u128) -> String {
        match &self.action {
            Action::Statement { sql, .. } => sql.clone(),
            Action::LockTimeout(true) => format!("SET lock_timeout = {lock_timeout_ms}"),
            Action::LockTimeout(false) => "SET lock_timeout = 0".to_owned(),
        }
    }

    pub(super) fn params(&self) -> &[Param] {
        match &self.action {
            Action::Statement { params, .. } => params,
            Action::LockTimeout(_) => &[],
        }
    }

    pub(super) fn is_lock_timeout(&self) -> bool {
        matches!(self.action, Action::LockTimeout(_))
    }

    pub(super) fn is_ordered(&self) -> bool {
        matches!(self.action, Action::Statement { ordered: true, .. })
    }
}

/// A session's name.
pub(super) fn name(session: usize) -> char {
    char::from(b'a' + u8::try_from(session).expect("a few sessions"))
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stubborn = if self.stubborn { " -- even in a failed transaction" } else { "" };
        write!(f, "{}: {}", name(self.session), self.sql(1))?;
        for (number, param) in (1..).zip(self.params()) {
            write!(f, "; ${number} = {}", param.text().as_deref().unwrap_or("NULL"))?;
        }
        f.write_str(stubborn)
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "  -- timers: {:?}; at the end: {}",
            self.timers,
            if self.commit_at_end { "COMMIT" } else { "ROLLBACK" }
        )?;
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        Ok(())
    }
}
