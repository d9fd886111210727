//! Single faults, counted, as `POST /admin/faults` orders them: the engine's own plan.

use payments_engine::{Decline, Fault, Operation};
use serde::Deserialize;

/// One order, such as `{"fault": "lose-answer", "operation": "capture", "count": 1}`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "fault", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Order {
    /// The issuer declines the next cards that it would have accepted.
    DeclineNext {
        /// How many.
        #[serde(default = "one")]
        count: u32,
        /// With which of Stripe's decline codes.
        #[serde(default)]
        code: DeclineCode,
    },
    /// 500, before or after the effect; stored under the key.
    ServerError {
        /// Which requests; any, when not said.
        operation: Option<Step>,
        /// How many.
        #[serde(default = "one")]
        count: u32,
        /// Whether the effect happens first.
        #[serde(default)]
        executed: bool,
    },
    /// 429; nothing begun.
    RateLimit {
        /// Which requests; any, when not said.
        operation: Option<Step>,
        /// How many.
        #[serde(default = "one")]
        count: u32,
    },
    /// Executed and never answered.
    LoseAnswer {
        /// Which requests; any, when not said.
        operation: Option<Step>,
        /// How many.
        #[serde(default = "one")]
        count: u32,
    },
    /// Neither executed nor answered.
    Hang {
        /// Which requests; any, when not said.
        operation: Option<Step>,
        /// How many.
        #[serde(default = "one")]
        count: u32,
    },
    /// Executed, answered late.
    Slow {
        /// Which requests; any, when not said.
        operation: Option<Step>,
        /// How many.
        #[serde(default = "one")]
        count: u32,
        /// How late.
        delay_ms: u32,
    },
    /// Every n-th webhook is held back, so that later ones overtake it; 0 ends it.
    DelayWebhooks {
        /// The stride.
        every: u32,
        /// How long.
        delay_ms: u32,
    },
}

fn one() -> u32 {
    1
}

/// A request's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// `POST /v1/payment_intents`
    Create,
    /// `POST /v1/payment_intents/{id}/confirm`
    Confirm,
    /// `POST /v1/payment_intents/{id}/capture`
    Capture,
    /// `POST /v1/payment_intents/{id}/cancel`
    Cancel,
    /// `POST /v1/refunds`
    Refund,
    /// Every `GET`.
    Read,
}

/// Stripe's decline codes, as far as the engine has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are Stripe's")]
pub enum DeclineCode {
    #[default]
    GenericDecline,
    InsufficientFunds,
    LostCard,
    StolenCard,
    ExpiredCard,
    IncorrectCvc,
    ProcessingError,
    CardVelocityExceeded,
}

impl From<Step> for Operation {
    fn from(step: Step) -> Self {
        match step {
            Step::Create => Self::Create,
            Step::Confirm => Self::Confirm,
            Step::Capture => Self::Capture,
            Step::Cancel => Self::Cancel,
            Step::Refund => Self::Refund,
            Step::Read => Self::Read,
        }
    }
}

impl From<DeclineCode> for Decline {
    fn from(code: DeclineCode) -> Self {
        match code {
            DeclineCode::GenericDecline => Self::Generic,
            DeclineCode::InsufficientFunds => Self::InsufficientFunds,
            DeclineCode::LostCard => Self::LostCard,
            DeclineCode::StolenCard => Self::StolenCard,
            DeclineCode::ExpiredCard => Self::ExpiredCard,
            DeclineCode::IncorrectCvc => Self::IncorrectCvc,
            DeclineCode::ProcessingError => Self::ProcessingError,
            DeclineCode::CardVelocityExceeded => Self::VelocityExceeded,
        }
    }
}

impl From<Order> for Fault {
    fn from(order: Order) -> Self {
        let step = |operation: Option<Step>| operation.map(Operation::from);
        match order {
            Order::DeclineNext { count, code } => Self::DeclineNext { count, decline: code.into() },
            Order::ServerError { operation, count, executed } => {
                Self::ServerError { operation: step(operation), count, executed }
            }
            Order::RateLimit { operation, count } => Self::RateLimit { operation: step(operation), count },
            Order::LoseAnswer { operation, count } => Self::LoseAnswer { operation: step(operation), count },
            Order::Hang { operation, count } => Self::Hang { operation: step(operation), count },
            Order::Slow { operation, count, delay_ms } => {
                Self::Slow { operation: step(operation), count, delay_ms: delay_ms.into() }
            }
            Order::DelayWebhooks { every, delay_ms } => Self::DelayWebhooks { every, delay_ms: delay_ms.into() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Fault, serde_json::Error> {
        serde_json::from_str::<Order>(text).map(Fault::from)
    }

    #[test]
    fn an_order_says_only_what_it_must() {
        let lost = Fault::LoseAnswer { operation: Some(Operation::Capture), count: 1 };
        assert_eq!(read(r#"{"fault": "lose-answer", "operation": "capture"}"#).unwrap(), lost);
        let declined = Fault::DeclineNext { count: 1, decline: Decline::Generic };
        assert_eq!(read(r#"{"fault": "decline-next"}"#).unwrap(), declined);
    }

    #[test]
    fn a_misspelt_order_is_refused() {
        for text in ["{}", r#"{"fault": "fire"}"#, r#"{"fault": "hang", "operation": "captur"}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
