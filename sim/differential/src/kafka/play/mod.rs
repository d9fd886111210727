//! Runs a program on the engine and, where there is one, on the broker, and says what each answered.
//!
//! The engine leads: it says when a group's members have all joined, and who reads what, which on a broker the group's
//! leading client decides. The broker must then answer everybody who waits, and nobody before.

mod membership;
mod produce;

use std::collections::BTreeMap;

use super::engine::EngineSide;
use super::program::{From, GROUPS, Generation, MEMBERS, PRODUCERS, Place, Program, Step};

use super::server::ServerSide;
use super::side::{Answer, Sent, Side};
use crate::{Tally, Trouble};
use produce::Producer;

/// What both sides answered to a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answered {
    pub(super) step: String,
    pub(super) engine: String,
    /// Nothing without a broker.
    pub(super) server: Option<String>,
}

impl Answered {
    pub(super) fn differs(&self) -> bool {
        self.server.as_ref().is_some_and(|server| *server != self.engine)
    }
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It never joined.
    New,
    Waits,
    Reads,
    /// It left or was refused; it still knows its id.
    Gone,
}

/// A consumer, as far as both sides agree on it.
#[derive(Clone, Debug)]
struct Member {
    standing: Standing,
    group: usize,
    topics: Vec<usize>,
    generation: i32,
    assignment: Vec<Place>,
    positions: BTreeMap<Place, i64>,
}

/// A program on its way.
pub(super) struct Stage<'a> {
    engine: EngineSide,
    server: Option<&'a mut ServerSide>,
    members: Vec<Member>,
    producers: [Option<Producer>; PRODUCERS],
    begun: usize,
}

/// Runs a program, up to the first step on which the sides differ.
pub(super) fn play(
    program: &Program,
    mut server: Option<&mut ServerSide>,
    tally: &mut Tally,
) -> Result<Vec<Answered>, Trouble> {
    if let Some(server) = &mut server {
        server.begin()?;
    }
    let member = Member {
        standing: Standing::New,
        group: 0,
        topics: Vec::new(),
        generation: 0,
        assignment: Vec::new(),
        positions: BTreeMap::new(),
    };
    let members = vec![member; MEMBERS];
    let mut stage =
        Stage { engine: EngineSide::new(), server, members, producers: [const { None }; PRODUCERS], begun: 0 };
    let mut answers = Vec::new();
    for step in program.steps.iter().chain(&last_look()) {
        let Some((engine, server)) = stage.step(step, tally)? else { continue };
        let answered = Answered { step: step.to_string(), engine, server };
        let differs = answered.differs();
        answers.push(answered);
        if differs {
            break;
        }
    }
    Ok(answers)
}

/// At the end: every record, every offset.
fn last_look() -> Vec<Step> {
    let mut steps = Vec::new();
    for at in Place::all() {
        steps.push(Step::Bounds { at });
        steps.push(Step::Fetch { at, from: From::Start(0), max: usize::MAX });
        steps.extend((0..GROUPS.len()).map(|group| Step::Committed { group, at }));
    }
    steps
}

/// An answer in one line. Of numbers only those that both sides share are told.
fn shown<T>(answer: Answer<T>, of: impl FnOnce(T) -> String, tally: &mut Tally) -> String {
    match answer {
        Ok(answer) => of(answer),
        Err(error) => {
            tally.add(format!("error {error}"));
            format!("error {error}")
        }
    }
}

type Both = Option<(String, Option<String>)>;

impl Stage<'_> {
    fn step(&mut self, step: &Step, tally: &mut Tally) -> Result<Both, Trouble> {
        match step {
            Step::NewProducer { producer } => {
                self.producers[*producer] = Some(self.new_producer()?);
                Ok(None)
            }
            Step::Produce { at, records, acks, by } => {
                let sent = Sent { at: *at, records: records.clone(), acks: *acks, stamp: None };
                self.produce(sent, *by, tally)
            }
            Step::Fetch { at, from, max } => {
                let offset = match from {
                    From::Start(offset) => *offset,
                    From::End(offset) => self.engine.bounds(*at)?.map_or(0, |(_, end)| end) + offset,
                };
                self.on_both(tally, |side| {
                    let fetched = side.fetch(*at, offset, *max)?;
                    Ok(fetched.map(|records| {
                        let records: Vec<String> =
                            records.iter().map(|(at, record)| format!("{at}:{record}")).collect();
                        records.join(" ")
                    }))
                })
            }
            Step::Bounds { at } => {
                self.on_both(tally, |side| Ok(side.bounds(*at)?.map(|(first, next)| format!("{first} to {next}"))))
            }
            Step::Committed { group, at } => {
                self.on_both(tally, |side| Ok(side.committed(*group, *at)?.map(|offset| format!("{offset:?}"))))
            }
            Step::Join { member, group, topics } => {
                let known = &mut self.members[*member];
                if !matches!(known.standing, Standing::New | Standing::Gone) {
                    return Ok(None);
                }
                (known.group, known.topics) = (*group, topics.clone());
                self.join(*member, false, tally)
            }
            Step::Rejoin { member, topics } => self.rejoin(*member, topics.as_ref(), tally),
            Step::Heartbeat { member, generation } => self.of_member(*member, *generation, tally, |side, member| {
                side.heartbeat(member.group, member.number, member.generation)
            }),
            Step::Leave { member } => self.leave(*member, tally),
            Step::Poll { member, max } => self.poll(*member, *max, tally),
            Step::Seek { member, at, offset } => {
                self.members[*member].positions.insert(*at, *offset);
                Ok(None)
            }
            Step::CommitRead { member, generation } => {
                let read: Vec<(Place, i64)> =
                    self.members[*member].positions.iter().map(|(at, offset)| (*at, *offset)).collect();
                if read.is_empty() {
                    return Ok(None);
                }
                self.of_member(*member, *generation, tally, |side, member| {
                    side.commit(member.group, member.number, member.generation, &read)
                })
            }
            Step::Commit { member, generation, at, offset } => {
                self.of_member(*member, *generation, tally, |side, member| {
                    side.commit(member.group, member.number, member.generation, &[(*at, *offset)])
                })
            }
        }
    }

    /// Asks the same of both.
    fn on_both(
        &mut self,
        tally: &mut Tally,
        mut ask: impl FnMut(&mut dyn Side) -> Result<Answer<String>, Trouble>,
    ) -> Result<Both, Trouble> {
        let engine = shown(ask(&mut self.engine)?, |text| text, tally);
        let server = match &mut self.server {
            None => None,
            Some(server) => Some(shown(ask(&mut **server)?, |text| text, &mut Tally::default())),
        };
        Ok(Some((engine, server)))
    }

    /// Asks for a member that is not waiting; one that never joined has nothing to ask with.
    fn of_member(
        &mut self,
        number: usize,
        generation: Generation,
        tally: &mut Tally,
        ask: impl Fn(&mut dyn Side, Caller) -> Result<Answer<()>, Trouble>,
    ) -> Result<Both, Trouble> {
        let member = &self.members[number];
        if !matches!(member.standing, Standing::Reads | Standing::Gone) {
            return Ok(None);
        }
        let off = match generation {
            Generation::Own => 0,
            Generation::Before => -1,
            Generation::Ahead => 1,
        };
        let caller = Caller { number, group: member.group, generation: member.generation + off };
        self.on_both(tally, |side| Ok(ask(side, caller)?.map(|()| "done".to_owned())))
    }

    fn poll(&mut self, number: usize, max: usize, tally: &mut Tally) -> Result<Both, Trouble> {
        let member = self.members[number].clone();
        if member.standing != Standing::Reads {
            return Ok(None);
        }
        let read = |side: &mut dyn Side| -> Result<(String, BTreeMap<Place, i64>), Trouble> {
            let mut positions = member.positions.clone();
            let mut lines = Vec::new();
            for at in &member.assignment {
                let known = positions.get(at).copied().map(Some);
                let position = match known {
                    Some(position) => position,
                    None => match side.committed(member.group, *at)? {
                        Ok(committed) => committed,
                        Err(error) => return Ok((format!("error {error} for what is committed"), positions)),
                    },
                };
                match side.fetch(*at, position.unwrap_or(0), max)? {
                    Ok(records) => {
                        let next = records.last().map_or(position.unwrap_or(0), |(offset, _)| offset + 1);
                        positions.insert(*at, next);
                        lines.extend(records.iter().map(|(offset, record)| format!("{at}@{offset}:{record}")));
                    }
                    // As `auto.offset.reset=earliest` has it.
                    Err(1) => {
                        positions.insert(*at, 0);
                        lines.push(format!("{at} is out of range"));
                    }
                    Err(error) => lines.push(format!("{at} error {error}")),
                }
            }
            Ok((lines.join(" "), positions))
        };
        let (engine, positions) = read(&mut self.engine)?;
        let server = match &mut self.server {
            None => None,
            Some(server) => Some(read(&mut **server)?.0),
        };
        tally.add("polls");
        self.members[number].positions = positions;
        Ok(Some((engine, server)))
    }
}

/// Who asks, and with which generation.
#[derive(Clone, Copy)]
struct Caller {
    number: usize,
    group: usize,
    generation: i32,
}
