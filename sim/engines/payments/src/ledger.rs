//! All payment intents of the account, with the ways to find one: by id, by order, by age of authorization.

use std::collections::{BTreeMap, BTreeSet};

use crate::intent::{PaymentIntent, Refund, Status};

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    intents: Vec<PaymentIntent>,
    by_order: BTreeMap<String, Vec<usize>>,
    /// `(authorized_at_ms, index)` of every intent that waits for its capture.
    authorized: BTreeSet<(i64, usize)>,
    /// Of every refund, in order of creation, the intent it gives back from and its place among that intent's.
    refunds: Vec<(usize, usize)>,
}

/// `pi_` and 24 digits: an id names its place, so that looking it up is a parse.
pub(crate) fn intent_id(index: usize) -> String {
    format!("pi_{:024}", index + 1)
}

/// `re_` and 24 digits, likewise.
fn refund_id(place: usize) -> String {
    format!("re_{:024}", place + 1)
}

/// The place an id names.
fn place_of(id: &str, prefix: &str) -> Option<usize> {
    let digits = id.strip_prefix(prefix).filter(|digits| digits.len() == 24)?;
    digits.parse::<usize>().ok()?.checked_sub(1)
}

impl Ledger {
    pub(crate) fn next_id(&self) -> String {
        intent_id(self.intents.len())
    }

    pub(crate) fn next_refund_id(&self) -> String {
        refund_id(self.refunds.len())
    }

    pub(crate) fn add(&mut self, intent: PaymentIntent) -> usize {
        let index = self.intents.len();
        if let Some(order_id) = &intent.order_id {
            self.by_order.entry(order_id.clone()).or_default().push(index);
        }
        self.intents.push(intent);
        self.note_authorization(index);
        index
    }

    pub(crate) fn find(&self, id: &str) -> Option<usize> {
        let index = place_of(id, "pi_")?;
        (self.intents.get(index)?.id == id).then_some(index)
    }

    pub(crate) fn at(&self, index: usize) -> &PaymentIntent {
        &self.intents[index]
    }

    /// Runs one transition and keeps the indexes in step with it.
    pub(crate) fn change<T>(&mut self, index: usize, transition: impl FnOnce(&mut PaymentIntent) -> T) -> T {
        if let Some(at_ms) = self.intents[index].authorized_at_ms {
            self.authorized.remove(&(at_ms, index));
        }
        let outcome = transition(&mut self.intents[index]);
        self.note_authorization(index);
        outcome
    }

    fn note_authorization(&mut self, index: usize) {
        let intent = &self.intents[index];
        if let (Status::RequiresCapture, Some(at_ms)) = (intent.status, intent.authorized_at_ms) {
            self.authorized.insert((at_ms, index));
        }
    }

    /// The intents made before the one at `before` (or all), newest first; those of one order, if one is named.
    pub(crate) fn newest_first<'a>(
        &'a self,
        order_id: Option<&str>,
        before: Option<usize>,
    ) -> Box<dyn Iterator<Item = &'a PaymentIntent> + 'a> {
        let before = before.unwrap_or(self.intents.len());
        match order_id {
            None => Box::new(self.intents[..before].iter().rev()),
            Some(order_id) => {
                let places = self.by_order.get(order_id).map_or(&[][..], Vec::as_slice);
                let earlier = places.iter().rev().filter(move |index| **index < before);
                Box::new(earlier.map(|index| &self.intents[*index]))
            }
        }
    }

    /// Gives money back from an intent that was asked whether it can.
    pub(crate) fn add_refund(&mut self, index: usize, refund: Refund) {
        self.refunds.push((index, self.intents[index].refunds.len()));
        self.change(index, |intent| intent.refund(refund));
    }

    /// Where a refund stands among all refunds.
    pub(crate) fn find_refund(&self, id: &str) -> Option<usize> {
        let place = place_of(id, "re_")?;
        let (index, at) = *self.refunds.get(place)?;
        (self.intents[index].refunds[at].id == id).then_some(place)
    }

    /// The refunds made before the one at `before` (or all), newest first, each with its intent.
    pub(crate) fn refunds_newest_first(
        &self,
        before: Option<usize>,
    ) -> impl Iterator<Item = (&Refund, &PaymentIntent)> {
        let before = before.unwrap_or(self.refunds.len());
        self.refunds[..before].iter().rev().map(|(index, at)| {
            let intent = &self.intents[*index];
            (&intent.refunds[*at], intent)
        })
    }

    pub(crate) fn oldest_authorization_ms(&self) -> Option<i64> {
        self.authorized.first().map(|(at_ms, _)| *at_ms)
    }

    /// Cancels what was authorized at or before `oldest_ms` and never captured.
    pub(crate) fn expire_authorizations(&mut self, oldest_ms: i64, now_ms: i64) -> Vec<usize> {
        let mut expired = Vec::new();
        while let Some((at_ms, index)) = self.authorized.first().copied().filter(|(at_ms, _)| *at_ms <= oldest_ms) {
            self.authorized.remove(&(at_ms, index));
            let canceled = self.change(index, |intent| intent.cancel(Some("automatic".to_owned()), None, now_ms));
            assert!(canceled.is_ok(), "an intent that waits for capture can be canceled");
            expired.push(index);
        }
        expired
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &PaymentIntent> {
        self.intents.iter()
    }
}
