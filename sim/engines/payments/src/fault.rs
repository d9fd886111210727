//! The faults a gateway can be told to have. Explicit and counted: which request is struck follows from the order
//! of requests alone. The engine executes what concerns its state; what concerns the wire it only marks, with
//! [`Transit`], for the host to act on.

use http::Response;

use crate::card::Decline;
use crate::route::Operation;

/// One entry of the fault plan. `operation: None` strikes any operation; `count` is how many requests are struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The issuer declines the next `count` cards that it would have accepted.
    DeclineNext {
        /// How many.
        count: u32,
        /// With which reason.
        decline: Decline,
    },
    /// 500. With an idempotency key the 500 is stored and replayed, as Stripe does: retrying the key never helps.
    ServerError {
        /// Which requests.
        operation: Option<Operation>,
        /// How many.
        count: u32,
        /// Whether the effect happened before the error.
        executed: bool,
    },
    /// 429 before anything began; nothing is stored, so the same key may be tried again.
    RateLimit {
        /// Which requests.
        operation: Option<Operation>,
        /// How many.
        count: u32,
    },
    /// Executed, but the answer is lost on the way ([`Transit::lost`]).
    LoseAnswer {
        /// Which requests.
        operation: Option<Operation>,
        /// How many.
        count: u32,
    },
    /// Not executed, and never answered ([`Transit::lost`]).
    Hang {
        /// Which requests.
        operation: Option<Operation>,
        /// How many.
        count: u32,
    },
    /// Executed, answered late ([`Transit::delay_ms`]). Until then a retry with the same key is a 409.
    Slow {
        /// Which requests.
        operation: Option<Operation>,
        /// How many.
        count: u32,
        /// How late.
        delay_ms: i64,
    },
    /// Every `every`th event is delivered twice; 0 ends it. Stays until changed.
    DuplicateWebhooks {
        /// The stride.
        every: u32,
    },
    /// Every `every`th event is held back by `delay_ms`, so that later ones overtake it; 0 ends it.
    DelayWebhooks {
        /// The stride.
        every: u32,
        /// How long.
        delay_ms: i64,
    },
}

/// What the host is to do with a response. Found in its extensions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Transit {
    /// The client never sees the answer.
    pub lost: bool,
    /// The answer leaves this much later.
    pub delay_ms: i64,
}

impl Transit {
    pub(crate) fn lost() -> Self {
        Self { lost: true, delay_ms: 0 }
    }

    /// The instructions on `response`; the default (deliver now) if there are none.
    pub fn of<T>(response: &Response<T>) -> Self {
        response.extensions().get::<Self>().copied().unwrap_or_default()
    }
}

/// Strikes before the engine looks at the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    Unanswered,
    RateLimited,
}

/// A fault of the outbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WebhookFault {
    Duplicate { every: u32 },
    Delay { every: u32, delay_ms: i64 },
}

/// On which side of the effect a 500 falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ServerErrorPoint {
    BeforeEffect,
    AfterEffect,
}

/// What is left of one fault: the next `left` requests of `operation`.
#[derive(Debug)]
struct Strikes<T> {
    operation: Option<Operation>,
    left: u32,
    effect: T,
}

#[derive(Debug, Default)]
pub(crate) struct FaultPlan {
    interruptions: Vec<Strikes<Interruption>>,
    server_errors: Vec<Strikes<ServerErrorPoint>>,
    declines: Vec<Strikes<Decline>>,
    lost_answers: Vec<Strikes<()>>,
    delays_ms: Vec<Strikes<i64>>,
}

impl FaultPlan {
    /// Adds what strikes requests. Webhook faults belong to the outbox and are handed back.
    pub(crate) fn add(&mut self, fault: Fault) -> Option<WebhookFault> {
        match fault {
            Fault::DeclineNext { count, decline } => schedule(&mut self.declines, None, count, decline),
            Fault::ServerError { operation, count, executed } => {
                let point = if executed { ServerErrorPoint::AfterEffect } else { ServerErrorPoint::BeforeEffect };
                schedule(&mut self.server_errors, operation, count, point);
            }
            Fault::RateLimit { operation, count } => {
                schedule(&mut self.interruptions, operation, count, Interruption::RateLimited);
            }
            Fault::Hang { operation, count } => {
                schedule(&mut self.interruptions, operation, count, Interruption::Unanswered);
            }
            Fault::LoseAnswer { operation, count } => schedule(&mut self.lost_answers, operation, count, ()),
            Fault::Slow { operation, count, delay_ms } => schedule(&mut self.delays_ms, operation, count, delay_ms),
            Fault::DuplicateWebhooks { every } => return Some(WebhookFault::Duplicate { every }),
            Fault::DelayWebhooks { every, delay_ms } => {
                return Some(WebhookFault::Delay { every, delay_ms });
            }
        }
        None
    }

    pub(crate) fn interrupt(&mut self, at: Operation) -> Option<Interruption> {
        strike(&mut self.interruptions, at)
    }

    pub(crate) fn server_error(&mut self, at: Operation) -> Option<ServerErrorPoint> {
        strike(&mut self.server_errors, at)
    }

    pub(crate) fn decline(&mut self, at: Operation) -> Option<Decline> {
        strike(&mut self.declines, at)
    }

    pub(crate) fn transit(&mut self, at: Operation) -> Transit {
        let lost = strike(&mut self.lost_answers, at).is_some();
        Transit { lost, delay_ms: strike(&mut self.delays_ms, at).unwrap_or(0) }
    }
}

fn schedule<T>(plan: &mut Vec<Strikes<T>>, operation: Option<Operation>, count: u32, effect: T) {
    if count > 0 {
        plan.push(Strikes { operation, left: count, effect });
    }
}

/// Uses up one strike of the oldest fault that concerns `at`.
fn strike<T: Copy>(plan: &mut Vec<Strikes<T>>, at: Operation) -> Option<T> {
    let place = plan.iter().position(|strikes| strikes.operation.is_none_or(|chosen| chosen == at))?;
    let effect = plan[place].effect;
    plan[place].left -= 1;
    if plan[place].left == 0 {
        plan.remove(place);
    }
    Some(effect)
}
