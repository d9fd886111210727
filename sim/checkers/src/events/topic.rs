//! Judges the order topic against the outbox.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, OrderRef};
use crate::snapshot::{OutboxRow, TopicRecord};
use crate::{Findings, Snapshot};

pub(super) fn judge(end: &Snapshot, history: &History, findings: &mut Findings) {
    let Some(topic) = &end.topic else {
        findings.could_not_judge("the order topic was not read");
        return;
    };
    let mut wrong = |order_id: &str, what: String| {
        let orders: Vec<OrderRef> = history.find_order(order_id).into_iter().collect();
        findings.violated(end.taken_at_us, None, &orders, format!("at the end, {order_id}: {what}"));
    };
    let outbox: BTreeMap<&str, &OutboxRow> = end.tables.outbox.iter().map(|row| (row.event_id.as_str(), row)).collect();
    let mut by_order: BTreeMap<&str, Vec<&TopicRecord>> = BTreeMap::new();
    let mut published: BTreeSet<&str> = BTreeSet::new();
    for record in topic {
        published.insert(&record.event_id);
        by_order.entry(&record.order_id).or_default().push(record);
        if !outbox.contains_key(record.event_id.as_str()) {
            wrong(&record.order_id, format!("the topic has {}, which never happened", record.event_id));
        }
    }
    for row in end.tables.outbox.iter().filter(|row| row.published) {
        if !published.contains(row.event_id.as_str()) {
            wrong(&row.event_key, format!("{} is marked as published, but the topic has it not", row.event_id));
        }
    }
    for (order_id, mut records) in by_order {
        if records.windows(2).any(|pair| pair[0].partition != pair[1].partition) {
            wrong(order_id, "its events lie in several partitions".to_owned());
            continue;
        }
        records.sort_by_key(|record| record.offset);
        if let Some(what) = out_of_order(&records, &outbox) {
            wrong(order_id, what);
        }
    }
}

/// First appearances follow the outbox; repeats of what was there before are allowed.
fn out_of_order(records: &[&TopicRecord], outbox: &BTreeMap<&str, &OutboxRow>) -> Option<String> {
    let mut latest: Option<&OutboxRow> = None;
    let mut seen = BTreeSet::new();
    for record in records {
        let Some(row) = outbox.get(record.event_id.as_str()) else { continue };
        if !seen.insert(&record.event_id) {
            continue;
        }
        if let Some(latest) = latest.filter(|latest| latest.seq > row.seq) {
            return Some(format!("{} lies behind {}, which happened later", row.event_id, latest.event_id));
        }
        latest = Some(row);
    }
    None
}
