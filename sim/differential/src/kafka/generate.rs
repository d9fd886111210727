//! Drawing a program: few partitions, few members, and mistakes on purpose.

use kafka_engine::Acks;

use super::program::{From, GROUPS, Generation, MEMBERS, PRODUCERS, Place, Program, Record, Sequence, Step, TOPICS};
use crate::draw::Draw;

/// Larger than `max.message.bytes` by far: where exactly the bound lies, depends on the format.
const TOO_LARGE_BYTES: usize = 1_200_000;

/// The program of a seed.
pub(super) fn program(seed: u64) -> Program {
    let mut draw = Draw::from_seed(seed);
    let length = draw.count(6, 40);
    // A program is about the log, or about groups that read it.
    let is_about_groups = draw.chance(60);
    let mut steps = Vec::with_capacity(length);
    for number in 0..length {
        let step = if draw.chance(if is_about_groups { 75 } else { 5 }) {
            of_a_member(&mut draw)
        } else {
            of_the_log(&mut draw, number)
        };
        steps.push(step);
    }
    Program { steps }
}

fn place(draw: &mut Draw) -> Place {
    let topic = draw.index(TOPICS.len());
    // Sometimes one that is not there.
    let beyond = usize::from(draw.chance(3));
    let (_, partitions) = TOPICS[topic];
    let count = usize::try_from(partitions).expect("a topic has some") + beyond;
    Place { topic, partition: i32::try_from(draw.index(count)).expect("few") }
}

fn topics(draw: &mut Draw) -> Vec<usize> {
    let some: Vec<usize> = (0..TOPICS.len()).filter(|_| draw.chance(60)).collect();
    if some.is_empty() { vec![draw.index(TOPICS.len())] } else { some }
}

fn of_the_log(draw: &mut Draw, number: usize) -> Step {
    let at = place(draw);
    match draw.weighted(&[60, 4, 24, 12]) {
        0 => produce(draw, at, number),
        1 => Step::NewProducer { producer: draw.index(PRODUCERS) },
        2 => {
            let from = if draw.chance(60) { From::Start(draw.int(-1, 9)) } else { From::End(draw.int(-2, 1)) };
            Step::Fetch { at, from, max: draw.count(1, 6) }
        }
        _ => Step::Bounds { at },
    }
}

fn produce(draw: &mut Draw, at: Place, number: usize) -> Step {
    let record = |draw: &mut Draw, index: usize| {
        let large = draw.index(300) == 0;
        Record {
            key: draw.chance(60).then(|| format!("k{}", draw.index(5))),
            value: if large { "x".repeat(TOO_LARGE_BYTES) } else { format!("v{number}.{index}") },
            headers: if draw.chance(20) {
                vec![("kind".into(), draw.pick(&["order", "refund", ""]).into())]
            } else {
                vec![]
            },
        }
    };
    let records: Vec<Record> = (0..draw.count(1, 4)).map(|index| record(draw, index)).collect();
    if draw.chance(60) {
        let sequence = match draw.weighted(&[60, 15, 25]) {
            0 => Sequence::Next,
            1 => Sequence::Off(draw.pick(&[&-3, &-2, &-1, &1, &2]).to_owned()),
            _ => Sequence::Again(draw.count(1, 7)),
        };
        // That it waits for all is checked by the client, before a broker is asked.
        return Step::Produce { at, records, acks: Acks::All, by: Some((draw.index(PRODUCERS), sequence)) };
    }
    let is_well = at.partition < TOPICS[at.topic].1 && records.iter().all(|record| record.value.len() < 100);
    let acks = match draw.weighted(&[3, 2, 1]) {
        // A broker that cannot tell of an error ends the connection.
        2 if is_well => Acks::None,
        1 => Acks::Leader,
        _ => Acks::All,
    };
    Step::Produce { at, records, acks, by: None }
}

fn generation(draw: &mut Draw) -> Generation {
    match draw.weighted(&[80, 14, 6]) {
        0 => Generation::Own,
        1 => Generation::Before,
        _ => Generation::Ahead,
    }
}

fn of_a_member(draw: &mut Draw) -> Step {
    let member = draw.index(MEMBERS);
    match draw.weighted(&[22, 20, 8, 8, 18, 3, 12, 5, 4]) {
        0 => {
            let group = usize::from(draw.chance(25)).min(GROUPS.len() - 1);
            Step::Join { member, group, topics: topics(draw) }
        }
        1 => {
            let topics = draw.chance(20).then(|| topics(draw));
            Step::Rejoin { member, topics }
        }
        2 => Step::Heartbeat { member, generation: generation(draw) },
        3 => Step::Leave { member },
        4 => Step::Poll { member, max: draw.count(1, 5) },
        5 => Step::Seek { member, at: place_that_is(draw), offset: draw.int(0, 6) },
        6 => Step::CommitRead { member, generation: generation(draw) },
        7 => Step::Commit { member, generation: generation(draw), at: place(draw), offset: draw.int(0, 8) },
        _ => Step::Committed { group: draw.index(GROUPS.len()), at: place_that_is(draw) },
    }
}

fn place_that_is(draw: &mut Draw) -> Place {
    let places: Vec<Place> = Place::all().collect();
    places[draw.index(places.len())]
}
