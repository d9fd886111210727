//! One statement from text to reply, with the transaction around it.

use std::sync::Arc;

use super::control;
use super::run::{Run, StatementState, take_snapshot};
use super::{Lease, query};
use crate::bind::{Prepared, prepare};
use crate::database::Database;
use crate::ddl;
use crate::error::{Fallible, in_failed_transaction};
use crate::eval::{Cx, World};
use crate::plan::{Outcome, Plan};
use crate::reply::Reply;
use crate::session::SessionId;
use crate::storage::Xid;
use crate::transaction::Isolation;
use crate::value::Value;

/// Runs what can never wait without further ado: transaction control, settings, and queries that lock nothing. Anything
/// else is given back as it was prepared.
pub(crate) fn try_at_once(
    db: &mut Database,
    session: SessionId,
    sql: &str,
    params: &[Value],
) -> Result<Fallible<Reply>, Prepared> {
    match prepare(db, session, sql) {
        Err(error) => {
            // An error inside an open block fails the block; 25P02 outranks it.
            let open = db.session(session).transaction.as_ref();
            let error = if open.is_some_and(|open| open.failed) { in_failed_transaction() } else { error };
            if open.is_some() {
                db.fail(session);
            }
            Ok(Err(error))
        }
        Ok(Prepared::Control(control)) => Ok(control::run(db, session, &control)),
        Ok(prepared @ (Prepared::SchemaBusy(_) | Prepared::Utility(_))) => Err(prepared),
        Ok(Prepared::Plan(plan)) => {
            let is_read = matches!(&*plan, Plan::Query(query) if !query::may_wait(query));
            if !is_read {
                return Err(Prepared::Plan(plan));
            }
            if let Err(error) = open_transaction(db, session) {
                return Ok(Err(error));
            }
            let result = read(db, session, &plan, params);
            Ok(finish(db, session, result))
        }
    }
}

/// A query that locks nothing.
fn read(db: &mut Database, session: SessionId, plan: &Plan, params: &[Value]) -> Fallible<Reply> {
    let Plan::Query(query) = plan else { unreachable!("only queries are read") };
    let snapshot = take_snapshot(db, session);
    let state = StatementState::default();
    let open = db.session(session);
    if open.transaction.as_ref().is_some_and(|open| open.isolation == Isolation::Serializable) {
        state.note_reads();
    }
    let cx = Cx {
        world: Some(World { db, snapshot, state: &state }),
        params,
        now_us: open.transaction.as_ref().map_or(db.now_us, |open| open.started_us),
        statement_us: open.statement_started_us,
    };
    let rows = query::run(query, None, &cx)?;
    if let Some(reads) = state.take_reads() {
        db.watch(session, reads, usize::MAX)?;
    }
    let affected = rows.len() as u64;
    Ok(reply(plan, Outcome { rows, affected }))
}

/// 25P02 in a failed block; opens a transaction of its own for a statement outside one.
fn open_transaction(db: &mut Database, session: SessionId) -> Fallible<()> {
    let current = db.session(session);
    match &current.transaction {
        Some(open) if open.failed => Err(in_failed_transaction()),
        Some(_) => Ok(()),
        None => {
            let isolation = current.settings.isolation;
            db.begin(session, isolation, false);
            Ok(())
        }
    }
}

/// Ends the statement: its own transaction with it, if it has one.
fn finish(db: &mut Database, session: SessionId, result: Fallible<Reply>) -> Fallible<Reply> {
    let explicit = db.session(session).transaction.as_ref().is_some_and(|open| open.explicit);
    match (result, explicit) {
        (Ok(reply), true) => Ok(reply),
        (Ok(reply), false) => {
            db.commit(session)?;
            Ok(reply)
        }
        (Err(error), true) => {
            db.fail(session);
            Err(error)
        }
        (Err(error), false) => {
            db.rollback(session);
            Err(error)
        }
    }
}

/// Runs a statement that may have to wait, from what its text was prepared as.
pub(crate) async fn execute(
    mut lease: Lease,
    session: SessionId,
    sql: Arc<str>,
    prepared: Prepared,
    params: Vec<Value>,
) -> Fallible<Reply> {
    lease.take();
    open_transaction(&mut lease, session)?;
    let mut run = Run {
        snapshot: lease.snapshot_now(Xid(0), 0),
        db: lease,
        session,
        params,
        isolation: Isolation::ReadCommitted,
        now_us: 0,
        statement_us: 0,
        state: StatementState::default(),
        pending: Vec::new(),
    };
    let result = attempt(&mut run, &sql, prepared).await;
    finish(&mut run.db, session, result)
}

async fn attempt(run: &mut Run, sql: &str, mut prepared: Prepared) -> Fallible<Reply> {
    while let Prepared::SchemaBusy(owner) = prepared {
        run.wait_for_transaction(owner, 0).await?;
        prepared = prepare(&mut run.db, run.session, sql)?;
    }
    match prepared {
        Prepared::Plan(plan) => {
            start(run);
            let log_from = run.db.session_mut(run.session).open().log.len();
            let outcome = run_plan(run, &plan).await?;
            run.check_foreign_keys().await?;
            if let Some(reads) = run.state.take_reads() {
                let session = run.session;
                run.db.watch(session, reads, log_from)?;
            }
            Ok(reply(&plan, outcome))
        }
        Prepared::Utility(statement) => {
            run.own_the_schema().await?;
            start(run);
            ddl::run(run, &statement)
        }
        Prepared::Control(control) => control::run(&mut run.db, run.session, &control),
        Prepared::SchemaBusy(_) => unreachable!("the loop waits until it is free"),
    }
}

fn start(run: &mut Run) {
    run.snapshot = take_snapshot(&mut run.db, run.session);
    let session = run.db.session(run.session);
    let open = session.transaction.as_ref().expect("a statement runs inside a transaction");
    let (isolation, now_us, statement_us) = (open.isolation, open.started_us, session.statement_started_us);
    if isolation == Isolation::Serializable {
        run.state.note_reads();
    }
    run.isolation = isolation;
    run.now_us = now_us;
    run.statement_us = statement_us;
}

/// Runs any plan, waiting where it must.
pub(super) async fn run_plan(run: &mut Run, plan: &Plan) -> Fallible<Outcome> {
    match plan {
        Plan::Query(query) => {
            let rows = query::run_locking(run, query).await?;
            let affected = rows.len() as u64;
            Ok(Outcome { rows, affected })
        }
        Plan::Insert(insert) => super::insert::run(run, insert).await,
        Plan::Update(update) => super::modify::update(run, update).await,
        Plan::Delete(delete) => super::modify::delete(run, delete).await,
    }
}

fn reply(plan: &Plan, outcome: Outcome) -> Reply {
    let command = match plan {
        Plan::Query(_) => "SELECT",
        Plan::Insert(_) => "INSERT",
        Plan::Update(_) => "UPDATE",
        Plan::Delete(_) => "DELETE",
    };
    let rows = outcome.rows.into_iter().map(|row| row.to_vec()).collect();
    Reply { columns: plan.columns(), rows, affected: outcome.affected, command }
}
