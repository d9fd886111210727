//! The state machine of one payment intent: which transition is legal when, and for how much.
//! Pure: keys, times and the issuer's verdict are handed in; HTTP and storage are elsewhere.

use crate::card::Decline;

/// Where a payment intent stands, by Stripe's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// No usable payment method: none was given, or the last was declined.
    RequiresPaymentMethod,
    /// Everything is there; nobody asked the issuer yet.
    RequiresConfirmation,
    /// Authorized: the money is held, not taken.
    RequiresCapture,
    /// Captured.
    Succeeded,
    /// Given up; what was held is released.
    Canceled,
}

impl Status {
    /// The name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresCapture => "requires_capture",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }
}

/// Whether a confirmed intent takes the money at once or holds it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaptureMethod {
    /// Confirmation captures.
    Automatic,
    /// Confirmation authorizes; a capture must follow.
    Manual,
}

/// Money taken. One per intent: multicapture is outside the subset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Captured {
    /// In cents of the intent's currency.
    pub amount_cents: i64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// The key of the request that took it.
    pub idempotency_key: Option<String>,
}

/// Money given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refund {
    /// `re_…`
    pub id: String,
    /// In cents of the intent's currency.
    pub amount_cents: i64,
    /// When, in milliseconds.
    pub at_ms: i64,
    /// The key of the request that asked for it.
    pub idempotency_key: Option<String>,
    /// Why, if the caller said.
    pub reason: Option<String>,
    /// What the caller attached; nothing is taken over from the intent.
    pub metadata: Vec<(String, String)>,
}

/// The end of an intent without capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Canceled {
    /// When, in milliseconds.
    pub at_ms: i64,
    /// `requested_by_customer` and the like; `automatic` when an authorization lapsed.
    pub reason: Option<String>,
    /// The key of the request that asked for it.
    pub idempotency_key: Option<String>,
}

/// One payment intent with its whole money history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentIntent {
    /// `pi_…`
    pub id: String,
    /// `metadata[order_id]`, if it was given.
    pub order_id: Option<String>,
    /// In cents of `currency`.
    pub amount_cents: i64,
    /// Three lower-case letters.
    pub currency: String,
    /// Manual or automatic.
    pub capture_method: CaptureMethod,
    /// Where it stands.
    pub status: Status,
    /// The card, if one is attached.
    pub payment_method: Option<String>,
    /// When it was created, in milliseconds.
    pub created_at_ms: i64,
    /// The key of the request that created it.
    pub idempotency_key: Option<String>,
    /// When the issuer last agreed, in milliseconds.
    pub authorized_at_ms: Option<i64>,
    /// How often an issuer was asked.
    pub attempts: u32,
    /// The issuer's last no, cleared by a later yes.
    pub last_decline: Option<Decline>,
    /// Money taken, if it was.
    pub captured: Option<Captured>,
    /// The end without capture, if it came to that.
    pub canceled: Option<Canceled>,
    /// Money given back, in order.
    pub refunds: Vec<Refund>,
    /// Everything the caller attached, `order_id` included, in an order that depends on the keys alone.
    pub metadata: Vec<(String, String)>,
}

/// Why a transition was refused. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The status does not allow it.
    UnexpectedState,
    /// There is no card to confirm with.
    NoPaymentMethod,
    /// More than is available.
    AmountTooLarge { available_cents: i64 },
    /// Nothing is left to refund.
    AlreadyRefunded,
}

impl PaymentIntent {
    /// What a capture could still take.
    pub fn amount_capturable_cents(&self) -> i64 {
        match self.status {
            Status::RequiresCapture => self.amount_cents,
            Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::Succeeded | Status::Canceled => 0,
        }
    }

    /// What was taken.
    pub fn amount_received_cents(&self) -> i64 {
        self.captured.as_ref().map_or(0, |captured| captured.amount_cents)
    }

    /// What was given back.
    pub fn amount_refunded_cents(&self) -> i64 {
        self.refunds.iter().map(|refund| refund.amount_cents).sum()
    }

    /// Asks the issuer. A decline is an outcome, not a refusal: it is recorded, and another card may be tried.
    pub(crate) fn confirm(
        &mut self,
        verdict: Result<(), Decline>,
        key: Option<&str>,
        at_ms: i64,
    ) -> Result<(), Refusal> {
        match self.status {
            Status::RequiresPaymentMethod | Status::RequiresConfirmation => {}
            Status::RequiresCapture | Status::Succeeded | Status::Canceled => {
                return Err(Refusal::UnexpectedState);
            }
        }
        if self.payment_method.is_none() {
            return Err(Refusal::NoPaymentMethod);
        }
        self.attempts += 1;
        self.last_decline = verdict.err();
        if self.last_decline.is_some() {
            self.status = Status::RequiresPaymentMethod;
            self.payment_method = None;
        } else {
            self.status = Status::RequiresCapture;
            self.authorized_at_ms = Some(at_ms);
            if self.capture_method == CaptureMethod::Automatic {
                self.capture(None, key, at_ms)?;
            }
        }
        self.assert_sound();
        Ok(())
    }

    /// Takes `amount_cents`, or everything; the rest of the hold is released.
    pub(crate) fn capture(&mut self, amount_cents: Option<i64>, key: Option<&str>, at_ms: i64) -> Result<(), Refusal> {
        if self.status != Status::RequiresCapture {
            return Err(Refusal::UnexpectedState);
        }
        let available_cents = self.amount_capturable_cents();
        let amount_cents = amount_cents.unwrap_or(available_cents);
        if amount_cents > available_cents {
            return Err(Refusal::AmountTooLarge { available_cents });
        }
        self.captured = Some(Captured { amount_cents, at_ms, idempotency_key: key.map(str::to_owned) });
        self.status = Status::Succeeded;
        self.assert_sound();
        Ok(())
    }

    /// Gives up, and releases what was held.
    pub(crate) fn cancel(&mut self, reason: Option<String>, key: Option<&str>, at_ms: i64) -> Result<(), Refusal> {
        match self.status {
            Status::RequiresPaymentMethod | Status::RequiresConfirmation | Status::RequiresCapture => {}
            Status::Succeeded | Status::Canceled => return Err(Refusal::UnexpectedState),
        }
        self.status = Status::Canceled;
        self.canceled = Some(Canceled { at_ms, reason, idempotency_key: key.map(str::to_owned) });
        self.assert_sound();
        Ok(())
    }

    /// What a refund of `amount_cents` (or of the whole rest) would give back, or why not.
    pub(crate) fn refundable(&self, amount_cents: Option<i64>) -> Result<i64, Refusal> {
        if self.status != Status::Succeeded {
            return Err(Refusal::UnexpectedState);
        }
        let available_cents = self.amount_received_cents() - self.amount_refunded_cents();
        if available_cents == 0 {
            return Err(Refusal::AlreadyRefunded);
        }
        let amount_cents = amount_cents.unwrap_or(available_cents);
        if amount_cents > available_cents {
            return Err(Refusal::AmountTooLarge { available_cents });
        }
        Ok(amount_cents)
    }

    /// Gives back what [`refundable`](Self::refundable) allowed.
    pub(crate) fn refund(&mut self, refund: Refund) {
        self.refunds.push(refund);
        self.assert_sound();
    }

    /// Money may never be made here: checked after every transition, in release builds too.
    fn assert_sound(&self) {
        let received_cents = self.amount_received_cents();
        assert!(received_cents <= self.amount_cents, "{}: captured more than authorized", self.id);
        assert!(self.amount_refunded_cents() <= received_cents, "{}: refunded more than captured", self.id);
        assert!(
            self.captured.is_some() == (self.status == Status::Succeeded),
            "{}: capture and status disagree",
            self.id
        );
        assert!(
            self.canceled.is_some() == (self.status == Status::Canceled),
            "{}: cancel and status disagree",
            self.id
        );
    }
}
