//! Drawing a program: commands of every family the engine has, transactions, scripts, mistakes. Keys, fields and members
//! come from small pools, so that commands meet each other's work; some words are wrong on purpose.

mod commands;
mod scripts;
mod source;
mod words;

use super::CONNECTIONS;
use super::program::{Action, Program, Step};
use crate::draw::Draw;
use source::Source;

/// The program of a seed.
pub(super) fn program(seed: u64) -> Program {
    let mut draw = Draw::from_seed(seed);
    let length = draw.count(4, 40);
    // A program is about the platform's scripts, or about anything.
    let is_about_scripts = draw.chance(30);
    let pauses = draw.chance(2);
    let mut draw = Source::new(draw, pauses);
    let mut steps: Vec<Step> = Vec::with_capacity(length);
    let mut connection = 0;
    let mut queues = [false; CONNECTIONS];
    for _ in 0..length {
        if draw.chance(20) {
            connection = draw.index(CONNECTIONS);
        }
        let action = if pauses && draw.chance(8) {
            Action::Pause
        } else if is_about_scripts && draw.chance(80) {
            scripts::of_the_platform(&mut draw)
        } else {
            match draw.weighted(&[70, 12, 12, 6]) {
                0 => Action::Command(commands::data(&mut draw)),
                1 => scripts::any(&mut draw),
                2 => Action::Command(transaction(&mut draw, &mut queues[connection])),
                _ => Action::Command(mistake(&mut draw)),
            }
        };
        steps.push(Step { connection, action });
    }
    Program { steps }
}

fn transaction(draw: &mut Source, queues: &mut bool) -> Vec<String> {
    let name = if *queues {
        draw.pick(&["EXEC", "EXEC", "EXEC", "DISCARD", "MULTI", "WATCH"])
    } else {
        draw.pick(&["MULTI", "MULTI", "MULTI", "WATCH", "WATCH", "UNWATCH", "EXEC", "DISCARD"])
    };
    *queues = (*queues || name == "MULTI") && !matches!(name, "EXEC" | "DISCARD");
    let mut words = vec![name.to_owned()];
    if name == "WATCH" {
        words.extend((0..draw.count(1, 2)).map(|_| words::key(draw)));
    }
    words
}

/// Words that no command takes, or too few of them.
fn mistake(draw: &mut Source) -> Vec<String> {
    let key = words::key(draw);
    let value = words::value(draw);
    match draw.index(8) {
        0 => vec!["NOSUCH".into(), value],
        1 => vec!["GET".into()],
        2 => vec!["SET".into(), key],
        3 => vec!["HSET".into(), key, value],
        4 => vec!["ZADD".into(), key, value],
        5 => vec!["SET".into(), key, value.clone(), value],
        6 => vec!["ECHO".into(), value],
        _ => vec!["PING".into()],
    }
}
