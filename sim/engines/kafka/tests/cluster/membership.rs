//! Random membership: members come, beat, fall silent and leave; nobody ever reads what another reads.

use std::collections::BTreeMap;

use kafka_engine::{Assignor, Config, Join, Joined, Kafka, KafkaError, MemberId, TopicPartition};
use proptest::prelude::*;

const TOPICS: [(&str, i32); 2] = [("orders", 7), ("refunds", 3)];
const SESSION_MS: i64 = 1_000;

#[derive(Clone, Debug)]
enum Step {
    /// A new member that reads the first topic, or both.
    Enter {
        both: bool,
    },
    /// The nth member beats, and joins again if it is told to.
    Beat(usize),
    Leave(usize),
    /// The nth member is never heard of again.
    Die(usize),
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => any::<bool>().prop_map(|both| Step::Enter { both }),
        8 => (0..6_usize).prop_map(Step::Beat),
        1 => (0..6_usize).prop_map(Step::Leave),
        1 => (0..6_usize).prop_map(Step::Die),
        3 => (1..400_i64).prop_map(Step::Wait),
    ]
}

/// A consumer as a client library would run it.
#[derive(Debug)]
struct Client {
    member: MemberId,
    topics: Vec<&'static str>,
    place: Option<Joined>,
}

struct World {
    kafka: Kafka,
    clients: Vec<Client>,
    now_ms: i64,
    assignor: Assignor,
}

impl World {
    fn new(assignor: Assignor) -> Self {
        let config =
            Config { session_timeout_ms: SESSION_MS, rebalance_timeout_ms: 3_000, assignor, ..Config::default() };
        let mut kafka = Kafka::new(config);
        for (topic, partitions) in TOPICS {
            kafka.create_topic(topic, partitions, 0).expect("the topic is new");
        }
        Self { kafka, clients: Vec::new(), now_ms: 0, assignor }
    }

    fn take(&mut self, step: &Step) {
        match step {
            Step::Enter { both } => {
                let topics = if *both { vec!["orders", "refunds"] } else { vec!["orders"] };
                if self.clients.len() < 6 {
                    let answer = self.kafka.join("g", None, &topics, self.now_ms).expect("the cluster is healthy");
                    let (member, place) = match answer {
                        Join::Joined(place) => (place.member, Some(place)),
                        Join::Waiting { member } => (member, None),
                    };
                    self.clients.push(Client { member, topics, place });
                }
            }
            Step::Beat(nth) => self.beat(*nth),
            Step::Leave(nth) if *nth < self.clients.len() => {
                let client = self.clients.remove(*nth);
                let left = self.kafka.leave("g", client.member, self.now_ms);
                assert!(matches!(left, Ok(()) | Err(KafkaError::UnknownMemberId)), "{left:?}");
            }
            Step::Die(nth) if *nth < self.clients.len() => drop(self.clients.remove(*nth)),
            Step::Leave(_) | Step::Die(_) => {}
            Step::Wait(for_ms) => {
                self.now_ms += for_ms;
                self.kafka.advance(self.now_ms);
            }
        }
    }

    fn beat(&mut self, nth: usize) {
        let Some(client) = self.clients.get_mut(nth) else {
            return;
        };
        let generation = client.place.as_ref().map(|place| place.generation);
        let beat = generation.map(|generation| self.kafka.heartbeat("g", client.member, generation, self.now_ms));
        if beat == Some(Ok(())) {
            return;
        }
        match self.kafka.join("g", Some(client.member), &client.topics, self.now_ms) {
            Ok(Join::Joined(place)) => client.place = Some(place),
            Ok(Join::Waiting { .. }) if self.assignor == Assignor::Range => client.place = None,
            Ok(Join::Waiting { .. }) => {}
            Err(error) => {
                assert_eq!(error, KafkaError::UnknownMemberId, "only silence makes a member unknown");
                self.clients.remove(nth);
            }
        }
    }

    /// Everyone beats until nothing changes any more.
    fn settle(&mut self) {
        for _ in 0..20 {
            self.now_ms += SESSION_MS / 5;
            self.kafka.advance(self.now_ms);
            for nth in (0..self.clients.len()).rev() {
                self.beat(nth);
            }
        }
    }
}

/// Over all clients the cluster has not dropped, whatever generation they have heard of: who was told to read a
/// partition reads it until it joins again, or, cooperatively, until it is told otherwise.
fn check_no_partition_is_read_twice(world: &World) -> Result<(), TestCaseError> {
    let Some(group) = world.kafka.describe_group("g") else {
        return Ok(());
    };
    let mut readers: BTreeMap<&TopicPartition, MemberId> = BTreeMap::new();
    let members = world.clients.iter().filter(|client| group.members.contains_key(&client.member));
    for place in members.filter_map(|client| client.place.as_ref()) {
        prop_assert!(place.generation <= group.generation);
        for partition in &place.assignment {
            let other = readers.insert(partition, place.member);
            prop_assert_eq!(other, None, "{:?} is read by two", partition);
        }
    }
    Ok(())
}

fn check_settled(world: &World) -> Result<(), TestCaseError> {
    let group = world.kafka.describe_group("g");
    let members = group.as_ref().map_or(0, |group| group.members.len());
    prop_assert_eq!(members, world.clients.len(), "the group is who is left");
    let told = |client: &Client| client.place.as_ref().map(|place| (place.generation, place.assignment.clone()));
    for client in &world.clients {
        let known = group.as_ref().map(|group| (group.generation, group.members[&client.member].clone()));
        prop_assert_eq!(told(client), known, "everyone has heard of the last generation");
    }
    for (topic, partitions) in TOPICS {
        let wanted = world.clients.iter().any(|client| client.topics.contains(&topic));
        for partition in 0..partitions {
            let place = TopicPartition::new(topic, partition);
            let readers = world.clients.iter().filter_map(told);
            let readers = readers.filter(|(_, assignment)| assignment.contains(&place)).count();
            prop_assert_eq!(readers, usize::from(wanted), "{} {}", topic, partition);
        }
    }
    for client in &world.clients {
        let (_, assignment) = told(client).unwrap_or_default();
        prop_assert!(assignment.iter().all(|place| client.topics.contains(&place.topic.as_str())));
    }
    Ok(())
}

fn run(assignor: Assignor, steps: &[Step]) -> Result<(), TestCaseError> {
    let mut world = World::new(assignor);
    for step in steps {
        world.take(step);
        check_no_partition_is_read_twice(&world)?;
    }
    world.settle();
    check_no_partition_is_read_twice(&world)?;
    check_settled(&world)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn range_gives_every_partition_to_exactly_one_member(steps in prop::collection::vec(step(), 0..80)) {
        run(Assignor::Range, &steps)?;
    }

    #[test]
    fn cooperative_sticky_gives_every_partition_to_exactly_one_member(steps in prop::collection::vec(step(), 0..80)) {
        run(Assignor::CooperativeSticky, &steps)?;
    }
}
