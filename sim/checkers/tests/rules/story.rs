//! Tells a sale step by step: every step is a correct one, shown to a judge as events and kept in a snapshot, so that a
//! test needs to say only what goes wrong.

mod fulfil;
mod gate;
mod pay;

use std::collections::BTreeMap;

use checkers::history::{Answer, CardStep, EventKind, HoldStep, Movement, OrderEvent, OrderRef, Sku, Status};
use checkers::limits::{AdmissionLimit, SkuLimits};
use checkers::snapshot::*;
use checkers::{Class, Event, Judge, Limits, Verdict};

/// What is sold. Three units of it, at 500 cents.
pub(crate) const CONSOLE: Sku = Sku(0);
/// What is sold besides. Eight units of it, at 500 cents.
pub(crate) const LAMP: Sku = Sku(1);
const SKUS: [(&str, i64); 2] = [("console", 3), ("lamp", 8)];
pub(crate) const PRICE_CENTS: i64 = 500;
/// Between two steps.
pub(crate) const STEP_US: i64 = 1_000;

/// What one shopper is after.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wish {
    pub(crate) sku: Sku,
    pub(crate) quantity: u32,
    pub(crate) key: u32,
}

/// A sale that has come so far.
#[derive(Debug)]
pub(crate) struct Story {
    pub(crate) judge: Judge,
    pub(crate) at_us: i64,
    /// The stores as they stand: also the model the steps go by.
    pub(crate) end: Snapshot,
    wishes: BTreeMap<String, Wish>,
    /// What the gate remembers of each order, tombstones included.
    hold_states: BTreeMap<String, &'static str>,
    next_key: u32,
    /// When each order's request was sent, until it is answered.
    clicked_at_us: BTreeMap<String, i64>,
}

pub(crate) fn limits() -> Limits {
    let admission = Some(AdmissionLimit { rate_per_s: 1_000, burst: 10 });
    let sku = |(sku, stocked): (&str, i64)| SkuLimits {
        sku: sku.to_owned(),
        stocked: Some(stocked),
        admission,
        must_sell_out: false,
    };
    Limits { skus: SKUS.into_iter().map(sku).collect(), drain_limit_us: 10_000_000, ..Limits::default() }
}

impl Story {
    pub(crate) fn new() -> Self {
        Self::with(&limits())
    }

    /// Starts with stock and an open gate.
    pub(crate) fn with(limits: &Limits) -> Self {
        let mut story = Self {
            judge: Judge::new(limits),
            at_us: 0,
            end: Snapshot {
                gate: Some(Gate { epoch: Some(1), skus: Vec::new() }),
                card_intents: Some(Vec::new()),
                topic: Some(Vec::new()),
                leak_gauge: Some(0),
                ..Snapshot::default()
            },
            wishes: BTreeMap::new(),
            hold_states: BTreeMap::new(),
            next_key: 0,
            clicked_at_us: BTreeMap::new(),
        };
        story.end.tables.gate_epoch = Some(GateEpochRow { epoch: 1, open: true });
        for (sku, (name, stocked)) in [CONSOLE, LAMP].into_iter().zip(SKUS) {
            let sku_name = name.to_owned();
            story.end.tables.inventory.push(InventoryRow { sku: sku_name.clone(), on_hand: stocked });
            let (kind, reference) = ("stocked".to_owned(), format!("delivery-{name}"));
            story.end.tables.ledger.push(LedgerRow { sku: sku_name.clone(), kind, reference, delta: stocked });
            let gate_sku = GateSku { sku: sku_name, counter: Some(stocked), holds: Vec::new() };
            story.end.gate.as_mut().unwrap().skus.push(gate_sku);
            story.see_now(EventKind::Stocked { sku, units: stocked });
            story.see_now(EventKind::BalanceSet { sku, bucket: None, on_hand: stocked });
            story.see_now(EventKind::Committed);
            story.see_now(EventKind::CounterRebuilt { sku, epoch: 1, counter: stocked });
        }
        story
    }

    /// One unit of the console for `id`.
    pub(crate) fn wish(&mut self, id: &str) {
        self.wish_for(id, CONSOLE, 1);
    }

    pub(crate) fn wish_for(&mut self, id: &str, sku: Sku, quantity: u32) {
        self.wishes.insert(id.to_owned(), Wish { sku, quantity, key: self.next_key });
        self.next_key += 1;
    }

    pub(crate) fn wish_of(&self, id: &str) -> Wish {
        self.wishes[id]
    }

    pub(crate) fn order(&mut self, id: &str) -> OrderRef {
        self.judge.history_mut().order(id)
    }

    /// Shows the judge an event, one step later.
    pub(crate) fn see(&mut self, kind: EventKind) {
        self.at_us += STEP_US;
        self.see_now(kind);
    }

    /// Shows the judge an event in the same instant as the last one.
    pub(crate) fn see_now(&mut self, kind: EventKind) {
        self.judge.observe(Event { at_us: self.at_us, kind });
    }

    /// Clicks, and reserves. `false` when the gate says that everything is sold.
    pub(crate) fn reserve(&mut self, id: &str) -> bool {
        let Wish { sku, quantity, key } = self.wish_of(id);
        self.see(EventKind::Clicked { shopper: key, key, sku, attempt: 1 });
        self.clicked_at_us.insert(id.to_owned(), self.at_us);
        self.see(EventKind::Admitted { sku });
        let taken = self.take_hold(id, i64::from(quantity));
        if !taken {
            self.answer(id, Answer::SoldOut);
        }
        taken
    }

    /// Writes the order down.
    pub(crate) fn place(&mut self, id: &str) {
        let Wish { sku, quantity, key } = self.wish_of(id);
        let amount_cents = PRICE_CENTS * i64::from(quantity);
        self.end.tables.orders.push(OrderRow {
            order_id: id.to_owned(),
            shopper_id: format!("shopper-{key}"),
            sku: SKUS[usize::from(sku.0)].0.to_owned(),
            quantity: i64::from(quantity),
            amount_cents,
            status: String::new(),
            line_count: 1,
        });
        let status = "created".to_owned();
        self.end.tables.payment_intents.push(PaymentIntentRow { order_id: id.to_owned(), amount_cents, status });
        self.move_to(id, Status::Placed);
        self.see_now(EventKind::Committed);
    }

    /// Reserves, places and pays.
    pub(crate) fn paid(&mut self, id: &str) {
        self.wish(id);
        assert!(self.reserve(id), "the story has run out of units");
        self.place(id);
        self.pay(id);
    }

    /// From the click to the answer 201.
    pub(crate) fn won(&mut self, id: &str) {
        self.paid(id);
        assert!(self.commit(id), "the story has run out of units");
        self.confirm_hold(id);
        let order = self.order(id);
        self.answer(id, Answer::Won { order });
    }

    /// Answers the request; once it is answered, a repeat of it that was sent four steps ago.
    pub(crate) fn answer(&mut self, id: &str, answer: Answer) {
        let Wish { key, .. } = self.wish_of(id);
        self.at_us += STEP_US;
        let sent_at_us = self.clicked_at_us.remove(id).unwrap_or(self.at_us - 4 * STEP_US);
        let latency_us = u32::try_from(self.at_us - sent_at_us).unwrap();
        self.see_now(EventKind::Answered { shopper: key, key, answer, latency_us });
    }

    /// Takes the units and confirms the order, in one commit. `false`, and nothing done, when they are not there.
    pub(crate) fn commit(&mut self, id: &str) -> bool {
        let Wish { sku, quantity, .. } = self.wish_of(id);
        if self.on_hand(sku) < i64::from(quantity) {
            return false;
        }
        self.commit_regardless(id);
        true
    }

    /// Takes the units and confirms the order, whether they are there or not.
    pub(crate) fn commit_regardless(&mut self, id: &str) {
        self.move_to(id, Status::Confirmed);
        self.book(id, Movement::Sold);
        self.intent_status(id, "captured");
        self.write_event(id, OrderEvent::Confirmed);
        self.see_now(EventKind::Committed);
    }

    /// Moves the order and records the move, without ending the transaction.
    pub(crate) fn move_to(&mut self, id: &str, to: Status) {
        let Wish { sku, quantity, .. } = self.wish_of(id);
        let from = Status::parse(&self.row(id).status);
        self.row(id).status = to.word().to_owned();
        let seq = self.end.tables.transitions.iter().filter(|row| row.order_id == id).count() + 1;
        self.end.tables.transitions.push(TransitionRow {
            order_id: id.to_owned(),
            seq: i64::try_from(seq).unwrap(),
            from_status: from.map(|from| from.word().to_owned()),
            to_status: to.word().to_owned(),
        });
        let order = self.order(id);
        let amount_cents = PRICE_CENTS * i64::from(quantity);
        self.see(EventKind::OrderMoved { order, sku, from, to, quantity, amount_cents });
    }

    /// Moves the order's units, in the ledger and in the balance, without ending the transaction.
    pub(crate) fn book(&mut self, id: &str, movement: Movement) {
        let Wish { sku, quantity, .. } = self.wish_of(id);
        let (kind, delta) = match movement {
            Movement::Sold => ("sold", -i64::from(quantity)),
            Movement::Returned => ("returned", i64::from(quantity)),
        };
        let place = usize::from(sku.0);
        self.end.tables.ledger.push(LedgerRow {
            sku: SKUS[place].0.to_owned(),
            kind: kind.to_owned(),
            reference: id.to_owned(),
            delta,
        });
        self.end.tables.inventory[place].on_hand += delta;
        let on_hand = self.end.tables.inventory[place].on_hand;
        let order = self.order(id);
        self.see_now(EventKind::StockMoved { sku, order, movement, delta });
        self.see_now(EventKind::BalanceSet { sku, bucket: None, on_hand });
    }

    pub(crate) fn row(&mut self, id: &str) -> &mut OrderRow {
        self.end.tables.orders.iter_mut().find(|row| row.order_id == id).unwrap()
    }

    pub(crate) fn status(&self, id: &str) -> Option<Status> {
        self.end.tables.orders.iter().find(|row| row.order_id == id).and_then(OrderRow::parsed)
    }

    pub(crate) fn on_hand(&self, sku: Sku) -> i64 {
        self.end.tables.inventory[usize::from(sku.0)].on_hand
    }

    /// What `checker` has found while the run went on.
    pub(crate) fn so_far(&self, checker: &str) -> Vec<String> {
        let judgements = self.judge.judgements();
        let judgement = judgements.into_iter().find(|judgement| judgement.name == checker).unwrap();
        texts(judgement.verdict)
    }

    /// What `checker` says of the stores alone.
    pub(crate) fn stores_alone(&self, checker: &str) -> Vec<String> {
        let judgements = Judge::new(&limits()).at_end(&self.end);
        texts(judgements.into_iter().find(|judgement| judgement.name == checker).unwrap().verdict)
    }

    /// All verdicts at the end.
    pub(crate) fn verdicts(mut self) -> Vec<(&'static str, Class, Verdict)> {
        self.end.taken_at_us = self.at_us;
        let judgements = self.judge.at_end(&self.end);
        judgements.into_iter().map(|judgement| (judgement.name, judgement.class, judgement.verdict)).collect()
    }

    /// What `checker` says at the end.
    pub(crate) fn verdict(self, checker: &str) -> Verdict {
        self.verdicts().into_iter().find(|(name, ..)| *name == checker).unwrap().2
    }
}

/// The violations in words; none when nothing was violated.
pub(crate) fn texts(verdict: Verdict) -> Vec<String> {
    match verdict {
        Verdict::Violated { violations, .. } => violations.into_iter().map(|violation| violation.what).collect(),
        Verdict::Holds | Verdict::NotJudged { .. } => Vec::new(),
    }
}

/// Asserts that one of the violations says `what`.
#[track_caller]
pub(crate) fn assert_says(found: &[String], what: &str) {
    assert!(found.iter().any(|text| text.contains(what)), "nothing says {what:?}: {found:#?}");
}
