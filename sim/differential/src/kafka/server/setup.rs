//! What comes before a program: topics and coordinators when a connection is opened, empty topics for each program.

use std::time::Duration;

use super::{LATEST, MEMBERS, ServerSide, unexpected};
use crate::Trouble;
use crate::kafka::program::{Place, TOPICS};
use crate::kafka::wire::{Api, Connection, Request};

/// How long after it was not there something that must come is looked for again.
const LOOK: Duration = Duration::from_millis(20);
/// How often at most.
const LOOKS: usize = 1_500;

impl ServerSide {
    pub(super) fn make_topics(&mut self) -> Result<(), Trouble> {
        let request = Request::new().array(&TOPICS, |request, (topic, partitions)| {
            request.string(&self.topic_name(topic)).i32(*partitions).i16(1).i32(0).i32(0)
        });
        let mut made = self.connection.call(Api::CreateTopics, request.i32(30_000).i8(0))?;
        made.i32()?;
        let errors = made.array(|made| {
            made.string()?;
            let error = made.i16()?;
            Ok((error, made.string()?))
        })?;
        match errors.iter().find(|(error, _)| *error != 0) {
            None => self.until("the topics have leaders", |side| {
                let mut leads = true;
                for place in Place::all() {
                    leads &= side.offset(place, LATEST)?.is_ok();
                }
                Ok(leads)
            }),
            Some((error, message)) => Err(unexpected(format!("error {error} when topics were made: {message}"))),
        }
    }

    /// The topic of commits is made when the first one asks for its group's coordinator.
    pub(super) fn wait_for_coordinator(&mut self) -> Result<(), Trouble> {
        const UNKNOWN_MEMBER_ID: i16 = 25;
        self.until("the groups have a coordinator", |side| {
            side.connection.call(Api::FindCoordinator, Request::new().string(&side.name).i8(0))?;
            let mut is_there = true;
            for number in 0..32 {
                let request = Request::new().string(&format!("{}-{number}", side.name)).i32(1).string("nobody");
                let mut answer = side.connection.call(Api::Heartbeat, request)?;
                answer.i32()?;
                is_there &= answer.i16()? == UNKNOWN_MEMBER_ID;
            }
            Ok(is_there)
        })
    }

    pub(super) fn until(
        &mut self,
        what: &str,
        mut look: impl FnMut(&mut Self) -> Result<bool, Trouble>,
    ) -> Result<(), Trouble> {
        for _ in 0..LOOKS {
            if look(self)? {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        Err(unexpected(format!("it is not so in time that {what}")))
    }

    /// Empties the topics and forgets the last program's groups.
    pub(in crate::kafka) fn begin(&mut self) -> Result<(), Trouble> {
        self.programs += 1;
        self.producers.clear();
        for at in 0..MEMBERS {
            let (group, is_asking) = (self.members[at].group, self.members[at].is_asking);
            if is_asking {
                self.members[at].connection = Connection::open(&self.address)?;
            }
            if self.members[at].id.is_some() {
                let request = Request::new().string(&self.last_group_name(group)).string(self.id(at));
                self.connection.call(Api::LeaveGroup, request)?;
            }
            let member = &mut self.members[at];
            (member.id, member.is_asking) = (None, false);
        }
        let request = Request::new().array(&TOPICS, |request, (topic, partitions)| {
            let partitions: Vec<i32> = (0..*partitions).collect();
            let request = request.string(&self.topic_name(topic));
            request.array(&partitions, |request, partition| request.i32(*partition).i64(LATEST))
        });
        let mut emptied = self.connection.call(Api::DeleteRecords, request.i32(30_000))?;
        emptied.i32()?;
        let mut bases = Vec::new();
        emptied.array(|emptied| {
            let name = emptied.string()?;
            let topic = TOPICS.iter().position(|(topic, _)| name.ends_with(&format!("-{topic}")));
            let topic = topic.ok_or_else(|| unexpected(format!("a topic {name}")))?;
            emptied.array(|emptied| {
                let partition = emptied.i32()?;
                bases.push((Place { topic, partition }, emptied.i64()?));
                match emptied.i16()? {
                    0 => Ok(()),
                    error => Err(unexpected(format!("error {error} when {name} was emptied"))),
                }
            })
        })?;
        self.bases = bases;
        Ok(())
    }
}
