//! Whom a fault strikes, as far as its parameters say. Checking that they exist and drawing some that do are left to
//! `check.rs` and `draw.rs`.

use super::hosts::{Host, Role};
use super::kinds::Fault;

/// What of a fault's parameters names somebody, to be read or set.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Aim<'a> {
    /// One replica of a role.
    Replica(&'a mut Role, &'a mut u32),
    /// What goes from one host to another.
    Path(&'a mut Host, &'a mut Host),
    /// Whoever commits.
    Committer(&'a mut Host),
    /// Its kind says it all.
    Given,
}

impl Fault {
    pub(crate) fn aim_mut(&mut self) -> Aim<'_> {
        match self {
            Self::ServiceCrash { role, replica }
            | Self::ServicePause { role, replica }
            | Self::ClockSkew { role, replica, .. }
            | Self::ClockJump { role, replica, .. } => Aim::Replica(role, replica),
            Self::Partition { a, b, .. }
            | Self::Latency { a, b, .. }
            | Self::ConnectionReset { a, b, .. }
            | Self::AnswerCut { a, b, .. }
            | Self::HalfOpen { a, b }
            | Self::HeldTraffic { a, b }
            | Self::ReorderedConnections { a, b, .. }
            | Self::SlowReader { a, b, .. } => Aim::Path(a, b),
            Self::CommitAnswerLost { a, .. } => Aim::Committer(a),
            Self::RedisCrash { .. }
            | Self::RedisFailover {}
            | Self::RedisStall {}
            | Self::PostgresCrash {}
            | Self::PostgresStatementTimeout { .. }
            | Self::PostgresConnectionLostBeforeCommit { .. }
            | Self::PostgresConnectionLostAfterCommit { .. }
            | Self::PostgresSerializationFailure { .. }
            | Self::PostgresPoolExhausted {}
            | Self::PaymentDecline { .. }
            | Self::PaymentSlow { .. }
            | Self::PaymentAnswerLost { .. }
            | Self::CapturedCommitFailed { .. }
            | Self::PaymentDuplicateWebhook { .. }
            | Self::PaymentOutage {}
            | Self::KafkaBrokerLoss {}
            | Self::KafkaAckLost { .. }
            | Self::ConsumerCrash { .. }
            | Self::CatalogCrash {}
            | Self::CatalogStatementTimeout { .. } => Aim::Given,
        }
    }
}
