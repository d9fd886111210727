//! Joining a group: what a broker leaves to clients, and answers only when everybody has joined.

use std::time::Duration;

use super::{SESSION_TIMEOUT_MS, ServerSide, unexpected};
use crate::Trouble;
use crate::kafka::program::{Place, TOPICS};
use crate::kafka::side::{Answer, Side};
use crate::kafka::wire::{Api, Request, Response};

/// A member and the part it is given.
pub(in crate::kafka) type Synced = (usize, Answer<Vec<Place>>);

impl ServerSide {
    /// Sends the wish to join; the answer is for [`ServerSide::joined`].
    pub(in crate::kafka) fn ask_to_join(
        &mut self,
        group: usize,
        member: usize,
        topics: &[usize],
        again: bool,
    ) -> Result<(), Trouble> {
        // Version, topics in one order, no data of the user's.
        let names: Vec<String> = topics.iter().map(|topic| self.topic_name(TOPICS[*topic].0)).collect();
        let subscription = Request::new().i16(0).array(&names, |request, name| request.string(name)).i32(-1);
        let id = if again { self.id(member) } else { "" };
        let request = Request::new().string(&self.group_name(group)).i32(SESSION_TIMEOUT_MS).i32(SESSION_TIMEOUT_MS);
        let request = request.string(id).string("consumer").i32(1).string("range").bytes(&subscription.into_bytes());
        let member = &mut self.members[member];
        (member.group, member.is_asking) = (group, true);
        if !again {
            member.id = None;
        }
        member.connection.send(Api::JoinGroup, request)
    }

    /// Whether a member that waits has been answered, or is within this time.
    pub(in crate::kafka) fn is_answered(&self, member: usize, within: Duration) -> Result<bool, Trouble> {
        self.members[member].connection.is_answered(within)
    }

    /// Once the members of a group are so many and rebalance, a wish to join has arrived.
    pub(in crate::kafka) fn wait_until_rebalancing(&mut self, group: usize, members: usize) -> Result<bool, Trouble> {
        for _ in 0..200 {
            if self.describe(group)? == (members, true) {
                return Ok(true);
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        Ok(false)
    }

    /// The answer to a wish to join: generation and whether the member leads, or an error.
    pub(in crate::kafka) fn joined(&mut self, member: usize) -> Result<Answer<(i32, bool)>, Trouble> {
        let member = &mut self.members[member];
        member.is_asking = false;
        let mut answer = member.connection.receive()?;
        answer.i32()?;
        let error = answer.i16()?;
        let generation = answer.i32()?;
        answer.string()?;
        let (leader, id) = (answer.string()?, answer.string()?);
        if error != 0 {
            return Ok(Err(error));
        }
        let leads = leader == id;
        member.id = Some(id);
        Ok(Ok((generation, leads)))
    }

    /// What a client does next: the leader says who reads what, everybody asks for their part.
    pub(in crate::kafka) fn sync(
        &mut self,
        group: usize,
        generation: i32,
        leader: usize,
        parts: &[(usize, Vec<Place>)],
    ) -> Result<Vec<Synced>, Trouble> {
        let members = parts.iter().map(|(member, _)| *member).filter(|member| *member != leader);
        let order: Vec<usize> = std::iter::once(leader).chain(members).collect();
        for member in &order {
            let request = Request::new().string(&self.group_name(group)).i32(generation).string(self.id(*member));
            let told = if *member == leader { parts } else { &[] };
            let request = request
                .array(told, |request, (member, places)| request.string(self.id(*member)).bytes(&self.part(places)));
            self.members[*member].connection.send(Api::SyncGroup, request)?;
        }
        order.into_iter().map(|member| Ok((member, self.synced(member)?))).collect()
    }

    /// A part as consumers write it: version, partitions by topic, no data of the user's.
    fn part(&self, places: &[Place]) -> Vec<u8> {
        let topics: Vec<usize> = (0..TOPICS.len()).filter(|topic| places.iter().any(|at| at.topic == *topic)).collect();
        let request = Request::new().i16(0).array(&topics, |request, topic| {
            let of_topic: Vec<i32> = places.iter().filter(|at| at.topic == *topic).map(|at| at.partition).collect();
            let request = request.string(&self.topic_name(TOPICS[*topic].0));
            request.array(&of_topic, |request, partition| request.i32(*partition))
        });
        request.i32(-1).into_bytes()
    }

    fn synced(&mut self, member: usize) -> Result<Answer<Vec<Place>>, Trouble> {
        let mut answer = self.members[member].connection.receive()?;
        answer.i32()?;
        let error = answer.i16()?;
        if error != 0 {
            return Ok(Err(error));
        }
        let mut part = Response::new(answer.bytes()?);
        if part.is_at_end() {
            return Ok(Ok(Vec::new()));
        }
        part.i16()?;
        let mut places = Vec::new();
        part.array(|part| {
            let name = part.string()?;
            let topic = TOPICS.iter().position(|(topic, _)| name.ends_with(&format!("-{topic}")));
            let topic = topic.ok_or_else(|| unexpected(format!("a topic {name}")))?;
            places.extend(part.array(Response::i32)?.into_iter().map(|partition| Place { topic, partition }));
            Ok(())
        })?;
        Ok(Ok(places))
    }
}
