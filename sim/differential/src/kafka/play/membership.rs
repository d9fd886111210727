//! Joining and leaving groups, and what a group comes to by it.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Both, Member, Stage, Standing};
use crate::kafka::program::{Generation, MEMBERS, Place, TOPICS};
use crate::kafka::server::ServerSide;
use crate::kafka::side::{Answer, Side};
use crate::{Tally, Trouble};

impl Stage<'_> {
    pub(super) fn rejoin(
        &mut self,
        number: usize,
        topics: Option<&Vec<usize>>,
        tally: &mut Tally,
    ) -> Result<Both, Trouble> {
        let member = &self.members[number];
        let changes = topics.is_some_and(|topics| *topics != member.topics);
        match member.standing {
            Standing::New | Standing::Waits => return Ok(None),
            Standing::Reads => {
                // A client joins again when it must or when it wants other topics, and not without a reason.
                let (_, rebalances) = self.engine.describe(member.group)?;
                if !changes && !rebalances {
                    return Ok(None);
                }
            }
            Standing::Gone => {}
        }
        if let Some(topics) = topics {
            self.members[number].topics.clone_from(topics);
        }
        self.join(number, true, tally)
    }

    pub(super) fn join(&mut self, number: usize, again: bool, tally: &mut Tally) -> Result<Both, Trouble> {
        let Member { group, topics, .. } = self.members[number].clone();
        let asked = self.engine.ask_to_join(group, number, &topics, again);
        if let Some(server) = &mut self.server {
            server.ask_to_join(group, number, &topics, again)?;
        }
        if let Err(error) = asked {
            self.members[number].standing = Standing::Gone;
            let server = match &mut self.server {
                None => None,
                Some(server) => Some(match server.joined(number)? {
                    Ok((generation, _)) => format!("joined generation {generation}"),
                    Err(error) => format!("error {error}"),
                }),
            };
            tally.add(format!("error {error}"));
            return Ok(Some((format!("error {error}"), server)));
        }
        self.members[number].standing = Standing::Waits;
        self.members[number].positions.clear();
        self.settle(group, tally)
    }

    pub(super) fn leave(&mut self, number: usize, tally: &mut Tally) -> Result<Both, Trouble> {
        let group = self.members[number].group;
        let left =
            self.of_member(number, Generation::Own, tally, |side, member| side.leave(member.group, member.number))?;
        let Some((engine, server)) = left else { return Ok(None) };
        self.members[number].standing = Standing::Gone;
        let Some((settled, settled_there)) = self.settle(group, tally)? else { return Ok(None) };
        let server = server.zip(settled_there).map(|(left, settled)| format!("{left}; {settled}"));
        Ok(Some((format!("{engine}; {settled}"), server)))
    }

    /// What a group comes to after somebody has joined or left.
    fn settle(&mut self, group: usize, tally: &mut Tally) -> Result<Both, Trouble> {
        let waiting: Vec<usize> = (0..MEMBERS)
            .filter(|at| self.members[*at].group == group && self.members[*at].standing == Standing::Waits)
            .collect();
        let mut seated = Vec::new();
        let mut still = Vec::new();
        for number in waiting {
            let topics = self.members[number].topics.clone();
            match self.engine.ask_to_join(group, number, &topics, true) {
                Ok(Some(joined)) => {
                    let mut places: Vec<Place> = joined.assignment.iter().map(place).collect();
                    places.sort_unstable();
                    seated.push((number, joined.generation, places));
                }
                Ok(None) => still.push(number),
                Err(error) => return Ok(Some((format!("{number} is refused: {error}"), None))),
            }
        }
        if !seated.is_empty() {
            tally.add("rebalances completed");
        }
        let mut engine = Vec::new();
        for (number, generation, places) in &seated {
            engine.push(seat(*number, Ok((*generation, Ok(places.clone())))));
            let member = &mut self.members[*number];
            member.standing = Standing::Reads;
            (member.generation, member.assignment) = (*generation, places.clone());
        }
        engine.push(state(self.engine.describe(group)?, still.len()));
        let (members, rebalances) = self.engine.describe(group)?;
        let server = match &mut self.server {
            None => None,
            Some(server) => Some(follow(server, group, &seated, &still, (members, rebalances))?),
        };
        Ok(Some((engine.join("; "), server)))
    }
}

fn place(at: &kafka_engine::TopicPartition) -> Place {
    let topic = TOPICS.iter().position(|(topic, _)| *topic == at.topic);
    Place { topic: topic.expect("the engine knows these topics"), partition: at.partition }
}

fn seat(number: usize, joined: Answer<(i32, Answer<Vec<Place>>)>) -> String {
    match joined {
        Err(error) => format!("{number} is refused: {error}"),
        Ok((generation, Err(error))) => format!("{number} in generation {generation} is refused a part: {error}"),
        Ok((generation, Ok(places))) => {
            let places: Vec<String> = places.iter().map(ToString::to_string).collect();
            format!("{number} in generation {generation} reads {}", places.join(" "))
        }
    }
}

fn state((members, rebalances): (usize, bool), waiting: usize) -> String {
    format!("{members} members, {waiting} waiting{}", if rebalances { ", rebalancing" } else { "" })
}

/// How long a member is given to show that it was answered although others have not joined.
const EARLY: Duration = Duration::from_millis(2);
/// How long the broker may take to answer who has joined.
const IN_TIME: Duration = Duration::from_secs(10);

/// The broker's part of a step after which, on the engine, `seated` have their seats and `still` wait.
fn follow(
    server: &mut ServerSide,
    group: usize,
    seated: &[(usize, i32, Vec<Place>)],
    still: &[usize],
    (members, rebalances): (usize, bool),
) -> Result<String, Trouble> {
    let mut lines = BTreeMap::new();
    let mut leader = None;
    let mut generation = 0;
    for (number, _, _) in seated {
        if !server.is_answered(*number, IN_TIME)? {
            lines.insert(*number, format!("{number} still waits"));
            continue;
        }
        match server.joined(*number)? {
            Err(error) => {
                lines.insert(*number, seat(*number, Err(error)));
            }
            Ok((joined, leads)) => {
                generation = joined;
                leader = leader.or(leads.then_some(*number));
            }
        }
    }
    let parts: Vec<(usize, Vec<Place>)> = seated
        .iter()
        .filter(|(number, _, _)| !lines.contains_key(number))
        .map(|(number, _, places)| (*number, places.clone()))
        .collect();
    if let Some(leader) = leader {
        for (number, part) in server.sync(group, generation, leader, &parts)? {
            lines.insert(number, seat(number, Ok((generation, part))));
        }
    }
    if rebalances {
        // What was asked may still be on its way; with everybody's answer there, it is not.
        server.wait_until_rebalancing(group, members)?;
    }
    for number in still {
        if server.is_answered(*number, EARLY)? {
            lines.insert(*number, format!("{number} is answered"));
        }
    }
    let state = state(server.describe(group)?, still.len());
    let mut lines: Vec<String> = lines.into_values().collect();
    lines.push(state);
    Ok(lines.join("; "))
}
