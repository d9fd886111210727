//! Keeps what must be shown later: every event that names an order, in a chain per order, and the faults. Shopper events
//! without an order are counted and dropped, so that a sale with half a million shoppers fits in memory.

use std::collections::BTreeMap;

use super::interner::Interner;
use super::{Answer, Event, EventKind, IntentRef, NoteRef, OrderRef, PageRef, PerOrder, Sku, Status};
use crate::Snapshot;

/// No earlier event of this order.
const START: u32 = u32::MAX;

/// How many events of a kind there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Checkouts sent.
    pub clicked: u64,
    /// Answers 201.
    pub won: u64,
    /// Answers 202.
    pub pending: u64,
    /// Answers `sold-out`.
    pub sold_out: u64,
    /// Answers 429.
    pub limited: u64,
    /// Answers 402.
    pub declined: u64,
    /// Answers `order-not-fulfilled`.
    pub ended: u64,
    /// Answers 503.
    pub unavailable: u64,
    /// Answers 5xx other than 503.
    pub failed: u64,
    /// Any other end of a checkout.
    pub other_answers: u64,
    /// Checkouts that passed the edge.
    pub admitted: u64,
    /// All events.
    pub all: u64,
}

/// An order as the commit feed last told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OrderNow {
    /// Where it stands.
    pub status: Status,
    /// Its product; of several the first.
    pub sku: Sku,
    /// How many of that.
    pub quantity: u32,
    /// For how much, all lines together.
    pub amount_cents: i64,
    /// Whether it was ever confirmed.
    pub was_confirmed: bool,
}

/// An event and its order's event before it.
#[derive(Debug)]
struct Link {
    event: Event,
    earlier: u32,
}

/// The events of one run, and the names they refer to.
#[derive(Debug, Default)]
pub struct History {
    skus: Interner,
    orders: Interner,
    intents: Interner,
    notes: Interner,
    pages: Interner,
    links: Vec<Link>,
    /// Per order, its last event in `links`.
    last: Vec<u32>,
    now: PerOrder<Option<OrderNow>>,
    /// The lines of orders that have more than one, the first left out.
    further: BTreeMap<OrderRef, Vec<(Sku, u32)>>,
    faults: Vec<Event>,
    counts: Counts,
}

impl History {
    /// An empty history of a run that sells `skus`; [`Sku`] is a place in that list.
    #[must_use]
    pub fn new<'a>(skus: impl IntoIterator<Item = &'a str>) -> Self {
        let mut history = Self::default();
        for sku in skus {
            history.skus.intern(sku);
        }
        history
    }

    /// The order of an id, which becomes known if it was not.
    pub fn order(&mut self, order_id: &str) -> OrderRef {
        let number = self.orders.intern(order_id);
        if self.last.len() < self.orders.len() {
            self.last.push(START);
        }
        OrderRef(number)
    }

    /// The order of an id that is known.
    #[must_use]
    pub fn find_order(&self, order_id: &str) -> Option<OrderRef> {
        self.orders.find(order_id).map(OrderRef)
    }

    /// An order's id.
    #[must_use]
    pub fn order_id(&self, order: OrderRef) -> &str {
        self.orders.name(order.0)
    }

    /// Every order that is known.
    pub fn all_orders(&self) -> impl Iterator<Item = OrderRef> + use<> {
        let count = u32::try_from(self.orders.len()).expect("orders are numbered by u32");
        (0..count).map(OrderRef)
    }

    /// The product of a name, which becomes known if it was not.
    pub fn sku(&mut self, name: &str) -> Sku {
        Sku(u16::try_from(self.skus.intern(name)).expect("a run sells fewer than 65,536 products"))
    }

    /// The product of a name that is known.
    #[must_use]
    pub fn find_sku(&self, name: &str) -> Option<Sku> {
        self.skus.find(name).and_then(|number| u16::try_from(number).ok()).map(Sku)
    }

    /// A product's name.
    #[must_use]
    pub fn sku_name(&self, sku: Sku) -> &str {
        self.skus.name(u32::from(sku.0))
    }

    /// The payment intent of the card gateway's id, which becomes known if it was not.
    pub fn intent(&mut self, intent_id: &str) -> IntentRef {
        IntentRef(self.intents.intern(intent_id))
    }

    /// The card gateway's id of an intent.
    #[must_use]
    pub fn intent_id(&self, intent: IntentRef) -> &str {
        self.intents.name(intent.0)
    }

    /// The page of the catalog of a name, which becomes known if it was not.
    pub fn page(&mut self, name: &str) -> PageRef {
        PageRef(u16::try_from(self.pages.intern(name)).expect("a run shows fewer than 65,536 pages"))
    }

    /// A page's name.
    #[must_use]
    pub fn page_name(&self, page: PageRef) -> &str {
        self.pages.name(u32::from(page.0))
    }

    /// A line of text to be referred to by [`EventKind::FaultBegan`] and [`EventKind::FaultEnded`].
    pub fn note(&mut self, text: &str) -> NoteRef {
        NoteRef(self.notes.intern(text))
    }

    /// A note's text.
    #[must_use]
    pub fn note_text(&self, note: NoteRef) -> &str {
        self.notes.name(note.0)
    }

    /// Takes in one event.
    pub fn record(&mut self, event: &Event) {
        self.counts.all += 1;
        self.count(&event.kind);
        if let Some(order) = event.kind.order() {
            let number = u32::try_from(self.links.len()).expect("fewer than 2^32 events fit in memory");
            let earlier = std::mem::replace(&mut self.last[order.0 as usize], number);
            self.links.push(Link { event: *event, earlier });
            self.follow(&event.kind);
        } else if matches!(
            event.kind,
            EventKind::FaultBegan { .. } | EventKind::FaultEnded { .. } | EventKind::QuietSince | EventKind::GateLost
        ) {
            self.faults.push(*event);
        }
    }

    /// The order as the commit feed last told it; none when it told of no such order, or of its removal.
    #[must_use]
    pub fn order_now(&self, order: OrderRef) -> Option<OrderNow> {
        self.now.get(order).copied().flatten()
    }

    /// Products and units of an order, line by line, as the commit feed told of them; none for an order it did not tell of.
    pub fn lines(&self, order: OrderRef) -> impl Iterator<Item = (Sku, u32)> {
        let now = self.order_now(order);
        let further = now.and_then(|_| self.further.get(&order)).into_iter().flatten().copied();
        now.map(|now| (now.sku, now.quantity)).into_iter().chain(further)
    }

    /// Makes the names of a snapshot's orders and products known.
    pub fn learn(&mut self, end: &Snapshot) {
        for sku in end.skus() {
            self.sku(sku);
        }
        for order_id in end.order_ids() {
            self.order(order_id);
        }
    }

    /// An order's events, the last one first.
    pub fn latest_first(&self, order: OrderRef) -> impl Iterator<Item = &Event> {
        let mut next = self.last[order.0 as usize];
        std::iter::from_fn(move || {
            let link = self.links.get(next as usize)?;
            next = link.earlier;
            Some(&link.event)
        })
    }

    /// An order's events, in the order they were observed.
    #[must_use]
    pub fn events_of(&self, order: OrderRef) -> Vec<Event> {
        let mut events: Vec<Event> = self.latest_first(order).copied().collect();
        events.reverse();
        events
    }

    /// Faults, losses of the gate's data and the begin of quiet, in the order they were observed.
    #[must_use]
    pub fn faults(&self) -> &[Event] {
        &self.faults
    }

    /// How many events there were.
    #[must_use]
    pub fn counts(&self) -> Counts {
        self.counts
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "no other event changes an order's row")]
    fn follow(&mut self, kind: &EventKind) {
        match *kind {
            EventKind::OrderMoved { order, sku, to, quantity, amount_cents, .. } => {
                let now = self.now.of(order);
                let was_confirmed = to == Status::Confirmed || now.is_some_and(|before| before.was_confirmed);
                *now = Some(OrderNow { status: to, sku, quantity, amount_cents, was_confirmed });
            }
            EventKind::OrderRemoved { order } => *self.now.of(order) = None,
            EventKind::LineWritten { order, sku, quantity } => {
                self.further.entry(order).or_default().push((sku, quantity));
            }
            _ => {}
        }
    }

    fn count(&mut self, kind: &EventKind) {
        let counts = &mut self.counts;
        let counter = match kind {
            EventKind::Clicked { .. } => &mut counts.clicked,
            EventKind::Admitted { .. } => &mut counts.admitted,
            EventKind::Answered { answer, .. } => match answer {
                Answer::Won { .. } => &mut counts.won,
                Answer::Pending { .. } => &mut counts.pending,
                Answer::SoldOut => &mut counts.sold_out,
                Answer::Limited => &mut counts.limited,
                Answer::Declined { .. } => &mut counts.declined,
                Answer::Ended { .. } => &mut counts.ended,
                Answer::Unavailable => &mut counts.unavailable,
                Answer::Failed { .. } => &mut counts.failed,
                Answer::InFlight
                | Answer::KeyReused
                | Answer::PriceChanged { .. }
                | Answer::Rejected { .. }
                | Answer::Reset
                | Answer::TimedOut => &mut counts.other_answers,
            },
            EventKind::HoldMoved { .. }
            | EventKind::CounterRebuilt { .. }
            | EventKind::CounterSet { .. }
            | EventKind::GateLost
            | EventKind::Stocked { .. }
            | EventKind::StockMoved { .. }
            | EventKind::BalanceSet { .. }
            | EventKind::OrderMoved { .. }
            | EventKind::LineWritten { .. }
            | EventKind::OrderRemoved { .. }
            | EventKind::OutboxWritten { .. }
            | EventKind::EffectApplied { .. }
            | EventKind::SalesSet { .. }
            | EventKind::Committed
            | EventKind::Published { .. }
            | EventKind::CardMoved { .. }
            | EventKind::FaultBegan { .. }
            | EventKind::FaultEnded { .. }
            | EventKind::QuietSince
            | EventKind::Shop(_) => return,
        };
        *counter += 1;
    }
}
