//! A program: what producers, readers and members of groups ask for, one after the other.

use std::fmt;

use kafka_engine::Acks;

/// Topics and how many partitions each has.
pub(super) const TOPICS: [(&str, i32); 3] = [("one", 1), ("two", 2), ("four", 4)];
/// Groups.
pub(super) const GROUPS: [&str; 2] = ["relay", "billing"];
/// How many consumers there may be.
pub(super) const MEMBERS: usize = 4;
/// How many idempotent producers there may be at a time.
pub(super) const PRODUCERS: usize = 2;

/// A partition, by the topic's place in [`TOPICS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) topic: usize,
    pub(super) partition: i32,
}

impl Place {
    pub(super) const fn new(topic: usize, partition: i32) -> Self {
        Self { topic, partition }
    }

    /// Every partition there is.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let topics = TOPICS.iter().enumerate();
        topics.flat_map(|(topic, (_, partitions))| (0..*partitions).map(move |partition| Self { topic, partition }))
    }
}

/// A record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) key: Option<String>,
    pub(super) value: String,
    pub(super) headers: Vec<(String, String)>,
}

/// How an idempotent producer numbers a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    /// As it should.
    Next,
    /// This far from how it should.
    Off(i32),
    /// The batch it sent to this partition so many batches ago, as it was.
    Again(usize),
}

/// The generation a member presents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Generation {
    /// The one it is in.
    Own,
    /// The one before.
    Before,
    /// One that is not yet.
    Ahead,
}

/// Where to read from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    Start(i64),
    End(i64),
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A producer begins anew, under an id of its own.
    NewProducer {
        producer: usize,
    },
    /// A batch; `by` an idempotent producer.
    Produce {
        at: Place,
        records: Vec<Record>,
        acks: Acks,
        by: Option<(usize, Sequence)>,
    },
    /// Reads up to so many records.
    Fetch {
        at: Place,
        from: From,
        max: usize,
    },
    /// Asks for the first offset and the next one.
    Bounds {
        at: Place,
    },
    /// A consumer that is in no group asks to be a member of one.
    Join {
        member: usize,
        group: usize,
        topics: Vec<usize>,
    },
    /// A member joins again, perhaps with other topics; one that left tries to.
    Rejoin {
        member: usize,
        topics: Option<Vec<usize>>,
    },
    Heartbeat {
        member: usize,
        generation: Generation,
    },
    Leave {
        member: usize,
    },
    /// Reads on in every partition the member was assigned: from its position, else from what was committed, else from the start.
    Poll {
        member: usize,
        max: usize,
    },
    /// Moves the member's position.
    Seek {
        member: usize,
        at: Place,
        offset: i64,
    },
    /// Commits the member's positions.
    CommitRead {
        member: usize,
        generation: Generation,
    },
    /// Commits any offset of any partition.
    Commit {
        member: usize,
        generation: Generation,
        at: Place,
        offset: i64,
    },
    /// What a group has committed.
    Committed {
        group: usize,
        at: Place,
    },
}

/// Steps, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub(super) steps: Vec<Step>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", TOPICS[self.topic].0, self.partition)
    }
}

impl fmt::Display for Record {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(key) = &self.key {
            write!(f, "{key:?}=")?;
        }
        match self.value.len() {
            0..100 => write!(f, "{:?}", self.value)?,
            length => write!(f, "({length} bytes)")?,
        }
        self.headers.iter().try_for_each(|(name, value)| write!(f, "[{name}: {value:?}]"))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Own => "",
            Self::Before => " with the generation before its own",
            Self::Ahead => " with a generation ahead of its own",
        })
    }
}

fn names(topics: &[usize]) -> String {
    let names: Vec<&str> = topics.iter().map(|topic| TOPICS[*topic].0).collect();
    names.join(" ")
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NewProducer { producer } => write!(f, "producer {producer} begins anew"),
            Self::Produce { at, records, acks, by } => {
                let records: Vec<String> = records.iter().map(ToString::to_string).collect();
                write!(f, "produce to {at} with acks {acks:?}: {}", records.join(", "))?;
                match by {
                    None => Ok(()),
                    Some((producer, Sequence::Next)) => write!(f, " (producer {producer})"),
                    Some((producer, Sequence::Off(by))) => write!(f, " (producer {producer}, sequence off by {by})"),
                    Some((producer, Sequence::Again(ago))) => {
                        write!(f, " (or rather what producer {producer} sent there {ago} batches ago, again)")
                    }
                }
            }
            Self::Fetch { at, from: From::Start(offset), max } => write!(f, "fetch {max} of {at} from {offset}"),
            Self::Fetch { at, from: From::End(offset), max } => {
                write!(f, "fetch {max} of {at} from its end {offset:+}")
            }
            Self::Bounds { at } => write!(f, "bounds of {at}"),
            Self::Join { member, group, topics } => {
                write!(f, "{member} joins {} for {}", GROUPS[*group], names(topics))
            }
            Self::Rejoin { member, topics: None } => write!(f, "{member} joins again"),
            Self::Rejoin { member, topics: Some(topics) } => write!(f, "{member} joins again for {}", names(topics)),
            Self::Heartbeat { member, generation } => write!(f, "{member} beats{generation}"),
            Self::Leave { member } => write!(f, "{member} leaves"),
            Self::Poll { member, max } => write!(f, "{member} polls {max} of each"),
            Self::Seek { member, at, offset } => write!(f, "{member} seeks {at} to {offset}"),
            Self::CommitRead { member, generation } => write!(f, "{member} commits what it read{generation}"),
            Self::Commit { member, generation, at, offset } => {
                write!(f, "{member} commits {at} at {offset}{generation}")
            }
            Self::Committed { group, at } => write!(f, "what {} committed of {at}", GROUPS[*group]),
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.steps.iter().try_for_each(|step| writeln!(f, "  {step}"))
    }
}
