//! The one map from librdkafka's errors to the port's.
//!
//! | what happened | the port's error |
//! |---|---|
//! | the record may have been appended: no acknowledgement, or one that came after the append | `Unacknowledged` |
//! | the broker or the client refused | `Refused`, retriable when the same may pass later |
//! | the group has moved on | `Rebalanced` |
//! | no broker was found for a request that changes nothing | `Unreachable` |

use ports::events::EventError;
use rdkafka::error::{KafkaError, RDKafkaErrorCode as Code};

/// Why a record was not acknowledged.
pub(super) fn of_append(error: &KafkaError) -> EventError {
    match error.rdkafka_error_code() {
        Some(
            // Sent, or perhaps sent, and nothing heard.
            Code::MessageTimedOut
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::BrokerTransportFailure
            | Code::NetworkException
            | Code::AllBrokersDown
            | Code::PurgeInflight
            // Appended by the leader, and then not by enough of the others.
            | Code::NotEnoughReplicasAfterAppend
            | Code::ISRInsufficient,
        ) => EventError::Unacknowledged,
        code => refused(error, code),
    }
}

/// Why offsets were not committed.
pub(super) fn of_commit(error: &KafkaError) -> EventError {
    match error.rdkafka_error_code() {
        Some(code) if is_rebalance(code) => EventError::Rebalanced,
        Some(code) if is_connection(code) => EventError::Unacknowledged,
        code => refused(error, code),
    }
}

/// Why a member cannot read on; `None` for news of the connection, which librdkafka mends by itself.
pub(super) fn of_poll(error: &KafkaError) -> Option<EventError> {
    match error.rdkafka_error_code() {
        Some(code) if is_rebalance(code) => Some(EventError::Rebalanced),
        Some(code) if is_connection(code) => None,
        code => Some(refused(error, code)),
    }
}

/// Why a request that only looks, or may be made again as it is, came to nothing.
pub(super) fn of_request(error: &KafkaError) -> EventError {
    match error.rdkafka_error_code() {
        Some(code) if is_connection(code) => EventError::Unreachable,
        code => refused(error, code),
    }
}

fn is_connection(code: Code) -> bool {
    matches!(
        code,
        Code::AllBrokersDown
            | Code::BrokerTransportFailure
            | Code::Resolve
            | Code::OperationTimedOut
            | Code::RequestTimedOut
            | Code::NetworkException
            | Code::WaitingForCoordinator
            | Code::CoordinatorNotAvailable
            | Code::CoordinatorLoadInProgress
            | Code::NotCoordinator
            | Code::BrokerNotAvailable
            | Code::LeaderNotAvailable
            | Code::NotLeaderForPartition
    )
}

fn is_rebalance(code: Code) -> bool {
    matches!(
        code,
        Code::RebalanceInProgress
            | Code::IllegalGeneration
            | Code::UnknownMemberId
            | Code::AssignmentLost
            | Code::PollExceeded
            | Code::FencedInstanceId
    )
}

/// The broker's errors that may pass, and the client's own full queue. Whatever is not known to pass does not: a session
/// that is fenced or out of sequence is replaced by its owner.
fn is_retriable(code: Code) -> bool {
    is_connection(code)
        || matches!(
            code,
            Code::QueueFull
                | Code::PurgeQueue
                | Code::NotEnoughReplicas
                | Code::UnknownTopicOrPartition
                | Code::UnknownTopic
                | Code::UnknownPartition
                | Code::KafkaStorageError
                | Code::NotController
                | Code::Retry
        )
}

pub(super) fn refused(error: &KafkaError, code: Option<Code>) -> EventError {
    match code {
        Some(code) => EventError::Refused { code: protocol_name(code), retriable: is_retriable(code) },
        None => EventError::Refused { code: error.to_string(), retriable: false },
    }
}

/// `NotEnoughReplicas` as the protocol writes it: `NOT_ENOUGH_REPLICAS`.
pub(super) fn protocol_name(code: Code) -> String {
    let camel = format!("{code:?}");
    let mut name = String::with_capacity(camel.len() + 8);
    let mut before_is_lower = false;
    for letter in camel.chars() {
        if letter.is_ascii_uppercase() && before_is_lower {
            name.push('_');
        }
        before_is_lower = letter.is_ascii_lowercase();
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::Outcome;

    fn append(code: Code) -> EventError {
        of_append(&KafkaError::MessageProduction(code))
    }

    #[test]
    fn a_record_that_was_sent_and_not_acknowledged_is_unknown() {
        for code in [Code::MessageTimedOut, Code::PurgeInflight, Code::NotEnoughReplicasAfterAppend] {
            assert_eq!(append(code).outcome(), Outcome::Unknown, "{code:?}");
        }
        assert_eq!(append(Code::PurgeQueue).outcome(), Outcome::NotApplied);
        let refused = EventError::Refused { code: "NOT_ENOUGH_REPLICAS".into(), retriable: true };
        assert_eq!(append(Code::NotEnoughReplicas), refused);
    }

    #[test]
    fn a_fenced_session_is_not_worth_another_try() {
        for code in [Code::InvalidProducerEpoch, Code::OutOfOrderSequenceNumber, Code::Fatal] {
            assert!(matches!(append(code), EventError::Refused { retriable: false, .. }), "{code:?}");
        }
    }

    #[test]
    fn a_commit_of_a_stale_generation_is_a_rebalance() {
        for code in [Code::IllegalGeneration, Code::UnknownMemberId, Code::RebalanceInProgress] {
            assert_eq!(of_commit(&KafkaError::ConsumerCommit(code)), EventError::Rebalanced);
        }
    }

    #[test]
    fn a_broker_that_is_away_is_no_reason_to_leave_the_group() {
        assert_eq!(of_poll(&KafkaError::MessageConsumption(Code::AllBrokersDown)), None);
        assert!(of_poll(&KafkaError::MessageConsumption(Code::TopicAuthorizationFailed)).is_some());
    }
}
