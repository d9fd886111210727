//! Commands carried out on the ledger: each ends in an answer, and in the webhook events Stripe sends for it.

use http::StatusCode;

use crate::Payments;
use crate::answer::{self, Answer};
use crate::card::{self, Decline};
use crate::command::{Command, NewIntent, NewRefund, Page};
use crate::error::ApiError;
use crate::fault::ServerErrorPoint;
use crate::intent::{PaymentIntent, Refund, Refusal, Status};
use crate::route::Operation;

impl Payments {
    pub(crate) fn execute(&mut self, command: Command, operation: Operation, key: Option<&str>, now_ms: i64) -> Answer {
        match self.faults.server_error(operation) {
            Some(ServerErrorPoint::BeforeEffect) => return ApiError::server_error().into(),
            Some(ServerErrorPoint::AfterEffect) => {
                // The effect stands; only what the caller learns of it is replaced.
                drop(self.carry_out(command, key, now_ms));
                return ApiError::server_error().into();
            }
            None => {}
        }
        self.carry_out(command, key, now_ms).unwrap_or_else(Answer::from)
    }

    fn carry_out(&mut self, command: Command, key: Option<&str>, now_ms: i64) -> Result<Answer, ApiError> {
        match command {
            Command::Create(new) => self.create(new, key, now_ms),
            Command::Confirm { id, payment_method } => self.confirm(&id, payment_method, key, now_ms),
            Command::Capture { id, amount_cents } => self.capture(&id, amount_cents, key, now_ms),
            Command::Cancel { id, reason } => self.cancel(&id, reason, key, now_ms),
            Command::Refund(new) => self.refund(new, key, now_ms),
            Command::Retrieve { id } => Ok(answer::intent(self.ledger.at(self.in_path(&id)?))),
            Command::Search { order_id, limit } => {
                let newest_ms = now_ms.saturating_sub(self.config.search_lag_ms);
                let found = self.ledger.newest_first(Some(&order_id), None);
                let found = found.filter(|intent| intent.created_at_ms <= newest_ms);
                Ok(answer::intents("search_result", "/v1/payment_intents/search", found, limit))
            }
            Command::List { order_id, page } => {
                let after = page.starting_after.as_deref();
                let before = after.map(|id| self.ledger.find(id).ok_or_else(|| no_such_start("payment_intent", id)));
                let found = self.ledger.newest_first(order_id.as_deref(), before.transpose()?);
                Ok(answer::intents("list", "/v1/payment_intents", found, page.limit))
            }
            Command::ListRefunds { of_intent: None, page } => self.list_refunds(&page),
            Command::ListRefunds { of_intent: Some(id), page } => self.list_refunds_of(&id, &page),
        }
    }

    fn list_refunds(&self, page: &Page) -> Result<Answer, ApiError> {
        let after = page.starting_after.as_deref();
        let before = after.map(|start| self.ledger.find_refund(start).ok_or_else(|| no_such_start("refund", start)));
        Ok(answer::refunds(self.ledger.refunds_newest_first(before.transpose()?), page.limit))
    }

    fn list_refunds_of(&self, id: &str, page: &Page) -> Result<Answer, ApiError> {
        let intent = self.ledger.at(self.in_params(id)?);
        let place = |start: &str| intent.refunds.iter().position(|refund| refund.id == start);
        let after = page.starting_after.as_deref();
        let before = after.map(|start| place(start).ok_or_else(|| no_such_start("refund", start)));
        let before = before.transpose()?.unwrap_or(intent.refunds.len());
        let found = intent.refunds[..before].iter().rev().map(|refund| (refund, intent));
        Ok(answer::refunds(found, page.limit))
    }

    fn in_path(&self, id: &str) -> Result<usize, ApiError> {
        let missing = || ApiError::no_such(StatusCode::NOT_FOUND, "payment_intent", "intent", id);
        self.ledger.find(id).ok_or_else(missing)
    }

    fn in_params(&self, id: &str) -> Result<usize, ApiError> {
        let missing = || ApiError::no_such(StatusCode::BAD_REQUEST, "payment_intent", "payment_intent", id);
        self.ledger.find(id).ok_or_else(missing)
    }

    fn create(&mut self, new: NewIntent, key: Option<&str>, now_ms: i64) -> Result<Answer, ApiError> {
        let status = match &new.payment_method {
            Some(_) => Status::RequiresConfirmation,
            None => Status::RequiresPaymentMethod,
        };
        let order_id = new.metadata.iter().find(|(key, _)| key == "order_id");
        let order_id = order_id.map(|(_, value)| value.clone());
        let index = self.ledger.add(PaymentIntent {
            id: self.ledger.next_id(),
            order_id,
            amount_cents: new.amount_cents,
            currency: new.currency,
            capture_method: new.capture_method,
            status,
            payment_method: new.payment_method,
            created_at_ms: now_ms,
            idempotency_key: key.map(str::to_owned),
            authorized_at_ms: None,
            attempts: 0,
            last_decline: None,
            captured: None,
            canceled: None,
            refunds: Vec::new(),
            metadata: new.metadata,
        });
        if new.confirm {
            self.ask_issuer(index, Operation::Create, key, now_ms)
        } else {
            Ok(answer::intent(self.ledger.at(index)))
        }
    }

    fn confirm(&mut self, id: &str, card: Option<String>, key: Option<&str>, now_ms: i64) -> Result<Answer, ApiError> {
        let index = self.in_path(id)?;
        let open = matches!(self.ledger.at(index).status, Status::RequiresPaymentMethod | Status::RequiresConfirmation);
        if let (true, Some(card)) = (open, card) {
            self.ledger.change(index, |intent| {
                intent.payment_method = Some(card);
                intent.status = Status::RequiresConfirmation;
            });
        }
        self.ask_issuer(index, Operation::Confirm, key, now_ms)
    }

    fn ask_issuer(&mut self, index: usize, at: Operation, key: Option<&str>, now_ms: i64) -> Result<Answer, ApiError> {
        let verdict = self.verdict(index, at);
        let asked = self.ledger.change(index, |intent| intent.confirm(verdict, key, now_ms));
        let intent = self.ledger.at(index);
        asked.map_err(|refusal| refused("confirmed", refusal, intent))?;
        let event = match (intent.last_decline, intent.status) {
            (Some(_), _) => "payment_intent.payment_failed",
            (None, Status::RequiresCapture) => "payment_intent.amount_capturable_updated",
            (None, _) => "payment_intent.succeeded",
        };
        self.outbox.payment_intent_event(event, intent, now_ms);
        match intent.last_decline {
            None => Ok(answer::intent(intent)),
            Some(decline) => Ok(answer::declined(&ApiError::declined(decline), intent)),
        }
    }

    /// What the issuer says: the plan's decline if one is due, else the card's own answer.
    fn verdict(&mut self, index: usize, at: Operation) -> Result<(), Decline> {
        let card = self.ledger.at(index).payment_method.as_deref().and_then(card::verdict);
        match card {
            Some(Ok(())) => self.faults.decline(at).map_or(Ok(()), Err),
            Some(declined) => declined,
            None => Ok(()),
        }
    }

    fn capture(&mut self, id: &str, amount: Option<i64>, key: Option<&str>, now_ms: i64) -> Result<Answer, ApiError> {
        let index = self.in_path(id)?;
        let captured = self.ledger.change(index, |intent| intent.capture(amount, key, now_ms));
        let intent = self.ledger.at(index);
        captured.map_err(|refusal| refused("captured", refusal, intent))?;
        self.outbox.payment_intent_event("payment_intent.succeeded", intent, now_ms);
        Ok(answer::intent(intent))
    }

    fn cancel(&mut self, id: &str, reason: Option<String>, key: Option<&str>, now_ms: i64) -> Result<Answer, ApiError> {
        let index = self.in_path(id)?;
        let canceled = self.ledger.change(index, |intent| intent.cancel(reason, key, now_ms));
        let intent = self.ledger.at(index);
        canceled.map_err(|refusal| refused("canceled", refusal, intent))?;
        self.outbox.payment_intent_event("payment_intent.canceled", intent, now_ms);
        Ok(answer::intent(intent))
    }

    fn refund(&mut self, new: NewRefund, key: Option<&str>, now_ms: i64) -> Result<Answer, ApiError> {
        let index = self.in_params(&new.payment_intent)?;
        let intent = self.ledger.at(index);
        let amount_cents = intent.refundable(new.amount_cents);
        let amount_cents = amount_cents.map_err(|refusal| refused("refunded", refusal, intent))?;
        let refund = Refund {
            id: self.ledger.next_refund_id(),
            amount_cents,
            at_ms: now_ms,
            idempotency_key: key.map(str::to_owned),
            reason: new.reason,
            metadata: new.metadata,
        };
        self.ledger.add_refund(index, refund.clone());
        let intent = self.ledger.at(index);
        self.outbox.charge_refunded_event(intent, now_ms);
        Ok(answer::refund(&refund, intent))
    }
}

fn no_such_start(object: &str, id: &str) -> ApiError {
    ApiError::no_such(StatusCode::BAD_REQUEST, object, "starting_after", id)
}

fn refused(action: &str, refusal: Refusal, intent: &PaymentIntent) -> ApiError {
    match refusal {
        Refusal::UnexpectedState => ApiError::unexpected_state(action, intent),
        Refusal::NoPaymentMethod => ApiError::missing("payment_method"),
        Refusal::AmountTooLarge { available_cents } => {
            let message = format!("The amount to be {action} is greater than the {available_cents} available.");
            ApiError::invalid("amount_too_large", "amount", message)
        }
        Refusal::AlreadyRefunded => ApiError::already_refunded(intent),
    }
}
