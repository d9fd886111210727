//! Statements with parameters, as the platform sends all of its own: typed by the client, through the extended protocol.

use super::super::program::Param;
use super::Prepared;
use crate::draw::Draw;

/// An item's id: mostly one that is there.
fn id(draw: &mut Draw) -> i64 {
    let highest = if draw.chance(85) { 4 } else { 8 };
    draw.int(1, highest)
}

fn int(value: i64) -> Param {
    Param::Int(Some(value))
}

fn text(value: &str) -> Param {
    Param::Text(Some(value.to_owned()))
}

fn ids(draw: &mut Draw, most: usize, highest: i64) -> Vec<i64> {
    (0..draw.count(0, most)).map(|_| draw.int(1, highest)).collect()
}

/// One statement.
pub(super) fn statement(draw: &mut Draw) -> Prepared {
    match draw.weighted(&[60, 40]) {
        0 => write(draw),
        _ => read(draw),
    }
}

fn write(draw: &mut Draw) -> Prepared {
    match draw.weighted(&[18, 10, 10, 12, 12, 12, 12, 6, 8]) {
        0 => {
            let sql = "UPDATE item SET qty = qty - $2::bigint WHERE id = $1 AND qty >= $2::bigint RETURNING id, qty";
            (sql, vec![int(id(draw)), int(draw.int(0, 4))], true)
        }
        1 => {
            let sql = "UPDATE item SET qty = $3::bigint - $2::bigint, grp = grp + 1 \
                       WHERE id = $1 AND qty = $3::bigint RETURNING grp";
            (sql, vec![int(id(draw)), int(draw.int(0, 2)), int(draw.int(0, 5))], true)
        }
        2 => {
            let state = draw.pick(&["paid", "gone", "lost"]);
            let sql = "UPDATE orders SET state = $2 WHERE id = ANY ($1) AND state = 'new' RETURNING id";
            (sql, vec![Param::Ints(ids(draw, 3, 5)), text(state)], false)
        }
        3 => {
            let sql = "INSERT INTO line (order_id, n, note) SELECT l.order_id, l.n, l.note \
                       FROM unnest($1::bigint[], $2::bigint[], $3::text[]) AS l (order_id, n, note) \
                       ON CONFLICT (order_id, n) DO NOTHING RETURNING order_id, n";
            let orders = ids(draw, 3, 4);
            let numbers = orders.iter().map(|_| draw.int(1, 3)).collect();
            let notes = orders.iter().map(|_| draw.pick(&["x", "", "it's", "a,b"]).to_owned()).collect();
            (sql, vec![Param::Ints(orders), Param::Ints(numbers), Param::Texts(notes)], true)
        }
        4 => {
            let sql = "INSERT INTO counter (k, v) VALUES ($1, $2) ON CONFLICT (k) \
                       DO UPDATE SET v = counter.v + excluded.v, hits = counter.hits + 1 RETURNING v, hits";
            let by = [draw.int(-2, 9), i64::MAX - 5][usize::from(draw.chance(10))];
            (sql, vec![text(draw.pick(&["x", "y", "z"])), int(by)], true)
        }
        5 => {
            let sql = "UPDATE item SET qty = item.qty - p.units FROM unnest($1::bigint[], $2::bigint[]) AS p (id, units) \
                       WHERE item.id = p.id RETURNING item.id, item.qty";
            let first = id(draw);
            let items = if draw.chance(60) { vec![first, first % 4 + 1] } else { vec![first] };
            let units = items.iter().map(|_| draw.int(0, 3)).collect();
            (sql, vec![Param::Ints(items), Param::Ints(units)], false)
        }
        6 => {
            let sql = "WITH taken AS (UPDATE item SET qty = qty - $2::bigint WHERE id = $1 AND qty >= $2::bigint \
                       RETURNING id, qty), \
                       placed AS (INSERT INTO orders (item_id, qty) SELECT id, $2::bigint FROM taken RETURNING id) \
                       SELECT placed.id, taken.qty AS units_left FROM placed, taken";
            (sql, vec![int(id(draw)), int(draw.int(0, 3))], true)
        }
        7 => {
            let sql = "UPDATE item SET doc = doc || $2::text::jsonb WHERE id = $1 RETURNING doc";
            // All of them JSON: whether a cast that fails is met where no row is, depends on how the server plans.
            let added = draw.pick(&["{\"k\": 1}", "{\"n\": [1, null]}", "[7]"]);
            (sql, vec![int(id(draw)), text(added)], true)
        }
        _ => {
            let sql = "INSERT INTO orders (item_id, qty, state) VALUES ($1, $2, COALESCE($3::text, 'new')) RETURNING id, state";
            let item = Param::Int(draw.chance(80).then(|| id(draw)));
            let state = Param::Text(draw.chance(40).then(|| draw.pick(&["paid", "lost"]).to_owned()));
            (sql, vec![item, int(draw.int(0, 3)), state], true)
        }
    }
}

/// Microseconds since 1970, and the same as text.
const MOMENTS: [(i64, &str); 3] = [
    (1_706_695_200_000_000, "2024-01-31 10:00:00+00"),
    (1_709_251_199_000_000, "2024-02-29 23:59:59+00"),
    (1_703_980_800_000_001, "2023-12-31 00:00:00.000001+00"),
];

fn read(draw: &mut Draw) -> Prepared {
    match draw.weighted(&[25, 25, 15, 20, 15]) {
        0 => {
            let sql = "SELECT id, qty FROM item WHERE id = ANY ($1) AND live = $2 ORDER BY id FOR UPDATE";
            (sql, vec![Param::Ints(ids(draw, 3, 5)), Param::Bool(draw.chance(85))], true)
        }
        1 => {
            let sql = "SELECT id, qty FROM orders WHERE state = 'new' ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED";
            (sql, vec![int(draw.int(0, 3))], true)
        }
        2 => {
            let (at_us, shown) = MOMENTS[draw.index(MOMENTS.len())];
            let sql =
                "SELECT id, at + make_interval(secs => $3) AS due FROM item WHERE at <= $1 ORDER BY at, id LIMIT $2";
            let moment = Param::Moment { at_us, shown: shown.to_owned() };
            (sql, vec![moment, int(draw.int(1, 3)), Param::Float(draw.int(0, 90))], true)
        }
        3 => {
            let sql = "SELECT id, tag FROM item WHERE $1::text = '' OR tag > $1::text ORDER BY tag LIMIT $2";
            (sql, vec![text(draw.pick(&["", "a", "b"])), int(draw.int(1, 3))], true)
        }
        _ => ("SELECT pg_try_advisory_xact_lock($1)", vec![int(draw.int(1, 2))], true),
    }
}
