//! Statements that read: some lock what they read, some join, group and sort it.

use super::write::items;
use super::{Statement, expr};
use crate::draw::Draw;

/// SELECT … FOR UPDATE and its kin; and advisory locks, which queue like row locks.
pub(super) fn locking(draw: &mut Draw) -> Statement {
    let mode = draw.pick(&["FOR UPDATE", "FOR UPDATE", "FOR SHARE"]);
    let policy = draw.pick(&["", "", "", " NOWAIT", " SKIP LOCKED"]);
    let limit = if draw.chance(35) { format!(" LIMIT {}", draw.int(1, 2)) } else { String::new() };
    match draw.weighted(&[45, 15, 15, 10, 15]) {
        0 => {
            let order = draw.pick(&["id", "id", "grp, id", "id DESC"]);
            (format!("SELECT id, qty FROM item WHERE {} ORDER BY {order}{limit} {mode}{policy}", items(draw)), true)
        }
        1 => (format!("SELECT id FROM orders WHERE state = 'new' ORDER BY id{limit} {mode}{policy}"), true),
        2 => {
            let sql = format!("SELECT id, grp, qty FROM item WHERE id > 0 ORDER BY qty, id{limit} {mode}{policy}");
            (sql, true)
        }
        3 => {
            let sql = "SELECT o.id, i.qty FROM orders o JOIN item i ON i.id = o.item_id WHERE o.id = ";
            (format!("{sql}{} ORDER BY o.id {mode}{policy}", draw.int(1, 4)), true)
        }
        _ => {
            let k = draw.int(1, 2);
            let function = draw.pick(&[
                "pg_try_advisory_xact_lock",
                "pg_try_advisory_xact_lock_shared",
                "pg_advisory_xact_lock",
                "pg_advisory_xact_lock_shared",
            ]);
            if function.contains("try") {
                (format!("SELECT {function}({k})"), true)
            } else {
                // What it returns is nothing (`void`), which the two show differently.
                (format!("SELECT 1 AS taken FROM (SELECT {function}({k})) AS l"), true)
            }
        }
    }
}

/// A SELECT that takes no locks.
pub(super) fn select(draw: &mut Draw) -> Statement {
    match draw.weighted(&[12, 12, 12, 10, 10, 10, 10, 8, 8, 8]) {
        0 => (format!("SELECT * FROM item WHERE {}", items(draw)), false),
        1 => (format!("SELECT id, {} AS e FROM item ORDER BY id", expr::of_item(draw)), true),
        2 => {
            let sql = "SELECT grp, count(*), sum(qty), min(tag), max(at), avg(qty), bool_or(live) FROM item";
            (
                format!("{sql} WHERE {} GROUP BY grp HAVING count(*) >= {} ORDER BY grp", items(draw), draw.int(1, 2)),
                true,
            )
        }
        3 => {
            let join = draw.pick(&["JOIN", "LEFT JOIN"]);
            let sql =
                format!("SELECT i.id, o.id AS o, o.state FROM item i {join} orders o ON o.item_id = i.id AND o.qty < ");
            (format!("{sql}{} ORDER BY i.id, o.id", draw.int(1, 4)), true)
        }
        4 => {
            let exists = draw.pick(&["EXISTS", "NOT EXISTS"]);
            let inner = format!(
                "SELECT 1 FROM orders o WHERE o.item_id = item.id AND o.state = '{}'",
                draw.pick(&["new", "paid"])
            );
            (format!("SELECT id FROM item WHERE {exists} ({inner}) ORDER BY id DESC"), true)
        }
        5 => {
            let within = draw.pick(&["IN", "NOT IN"]);
            let sql = format!(
                "SELECT id, (SELECT max(o.id) FROM orders o WHERE o.item_id = item.id) FROM item WHERE id {within}"
            );
            (format!("{sql} (SELECT item_id FROM orders WHERE item_id IS NOT NULL) ORDER BY 1"), true)
        }
        6 => {
            let window = draw.pick(&[
                "row_number() OVER (PARTITION BY grp ORDER BY qty, id)",
                "sum(qty) OVER (ORDER BY id)",
                "count(*) OVER ()",
                "max(qty) OVER (PARTITION BY grp)",
            ]);
            (format!("SELECT id, {window} AS w FROM item ORDER BY id"), true)
        }
        7 => {
            let all = draw.pick(&["UNION", "UNION ALL"]);
            (format!("SELECT grp FROM item {all} SELECT qty FROM orders ORDER BY 1"), true)
        }
        8 => {
            let offset = draw.int(0, 2);
            (format!("SELECT DISTINCT qty FROM orders ORDER BY qty DESC LIMIT 2 OFFSET {offset}"), true)
        }
        _ => {
            let list = draw.pick(&[
                "array_agg(id ORDER BY id DESC)",
                "string_agg(tag, ',' ORDER BY tag)",
                "jsonb_agg(doc ORDER BY id)",
                "jsonb_object_agg(id, qty)",
                "count(DISTINCT grp)",
                "count(*) FILTER (WHERE live)",
                "sum(price)",
                "avg(price)",
            ]);
            (format!("SELECT {list} AS l FROM item"), true)
        }
    }
}
