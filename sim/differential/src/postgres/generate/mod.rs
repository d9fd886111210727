//! Drawing a program: which session goes next, and what it does given what it has open. What statements look like is in
//! `write`, `read` and `expr`, and in `parameters` those that have some.

mod expr;
mod parameters;
mod read;
mod write;

use super::program::{Action, Param, Program, Step, Timers};
use crate::draw::Draw;

/// A statement's text, and whether it asks for an order of its rows.
type Statement = (String, bool);

/// A statement's text, its parameters, and whether it asks for an order of its rows.
type Prepared = (&'static str, Vec<Param>, bool);

/// What a session has open, as far as a generator that does not run anything can know.
#[derive(Clone, Copy, Default)]
struct Session {
    in_transaction: bool,
    savepoints: u8,
    has_lock_timeout: bool,
}

/// The program of a seed.
pub(super) fn program(seed: u64) -> Program {
    let mut draw = Draw::from_seed(seed);
    let sessions = draw.count(2, 4);
    let length = draw.count(4, 26);
    let timers = if draw.chance(94) { Timers::Eager } else { Timers::Late };
    let mut open = [Session::default(); super::side::SESSIONS];
    // A session goes on for a while before the next takes over.
    let mut session = 0;
    let mut steps = Vec::with_capacity(length);
    for _ in 0..length {
        if draw.chance(55) {
            session = draw.index(sessions);
        }
        let action = action(&mut draw, &mut open[session]);
        steps.push(Step { session, action, stubborn: draw.chance(12) });
    }
    Program { timers, steps, commit_at_end: draw.chance(70) }
}

fn action(draw: &mut Draw, session: &mut Session) -> Action {
    if !session.in_transaction && draw.chance(7) {
        session.has_lock_timeout = !session.has_lock_timeout;
        return Action::LockTimeout(session.has_lock_timeout);
    }
    if draw.chance(16) {
        let (sql, params, ordered) = parameters::statement(draw);
        return Action::Statement { sql: sql.to_owned(), params, ordered };
    }
    let (sql, ordered) = if session.in_transaction {
        match draw.weighted(&[76, 8, 4, 12]) {
            0 => statement(draw),
            1 => (end(draw, session, "COMMIT"), true),
            2 => (end(draw, session, "ROLLBACK"), true),
            _ => (savepoint(draw, session), true),
        }
    } else {
        match draw.weighted(&[30, 68, 2]) {
            0 => statement(draw),
            1 => (begin(draw, session), true),
            _ => (draw.pick(&["COMMIT", "ROLLBACK", "SAVEPOINT s", "ROLLBACK TO s"]).to_owned(), true),
        }
    };
    Action::Statement { sql, params: Vec::new(), ordered }
}

fn begin(draw: &mut Draw, session: &mut Session) -> String {
    *session = Session { in_transaction: true, ..*session };
    match draw.weighted(&[70, 28, 2]) {
        0 => "BEGIN",
        1 => "BEGIN ISOLATION LEVEL REPEATABLE READ",
        _ => "BEGIN READ ONLY",
    }
    .to_owned()
}

fn end(_draw: &mut Draw, session: &mut Session, how: &str) -> String {
    *session = Session { has_lock_timeout: session.has_lock_timeout, ..Session::default() };
    how.to_owned()
}

fn savepoint(draw: &mut Draw, session: &mut Session) -> String {
    if session.savepoints == 0 || draw.chance(30) {
        session.savepoints += 1;
        return format!("SAVEPOINT {}", draw.pick(&["s", "t"]));
    }
    let how = draw.pick(&["ROLLBACK TO", "ROLLBACK TO", "ROLLBACK TO", "RELEASE"]);
    format!("{how} {}", draw.pick(&["s", "s", "t"]))
}

fn statement(draw: &mut Draw) -> Statement {
    match draw.weighted(&[46, 22, 20, 12]) {
        0 => write::statement(draw),
        1 => read::locking(draw),
        2 => read::select(draw),
        _ => (expr::select(draw), true),
    }
}
