//! The broker's side. Topics stay from program to program and are emptied in between; groups get names of their own.

mod membership;
mod setup;

use kafka_engine::Acks;

use super::program::{GROUPS, MEMBERS, Place, Record, TOPICS};
use super::side::{Answer, Sent, Side};
use super::wire::{self, Api, Connection, Request};
use crate::Trouble;

/// Members outlive every program: none is meant to fall silent.
const SESSION_TIMEOUT_MS: i32 = 120_000;
const LATEST: i64 = -1;
const EARLIEST: i64 = -2;

/// A broker, with topics of this side's own.
#[derive(Debug)]
pub(super) struct ServerSide {
    address: String,
    /// In front of the names of topics and groups.
    name: String,
    /// For all that is answered at once.
    connection: Connection,
    /// A join is answered only when everybody has joined, so each member has a connection of its own.
    members: Vec<Member>,
    producers: Vec<(i64, i16)>,
    programs: u64,
    /// The first offset of each partition during this program, in the order of [`Place::all`].
    bases: Vec<(Place, i64)>,
}

#[derive(Debug)]
struct Member {
    connection: Connection,
    /// Once it has been told.
    id: Option<String>,
    group: usize,
    is_asking: bool,
}

impl ServerSide {
    /// Connects, and makes topics whose names begin with `name`.
    pub(super) fn open(address: &str, name: &str) -> Result<Self, Trouble> {
        let member = |_| {
            let connection = Connection::open(address)?;
            Ok(Member { connection, id: None, group: 0, is_asking: false })
        };
        let mut side = Self {
            address: address.to_owned(),
            name: name.to_owned(),
            connection: Connection::open(address)?,
            members: (0..MEMBERS).map(member).collect::<Result<_, Trouble>>()?,
            producers: Vec::new(),
            programs: 0,
            bases: Vec::new(),
        };
        side.make_topics()?;
        side.wait_for_coordinator()?;
        Ok(side)
    }

    fn topic_name(&self, topic: &str) -> String {
        format!("{}-{topic}", self.name)
    }

    fn topic_at(&self, at: Place) -> String {
        self.topic_name(TOPICS[at.topic].0)
    }

    fn group_name(&self, group: usize) -> String {
        format!("{}-{}-{}", self.name, self.programs, GROUPS[group])
    }

    fn last_group_name(&self, group: usize) -> String {
        format!("{}-{}-{}", self.name, self.programs - 1, GROUPS[group])
    }

    fn base(&self, at: Place) -> i64 {
        self.bases.iter().find(|(place, _)| *place == at).map_or(0, |(_, base)| *base)
    }

    fn id(&self, member: usize) -> &str {
        self.members[member].id.as_deref().unwrap_or_default()
    }

    fn offset(&mut self, at: Place, which: i64) -> Result<Answer<i64>, Trouble> {
        let request = Request::new().i32(-1).i32(1).string(&self.topic_at(at)).i32(1).i32(at.partition).i64(which);
        let mut answer = self.connection.call(Api::ListOffsets, request)?;
        answer.enter_partition()?;
        let error = answer.i16()?;
        answer.i64()?;
        let offset = answer.i64()?;
        Ok(if error == 0 { Ok(offset) } else { Err(error) })
    }

    /// A request of a member that is answered by an error number and no more.
    fn of_member(&mut self, api: Api, request: Request) -> Result<Answer<()>, Trouble> {
        let mut answer = self.connection.call(api, request)?;
        answer.i32()?;
        Ok(in_words(answer.i16()?))
    }
}

fn in_words(error: i16) -> Answer<()> {
    if error == 0 { Ok(()) } else { Err(error) }
}

fn unexpected(what: String) -> Trouble {
    Trouble::Unexpected { server: "Kafka", what }
}

impl Side for ServerSide {
    fn new_producer(&mut self) -> Result<(), Trouble> {
        /// The broker fetches ids by the thousand, and says that it is at it.
        const COORDINATOR_LOAD_IN_PROGRESS: i16 = 14;
        self.until("there are producer ids", |side| {
            let mut answer = side.connection.call(Api::InitProducerId, Request::new().null_string().i32(60_000))?;
            answer.i32()?;
            match answer.i16()? {
                0 => {
                    side.producers.push((answer.i64()?, answer.i16()?));
                    Ok(true)
                }
                COORDINATOR_LOAD_IN_PROGRESS => Ok(false),
                error => Err(unexpected(format!("error {error} for a producer's id"))),
            }
        })
    }

    fn produce(&mut self, sent: &Sent) -> Result<Answer<Option<i64>>, Trouble> {
        let stamp = sent.stamp.map(|(producer, sequence)| {
            let (producer_id, epoch) = self.producers[producer];
            wire::Stamp { producer_id, epoch, sequence }
        });
        let acks = match sent.acks {
            Acks::None => 0,
            Acks::Leader => 1,
            Acks::All => -1,
        };
        let request = Request::new().null_string().i16(acks).i32(30_000).i32(1).string(&self.topic_at(sent.at));
        let request = request.i32(1).i32(sent.at.partition).bytes(&wire::batch(&sent.records, stamp));
        if sent.acks == Acks::None {
            self.connection.send(Api::Produce, request)?;
            return Ok(Ok(None));
        }
        let mut answer = self.connection.call(Api::Produce, request)?;
        answer.enter_partition()?;
        let error = answer.i16()?;
        let offset = answer.i64()? - self.base(sent.at);
        Ok(in_words(error).map(|()| Some(offset)))
    }

    fn fetch(&mut self, at: Place, offset: i64, max: usize) -> Result<Answer<Vec<(i64, Record)>>, Trouble> {
        const BYTES: i32 = 32 << 20;
        let base = self.base(at);
        // From no replica, at once, whatever there is, committed or not.
        let request = Request::new().i32(-1).i32(0).i32(0).i32(BYTES).i8(0).i32(1).string(&self.topic_at(at));
        let request = request.i32(1).i32(at.partition).i64(base + offset).i32(BYTES);
        let mut answer = self.connection.call(Api::Fetch, request)?;
        answer.i32()?;
        answer.enter_partition()?;
        let error = answer.i16()?;
        // High watermark and last stable offset; then aborted transactions.
        answer.skip(8 + 8)?;
        answer.array(|aborted| aborted.skip(8 + 8))?;
        let records = wire::read_batches(&answer.bytes()?)?;
        // Whole batches come, also what lies before the offset in the first of them.
        let records = records.into_iter().map(|(at, record)| (at - base, record)).filter(|(at, _)| *at >= offset);
        Ok(in_words(error).map(|()| records.take(max).collect()))
    }

    fn bounds(&mut self, at: Place) -> Result<Answer<(i64, i64)>, Trouble> {
        let (first, next) = (self.offset(at, EARLIEST)?, self.offset(at, LATEST)?);
        let base = self.base(at);
        Ok(first.and_then(|first| Ok((first - base, next? - base))))
    }

    fn heartbeat(&mut self, group: usize, member: usize, generation: i32) -> Result<Answer<()>, Trouble> {
        let request = Request::new().string(&self.group_name(group)).i32(generation).string(self.id(member));
        self.of_member(Api::Heartbeat, request)
    }

    fn leave(&mut self, group: usize, member: usize) -> Result<Answer<()>, Trouble> {
        let request = Request::new().string(&self.group_name(group)).string(self.id(member));
        self.of_member(Api::LeaveGroup, request)
    }

    fn commit(
        &mut self,
        group: usize,
        member: usize,
        generation: i32,
        offsets: &[(Place, i64)],
    ) -> Result<Answer<()>, Trouble> {
        let request = Request::new().string(&self.group_name(group)).i32(generation).string(self.id(member)).i64(-1);
        let request = request.array(offsets, |request, (at, offset)| {
            request.string(&self.topic_at(*at)).i32(1).i32(at.partition).i64(*offset).string("")
        });
        let mut answer = self.connection.call(Api::OffsetCommit, request)?;
        let errors = answer.array(|answer| {
            answer.string()?;
            answer.array(|answer| {
                answer.i32()?;
                answer.i16()
            })
        })?;
        let error = errors.into_iter().flatten().find(|error| *error != 0);
        Ok(error.map_or(Ok(()), Err))
    }

    fn committed(&mut self, group: usize, at: Place) -> Result<Answer<Option<i64>>, Trouble> {
        let request = Request::new().string(&self.group_name(group)).i32(1).string(&self.topic_at(at));
        let mut answer = self.connection.call(Api::OffsetFetch, request.i32(1).i32(at.partition))?;
        answer.enter_partition()?;
        let offset = answer.i64()?;
        answer.string()?;
        let error = answer.i16()?;
        Ok(in_words(error).map(|()| (offset >= 0).then_some(offset)))
    }

    fn describe(&mut self, group: usize) -> Result<(usize, bool), Trouble> {
        let request = Request::new().i32(1).string(&self.group_name(group));
        let mut answer = self.connection.call(Api::DescribeGroups, request)?;
        // A count and an error; the group. Behind the state its protocol, in two strings.
        answer.skip(4 + 2)?;
        answer.string()?;
        let state = answer.string()?;
        answer.string()?;
        answer.string()?;
        let members = answer.array(|member| {
            // Id, client and host; subscription and assignment.
            (0..3).try_for_each(|_| member.string().map(drop))?;
            (0..2).try_for_each(|_| member.bytes().map(drop))
        })?;
        Ok((members.len(), state == "PreparingRebalance"))
    }
}
