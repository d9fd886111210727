//! Expressions of every type the platform uses, over a column or over nothing, errors included.

use crate::draw::Draw;

/// A SELECT without tables.
pub(super) fn select(draw: &mut Draw) -> String {
    let e = match draw.weighted(&[25, 20, 15, 15, 10, 15]) {
        0 => integer(draw, "3"),
        1 => number(draw, "2.50"),
        2 => json(draw, "'{\"n\": 1, \"list\": [1, 2]}'::jsonb"),
        3 => text(draw, "'abc'"),
        4 => timestamp(draw, "'2024-01-31 10:00:00Z'::timestamptz"),
        _ => boolean(draw, "4"),
    };
    format!("SELECT {e} AS e")
}

/// An expression over a row of `item`.
pub(super) fn of_item(draw: &mut Draw) -> String {
    match draw.weighted(&[25, 20, 20, 15, 10, 10]) {
        0 => integer(draw, "qty"),
        1 => number(draw, "price"),
        2 => json_read(draw, "doc"),
        3 => text(draw, "coalesce(tag, 'none')"),
        4 => timestamp(draw, "at"),
        _ => boolean(draw, "qty"),
    }
}

fn small(draw: &mut Draw) -> String {
    draw.int(-3, 9).to_string().replacen('-', "- ", 1)
}

/// `int` or `bigint`.
pub(super) fn integer(draw: &mut Draw, x: &str) -> String {
    let n = small(draw);
    match draw.weighted(&[20, 10, 8, 8, 8, 8, 8, 6, 6, 6, 6, 6]) {
        0 => format!("{x} + {n}"),
        1 => format!("({x} - {n}) * 2"),
        2 => format!("{x} / ({n})"),
        3 => format!("{x} % ({n})"),
        4 => format!("greatest({x}, {n}, 2)"),
        5 => format!("coalesce(nullif({x}, {n}), 7)"),
        6 => format!("CASE WHEN {x} > {n} THEN {x} ELSE 0 END"),
        7 => format!("abs({n}) + {x}"),
        8 => format!("({x} + 2147483647)::int"),
        9 => format!("({n} + {x}::numeric / 2)::int"),
        10 => format!("length('héllo') + {x}"),
        _ => format!("cardinality('{{1,2,{}}}'::int[]) + {x}", draw.int(0, 9)),
    }
}

/// `numeric` or `double precision`.
pub(super) fn number(draw: &mut Draw, x: &str) -> String {
    let n = small(draw);
    match draw.weighted(&[16, 12, 12, 10, 10, 10, 8, 6, 6, 10]) {
        0 => format!("{x} + {n}"),
        1 => format!("{x} * 1.5"),
        2 => format!("{x} / 3"),
        3 => format!("round({x} * {n}, 1)"),
        4 => format!("round({x})"),
        5 => format!("{x}::float8 / 3"),
        6 => format!("floor({x}) + ceil({x})"),
        7 => format!("trunc({x} - 0.5)"),
        8 => format!("{x} % 2"),
        _ => format!("({x} * {n})::numeric(6, 2)"),
    }
}

/// `jsonb`.
pub(super) fn json(draw: &mut Draw, x: &str) -> String {
    let n = draw.int(0, 9);
    match draw.weighted(&[25, 25, 20, 15, 15]) {
        0 => format!("{x} || '{{\"n\": {n}, \"z\": true}}'"),
        1 => format!("{x} || jsonb_build_object('k', {n}, 'text', 'a\"b')"),
        2 => format!("jsonb_build_object('was', {x} -> 'n', 'list', jsonb_build_array({n}, NULL, 'x'))"),
        3 => format!("to_jsonb({n}::bigint)"),
        _ => format!("'{{\"b\": {n}, \"a\": [1.5, \"é\"], \"b\": null}}'::jsonb"),
    }
}

/// Something read out of a `jsonb`.
fn json_read(draw: &mut Draw, x: &str) -> String {
    let read = draw.pick(&["->> 'n'", "-> 'list'", "-> 'list' -> 0", "->> 's'", "-> 'n'", "? 'n'", "@> '{\"n\": 1}'"]);
    format!("{x} {read}")
}

fn text(draw: &mut Draw, x: &str) -> String {
    let n = small(draw);
    match draw.weighted(&[20, 12, 12, 12, 12, 10, 10, 12]) {
        0 => format!("{x} || '-' || {n}"),
        1 => format!("upper({x}) || lower('AB')"),
        2 => format!("substr({x}, 2, 1)"),
        3 => format!("left({x}, {n})"),
        4 => format!("split_part('a,b,c', ',', 2) || {x}"),
        5 => format!("replace({x}, 'a', 'zz')"),
        6 => format!("concat({x}, NULL, {n}, true)"),
        _ => format!("({n} * 1000000)::text || {x}"),
    }
}

/// `timestamptz`, or something computed of it.
pub(super) fn timestamp(draw: &mut Draw, x: &str) -> String {
    let n = draw.int(1, 40);
    match draw.weighted(&[20, 15, 15, 15, 15]) {
        0 => format!("{x} + interval '{n} hours'"),
        1 => format!("{x} + interval '1 month'"),
        2 => format!("date_trunc('day', {x})"),
        3 => format!("{x} - make_interval(secs => {n})"),
        _ => format!("least({x}, '2024-02-01 00:00:00Z'::timestamptz)"),
    }
}

fn boolean(draw: &mut Draw, x: &str) -> String {
    let n = small(draw);
    match draw.weighted(&[15, 15, 15, 10, 15, 15, 15]) {
        0 => format!("{x} BETWEEN {n} AND 5"),
        1 => format!("{x} IN (1, {n}, NULL)"),
        2 => format!("{x} IS DISTINCT FROM NULL AND {x} > {n}"),
        3 => format!("{x} = ANY ('{{1,2,3}}'::int[])"),
        4 => format!("NOT ({x} > {n} OR NULL)"),
        5 => format!("('a' < 'B') = ({x} > {n})"),
        _ => format!("'item-' || {x} LIKE 'item-_' AND {x} <> {n}"),
    }
}
