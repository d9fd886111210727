//! The words of commands: keys, values, numbers and times, right ones mostly.
//!
//! No two times to live of a program are within [`APART_S`] of each other, so that no command depends on how many
//! milliseconds passed between two others.

use super::source::Source;
use crate::redis::SHORT_MS;

/// Seconds between two times to live: more than the bound within which they are compared.
const APART_S: i64 = 5;

/// One of few keys.
pub(super) fn key(draw: &mut Source) -> String {
    draw.pick(&["k1", "k2", "k3", "k4", "{tag}:k5"]).to_owned()
}

/// A field or a member.
pub(super) fn member(draw: &mut Source) -> String {
    draw.pick(&["a", "b", "B", "aa", "1", "2", "10", "-3", ""]).to_owned()
}

/// A value: a small number, or a word that is hard to read as one.
pub(super) fn value(draw: &mut Source) -> String {
    if draw.chance(65) {
        return draw.int(-20, 20).to_string();
    }
    let odd = ["word", "two words", "", "0x10", "01", "1.5", "9223372036854775807", "-9223372036854775808"];
    draw.pick(&odd).to_owned()
}

pub(super) fn increment(draw: &mut Source) -> String {
    if draw.chance(85) {
        return draw.int(-5, 5).to_string();
    }
    draw.pick(&["9223372036854775807", "-9223372036854775808", "1.5", "x", "+1", ""]).to_owned()
}

pub(super) fn score(draw: &mut Source) -> String {
    match draw.weighted(&[6, 2, 1]) {
        0 => draw.int(-3, 5).to_string(),
        1 => draw.pick(&["1.5", "-0", "inf", "-inf", "1e3", "0.1", "+2", "0x10", "3.0", "1e300"]).to_owned(),
        _ => draw.pick(&["nan", "x", "", " 1", "1 "]).to_owned(),
    }
}

pub(super) fn bound(draw: &mut Source) -> String {
    let open = draw.chance(40);
    let score = score(draw);
    if open { format!("({score}") } else { score }
}

pub(super) fn rank(draw: &mut Source) -> String {
    if draw.chance(90) { draw.int(-7, 6).to_string() } else { "x".to_owned() }
}

/// Seconds to live: many, or wrong ones, or those that are over.
pub(super) fn seconds(draw: &mut Source) -> String {
    if draw.chance(85) {
        return far_seconds(draw).to_string();
    }
    draw.pick(&["0", "-1", "x", "9223372036854775807", "9223372036854775"]).to_owned()
}

/// Milliseconds to live; in a program with pauses also so few that a pause outlasts them.
pub(super) fn milliseconds(draw: &mut Source) -> String {
    if draw.pauses() && draw.chance(50) {
        return SHORT_MS.to_string();
    }
    far_milliseconds(draw)
}

/// Milliseconds to live: many, or wrong ones, or those that are over.
pub(super) fn far_milliseconds(draw: &mut Source) -> String {
    if draw.chance(85) {
        return (far_seconds(draw) * 1_000).to_string();
    }
    draw.pick(&["0", "-1", "x", "9223372036854775807"]).to_owned()
}

fn far_seconds(draw: &mut Source) -> i64 {
    let thousands = draw.int(1, 3);
    thousands * 1_000 + draw.next_deadline() * APART_S
}

/// A point in time, far ahead or past.
pub(super) fn unix_seconds(draw: &mut Source) -> String {
    draw.pick(&["4000000000", "4100000000", "1", "-5", "9223372036854776"]).to_owned()
}
