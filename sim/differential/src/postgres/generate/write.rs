//! Statements that change something: on few rows, so that sessions meet, and with every clause the platform's own have.

use super::{Statement, expr};
use crate::draw::Draw;

/// One statement.
pub(super) fn statement(draw: &mut Draw) -> Statement {
    match draw.weighted(&[24, 8, 14, 10, 8, 9, 8, 8, 7, 4]) {
        0 => update_item(draw),
        1 => update_key(draw),
        2 => insert_item(draw),
        3 => orders(draw),
        4 => delete(draw),
        5 => counter(draw),
        6 => claim(draw),
        7 => joined(draw),
        8 => with(draw),
        _ => (format!("SELECT nextval('{}')", draw.pick(&["ticket", "orders_id_seq"])), true),
    }
}

/// The id of an item: mostly one that is there.
fn id(draw: &mut Draw) -> i64 {
    [draw.int(1, 2), draw.int(1, 4), draw.int(1, 7)][draw.weighted(&[40, 45, 15])]
}

fn returning(draw: &mut Draw, columns: &str) -> String {
    if draw.chance(45) { format!(" RETURNING {columns}") } else { String::new() }
}

/// Rows of `item`, met in the order of an index.
pub(super) fn items(draw: &mut Draw) -> String {
    match draw.weighted(&[50, 12, 8, 8, 6, 10, 6]) {
        0 => format!("id = {}", id(draw)),
        1 => {
            let low = draw.int(1, 4);
            format!("id BETWEEN {low} AND {}", low + draw.int(0, 3))
        }
        2 => format!("id IN ({}, {})", id(draw), id(draw)),
        3 => format!("id = ANY ('{{{},{}}}'::int[])", id(draw), id(draw)),
        4 => format!("grp = {}", draw.int(1, 3)),
        5 => format!("id = {} AND qty >= {}", id(draw), draw.int(1, 4)),
        _ => format!("id > 0 AND qty {} {}", draw.pick(&["=", ">", "<", "<>"]), draw.int(0, 5)),
    }
}

fn assignments(draw: &mut Draw) -> String {
    match draw.weighted(&[40, 10, 8, 8, 8, 6, 6, 6, 4, 4]) {
        0 => format!("qty = qty {} {}", draw.pick(&["+", "-"]), draw.int(0, 4)),
        1 => format!("qty = {}", draw.int(0, 6)),
        2 => format!("doc = {}", expr::json(draw, "doc")),
        3 => format!("at = {}", expr::timestamp(draw, "at")),
        4 => format!("price = {}", expr::number(draw, "price")),
        5 => "live = NOT live".to_owned(),
        6 => format!("qty = qty + 1, grp = {}", draw.int(1, 3)),
        7 => "qty = (SELECT count(*) FROM orders WHERE item_id = item.id)".to_owned(),
        8 => format!("qty = {}, price = DEFAULT", expr::integer(draw, "qty")),
        _ => format!("doc = jsonb_build_object('n', qty, 'k', {})", draw.int(0, 9)),
    }
}

fn update_item(draw: &mut Draw) -> Statement {
    let (set, rows) = (assignments(draw), items(draw));
    (format!("UPDATE item SET {set} WHERE {rows}{}", returning(draw, "id, qty, grp, price")), false)
}

/// Updates of what others refer to, or must be unique.
fn update_key(draw: &mut Draw) -> Statement {
    let sql = match draw.weighted(&[30, 20, 20, 15, 15]) {
        0 => format!("UPDATE item SET tag = '{}' WHERE id = {}", tag(draw), id(draw)),
        1 => format!("UPDATE item SET id = {} WHERE id = {}", draw.int(1, 8), id(draw)),
        2 => format!("UPDATE item SET id = id + {} WHERE id > {}", draw.int(1, 4), draw.int(1, 4)),
        3 => format!("UPDATE orders SET item_id = {} WHERE id = {}", id(draw), draw.int(1, 5)),
        _ => format!("UPDATE line SET order_id = {} WHERE order_id = {} AND n = 1", draw.int(1, 5), draw.int(1, 3)),
    };
    (sql, true)
}

fn tag(draw: &mut Draw) -> &'static str {
    draw.pick(&["a", "b", "c", "d", "e"])
}

fn tag_or_null(draw: &mut Draw) -> String {
    if draw.chance(70) { format!("'{}'", tag(draw)) } else { "NULL".to_owned() }
}

fn item_row(draw: &mut Draw) -> String {
    let qty = if draw.chance(94) { draw.int(0, 6).to_string() } else { draw.pick(&["-1", "NULL"]).to_owned() };
    format!("({}, {}, {qty}, {})", draw.int(1, 8), draw.int(1, 3), tag_or_null(draw))
}

fn insert_item(draw: &mut Draw) -> Statement {
    let rows: Vec<String> = (0..draw.count(1, 3)).map(|_| item_row(draw)).collect();
    let conflict = match draw.weighted(&[30, 14, 12, 6, 22, 8, 8]) {
        0 => "",
        1 => " ON CONFLICT DO NOTHING",
        2 => " ON CONFLICT (id) DO NOTHING",
        3 => " ON CONFLICT (tag) DO NOTHING",
        4 => " ON CONFLICT (id) DO UPDATE SET qty = item.qty + excluded.qty",
        5 => " ON CONFLICT (tag) DO UPDATE SET qty = excluded.qty, grp = excluded.grp",
        _ => " ON CONFLICT (id) DO UPDATE SET qty = excluded.qty WHERE item.qty < excluded.qty",
    };
    let sql = format!("INSERT INTO item (id, grp, qty, tag) VALUES {}{conflict}", rows.join(", "));
    (sql + &returning(draw, "id, qty, tag"), true)
}

fn orders(draw: &mut Draw) -> Statement {
    match draw.weighted(&[40, 15, 15, 15, 15]) {
        0 => {
            let sql = format!("INSERT INTO orders (item_id, qty) VALUES ({}, {})", id(draw), draw.int(0, 9).min(3));
            (sql + &returning(draw, "id, state"), true)
        }
        1 => {
            let sql =
                format!("INSERT INTO orders (item_id, qty) SELECT id, qty FROM item WHERE {} ORDER BY id", items(draw));
            (sql + " RETURNING id, item_id", true)
        }
        2 => {
            let state = draw.pick(&["new", "paid", "gone", "lost"]);
            (format!("UPDATE orders SET state = '{state}' WHERE id = {} RETURNING id", draw.int(1, 6)), true)
        }
        3 => {
            let note = draw.pick(&["'x'", "NULL", "'it''s'"]);
            let conflict = draw.maybe(50, " ON CONFLICT (order_id, n) DO UPDATE SET note = excluded.note || '!'");
            let row = format!("({}, {}, {note})", draw.int(1, 5), draw.int(1, 3));
            (format!("INSERT INTO line VALUES {row}{conflict}"), true)
        }
        _ => (format!("UPDATE orders SET qty = qty + 1 WHERE state = 'new' AND id <= {}", draw.int(1, 5)), true),
    }
}

fn delete(draw: &mut Draw) -> Statement {
    match draw.weighted(&[30, 20, 20, 15, 15]) {
        0 => (format!("DELETE FROM item WHERE {}{}", items(draw), returning(draw, "id, tag")), false),
        1 => (format!("DELETE FROM orders WHERE id = {}", draw.int(1, 5)), true),
        2 => (format!("DELETE FROM line WHERE order_id = {} RETURNING n, note", draw.int(1, 3)), false),
        3 => (format!("DELETE FROM counter WHERE k = '{}'", draw.pick(&["x", "y", "z"])), true),
        _ => {
            let sql = "DELETE FROM orders USING item WHERE item.id = orders.item_id AND item.id = ";
            (format!("{sql}{} AND orders.id = {} RETURNING orders.id, item.qty", id(draw), draw.int(1, 4)), false)
        }
    }
}

fn counter(draw: &mut Draw) -> Statement {
    let k = draw.pick(&["x", "y", "z", "w"]);
    let n = draw.pick(&["1", "2", "-1", "9223372036854775800", "0"]);
    match draw.weighted(&[60, 20, 20]) {
        0 => {
            let guard = draw.maybe(20, " WHERE counter.v < 12");
            let sql = format!(
                "INSERT INTO counter (k, v) VALUES ('{k}', {n}) ON CONFLICT (k) DO UPDATE SET v = counter.v + excluded.v, hits = counter.hits + 1{guard}"
            );
            (sql + &returning(draw, "k, v, hits"), true)
        }
        1 => (format!("UPDATE counter SET v = v + {n} WHERE k = '{k}' RETURNING v"), true),
        _ => (format!("UPDATE counter SET v = v * 2, hits = hits + 1 WHERE k IN ('x', '{k}')"), true),
    }
}

/// Taking work from a queue, the safe ways and the others.
fn claim(draw: &mut Draw) -> Statement {
    let limit = draw.int(1, 2);
    let skip = draw.maybe(70, " SKIP LOCKED");
    let again = draw.maybe(40, " AND state = 'new'");
    match draw.weighted(&[40, 30, 30]) {
        0 => {
            let due = format!("SELECT id FROM orders WHERE state = 'new' ORDER BY id LIMIT {limit} FOR UPDATE{skip}");
            (format!("UPDATE orders SET state = 'paid' WHERE id IN ({due}) RETURNING id"), false)
        }
        1 => {
            let due = "SELECT id FROM orders WHERE state = 'new' ORDER BY id LIMIT 1";
            (format!("UPDATE orders SET state = 'paid' WHERE id = ({due}){again} RETURNING id, state"), true)
        }
        _ => {
            let due = format!("SELECT id FROM orders WHERE state = 'new' ORDER BY id LIMIT {limit} FOR UPDATE{skip}");
            let sql = format!("WITH due AS ({due}) UPDATE orders o SET qty = o.qty + 1 FROM due WHERE o.id = due.id");
            (sql + " RETURNING o.id, o.qty", false)
        }
    }
}

fn joined(draw: &mut Draw) -> Statement {
    let a = id(draw);
    let b = a % 4 + 1;
    let sql = match draw.weighted(&[30, 25, 25, 20]) {
        0 => format!(
            "UPDATE item SET qty = item.qty + m.d FROM (VALUES ({a}, 1), ({b}, -1)) AS m (id, d) WHERE item.id = m.id \
             RETURNING item.id, item.qty"
        ),
        1 => format!(
            "UPDATE item SET qty = item.qty + o.qty FROM orders o WHERE o.item_id = item.id AND o.id = {} \
             RETURNING item.id, item.qty, o.qty AS added",
            draw.int(1, 4)
        ),
        2 => format!(
            "UPDATE item i SET price = b.price FROM unnest('{{{a},{b}}}'::int[], '{{125,7}}'::bigint[]) AS b (id, price) \
             WHERE i.id = b.id"
        ),
        _ => format!(
            "UPDATE orders SET state = 'gone' FROM item WHERE item.id = orders.item_id AND item.qty < {a} AND item.id = {b}"
        ),
    };
    (sql, false)
}

/// Several changes in one statement, RETURNING between them.
fn with(draw: &mut Draw) -> Statement {
    let (a, n) = (id(draw), draw.int(1, 3));
    let sql = match draw.weighted(&[30, 25, 25, 20]) {
        0 => format!(
            "WITH taken AS (UPDATE item SET qty = qty - {n} WHERE id = {a} AND qty >= {n} RETURNING id) \
             INSERT INTO orders (item_id, qty) SELECT id, {n} FROM taken RETURNING id, item_id"
        ),
        1 => format!(
            "WITH tried AS (INSERT INTO counter (k, v) VALUES ('{}', {n}) ON CONFLICT (k) DO NOTHING RETURNING k, v) \
             SELECT k, v FROM tried UNION ALL SELECT k, v FROM counter WHERE k = 'x' ORDER BY 1, 2",
            draw.pick(&["x", "z"])
        ),
        2 => format!(
            "WITH gone AS (DELETE FROM line WHERE order_id = {n} RETURNING order_id, n), \
             noted AS (UPDATE orders SET state = 'gone' WHERE id = {n} RETURNING id) \
             SELECT (SELECT count(*) FROM gone) AS lines, (SELECT count(*) FROM noted) AS orders, \
             (SELECT count(*) FROM line) AS before"
        ),
        _ => format!(
            "WITH moved AS (UPDATE item SET grp = grp + 1 WHERE id = {a} RETURNING id, grp) \
             SELECT moved.grp, item.grp AS old FROM moved JOIN item ON item.id = moved.id"
        ),
    };
    (sql, false)
}
