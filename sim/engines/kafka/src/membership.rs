//! The client's side of a consumer group: what a member knows of itself between its requests. It sends none.

use std::collections::BTreeMap;

use crate::assign::TopicPartition;
use crate::error::KafkaError;
use crate::member::{Join, Joined, MemberId};

/// The next offset to read of each partition that a member owns.
pub type Positions = BTreeMap<TopicPartition, i64>;

/// Who a consumer is in its group, what it may read, and where it goes on.
#[derive(Debug, Default)]
pub struct Membership {
    member: Option<MemberId>,
    joined: Option<Joined>,
    /// Where it goes on reading.
    pub next: Positions,
}

impl Membership {
    /// Who it is to say that it is when it joins; none before the group has named it.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        self.member
    }

    /// Its place in the generation it knows of; none when it has to join.
    #[must_use]
    pub fn joined(&self) -> Option<&Joined> {
        self.joined.as_ref()
    }

    /// Takes in the answer to a join: its place, once the group is complete. It is in it from [`begin`](Self::begin) on.
    ///
    /// # Errors
    /// The group's, after which it has to join anew.
    pub fn join(&mut self, answer: Result<Join, KafkaError>) -> Result<Option<Joined>, KafkaError> {
        match answer {
            Ok(Join::Waiting { member }) => {
                self.member = Some(member);
                Ok(None)
            }
            Ok(Join::Joined(joined)) => {
                self.member = Some(joined.member);
                Ok(Some(joined))
            }
            Err(error) => {
                self.forget_member_after(&error);
                Err(error)
            }
        }
    }

    /// Begins to read at these positions.
    pub fn begin(&mut self, joined: Joined, next: Positions) {
        self.joined = Some(joined);
        self.next = next;
    }

    /// Whether this refusal of a heartbeat or a commit takes its partitions away; it then has to join again.
    pub fn is_ended_by(&mut self, error: &KafkaError) -> bool {
        let ended = matches!(
            error,
            KafkaError::RebalanceInProgress | KafkaError::IllegalGeneration | KafkaError::UnknownMemberId
        );
        if ended {
            self.joined = None;
            self.next.clear();
            self.forget_member_after(error);
        }
        ended
    }

    fn forget_member_after(&mut self, error: &KafkaError) {
        if *error == KafkaError::UnknownMemberId {
            self.member = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at_work() -> Membership {
        let orders = TopicPartition { topic: "orders".to_owned(), partition: 0 };
        let joined = Joined { member: MemberId(7), generation: 3, assignment: [orders.clone()].into() };
        let mut membership = Membership::default();
        let joined = membership.join(Ok(Join::Joined(joined))).unwrap().unwrap();
        assert!(membership.joined().is_none(), "where it goes on is not known yet");
        membership.begin(joined, [(orders, 5)].into());
        membership
    }

    #[test]
    fn it_keeps_its_name_through_a_rebalance_and_nothing_else() {
        for error in [KafkaError::RebalanceInProgress, KafkaError::IllegalGeneration] {
            let mut membership = at_work();
            assert!(membership.is_ended_by(&error));
            assert_eq!((membership.member(), membership.joined(), membership.next.len()), (Some(MemberId(7)), None, 0));
        }
    }

    #[test]
    fn a_group_that_does_not_know_it_names_it_anew() {
        let mut membership = at_work();
        assert!(membership.is_ended_by(&KafkaError::UnknownMemberId));
        assert_eq!((membership.member(), membership.joined()), (None, None));
        assert_eq!(membership.join(Ok(Join::Waiting { member: MemberId(8) })), Ok(None));
        assert_eq!(membership.member(), Some(MemberId(8)));
        assert_eq!(membership.join(Err(KafkaError::UnknownMemberId)), Err(KafkaError::UnknownMemberId));
        assert_eq!(membership.member(), None);
    }

    #[test]
    fn what_passes_by_itself_takes_nothing_away() {
        let mut membership = at_work();
        assert!(!membership.is_ended_by(&KafkaError::CoordinatorNotAvailable));
        assert_eq!((membership.joined().is_some(), membership.next.len()), (true, 1));
    }
}
