//! The way of events and parcels, up to the moment when all is quiet.

use checkers::history::Consumer;

use super::*;

impl Story {
    /// Writes an event to the outbox, without ending the transaction.
    pub(crate) fn write_event(&mut self, id: &str, event: OrderEvent) {
        let seq = i64::try_from(self.end.tables.outbox.len()).unwrap() + 1;
        self.end.tables.outbox.push(OutboxRow {
            seq,
            event_id: event_id(id, event),
            event_key: id.to_owned(),
            kind: event.word().to_owned(),
            published: false,
        });
        let order = self.order(id);
        self.see_now(EventKind::OutboxWritten { order, event });
    }

    /// The relay: everything unpublished, in order. All orders share one partition.
    pub(crate) fn publish(&mut self) {
        for place in 0..self.end.tables.outbox.len() {
            if self.end.tables.outbox[place].published {
                continue;
            }
            self.end.tables.outbox[place].published = true;
            let event_id = self.end.tables.outbox[place].event_id.clone();
            let (id, event) = OrderEvent::split_id(&event_id).unwrap();
            self.append(id, event);
        }
    }

    /// An append to the log.
    pub(crate) fn append(&mut self, id: &str, event: OrderEvent) {
        let order = self.order(id);
        let topic = self.end.topic.as_mut().unwrap();
        let offset = i64::try_from(topic.len()).unwrap();
        let (event_id, order_id) = (event_id(id, event), id.to_owned());
        topic.push(TopicRecord { event_id, order_id, partition: 0, offset });
        self.see(EventKind::Published { order, event, partition: 0, offset });
    }

    /// All three consumers take in what is on the log and new to them.
    pub(crate) fn consume(&mut self) {
        let records: Vec<String> = self.end.topic.iter().flatten().map(|record| record.event_id.clone()).collect();
        for event_id in records {
            let (id, event) = OrderEvent::split_id(&event_id).unwrap();
            if self.end.tables.consumed.iter().any(|row| row.event_id == event_id) {
                continue;
            }
            for consumer in ["notification", "analytics", "warehouse"] {
                let (consumer, event_id) = (consumer.to_owned(), event_id.clone());
                self.end.tables.consumed.push(ConsumedRow { consumer, event_id });
            }
            self.notify(id, event);
            self.count_sale(id, event);
            if event == OrderEvent::Confirmed {
                self.request_parcel(id);
            }
        }
    }

    pub(crate) fn notify(&mut self, id: &str, event: OrderEvent) {
        let order = self.order(id);
        let (event_id, order_id) = (event_id(id, event), id.to_owned());
        self.end.tables.notifications.push(NotificationRow { event_id, order_id });
        self.see(EventKind::EffectApplied { consumer: Consumer::Notification, order, event, sku: None });
        self.see_now(EventKind::Committed);
    }

    pub(crate) fn count_sale(&mut self, id: &str, event: OrderEvent) {
        let Wish { sku, quantity, .. } = self.wish_of(id);
        let name = SKUS[usize::from(sku.0)].0;
        let rows = &mut self.end.tables.sales;
        let place = rows.iter().position(|row| row.sku == name).unwrap_or_else(|| {
            let (orders, units, revenue_cents, cancelled) = (0, 0, 0, 0);
            rows.push(SalesRow { sku: name.to_owned(), orders, units, revenue_cents, cancelled });
            rows.len() - 1
        });
        let row = &mut rows[place];
        match event {
            OrderEvent::Confirmed => {
                row.orders += 1;
                row.units += i64::from(quantity);
                row.revenue_cents += PRICE_CENTS * i64::from(quantity);
            }
            OrderEvent::Cancelled => row.cancelled += 1,
            OrderEvent::Refunded | OrderEvent::Shipped | OrderEvent::Delivered => {}
        }
        let (orders, cancelled) = (u32::try_from(row.orders).unwrap(), u32::try_from(row.cancelled).unwrap());
        let units = row.units;
        self.see(EventKind::SalesSet { sku, orders, cancelled, units });
        self.see_now(EventKind::Committed);
    }

    pub(crate) fn request_parcel(&mut self, id: &str) {
        let Wish { sku, quantity, .. } = self.wish_of(id);
        let (order_id, name) = (id.to_owned(), SKUS[usize::from(sku.0)].0.to_owned());
        self.end.tables.shipments.push(ShipmentRow { order_id, sku: name, quantity: i64::from(quantity) });
        let order = self.order(id);
        let (consumer, event) = (Consumer::Warehouse, OrderEvent::Confirmed);
        self.see(EventKind::EffectApplied { consumer, order, event, sku: Some(sku) });
        if self.status(id) == Some(Status::Confirmed) {
            self.move_to(id, Status::Picking);
        }
        self.see_now(EventKind::Committed);
    }

    /// One step on the way to the shopper, if one is due.
    pub(crate) fn move_parcel(&mut self, id: &str) {
        let (to, event) = match self.status(id) {
            Some(Status::Picking) => (Status::Shipped, OrderEvent::Shipped),
            Some(Status::Shipped) => (Status::Delivered, OrderEvent::Delivered),
            _ => return,
        };
        self.move_to(id, to);
        self.write_event(id, event);
        self.see_now(EventKind::Committed);
    }

    /// Lets everything that stands arrive, and says that all is quiet.
    pub(crate) fn settled(mut self) -> Self {
        self.see(EventKind::QuietSince);
        for _ in 0..3 {
            self.publish();
            self.consume();
            for row in self.end.tables.orders.clone() {
                self.move_parcel(&row.order_id);
            }
        }
        self.end.quiet = true;
        self
    }
}

pub(crate) fn event_id(id: &str, event: OrderEvent) -> String {
    format!("{id}:{}", event.word())
}
