//! Batches, and how idempotent producers number them.

use std::collections::BTreeMap;

use super::{Both, Stage};
use crate::kafka::program::{Place, Sequence};
use crate::kafka::side::{Sent, Side};
use crate::{Tally, Trouble};

/// An idempotent producer.
#[derive(Clone, Debug)]
pub(super) struct Producer {
    /// Its place in the order in which producers began.
    number: usize,
    /// What it has sent to each partition, oldest first.
    sent: BTreeMap<Place, Vec<Sent>>,
    next: BTreeMap<Place, i32>,
}

impl Stage<'_> {
    pub(super) fn new_producer(&mut self) -> Result<Producer, Trouble> {
        self.engine.new_producer()?;
        if let Some(server) = &mut self.server {
            server.new_producer()?;
        }
        self.begun += 1;
        Ok(Producer { number: self.begun - 1, sent: BTreeMap::new(), next: BTreeMap::new() })
    }

    pub(super) fn produce(
        &mut self,
        mut sent: Sent,
        by: Option<(usize, Sequence)>,
        tally: &mut Tally,
    ) -> Result<Both, Trouble> {
        let Some((slot, sequence)) = by else {
            tally.add("batches of no producer in particular");
            return self.send(&sent, tally);
        };
        if self.producers[slot].is_none() {
            self.producers[slot] = Some(self.new_producer()?);
        }
        let Some(producer) = &mut self.producers[slot] else { return Ok(None) };
        let next = producer.next.get(&sent.at).copied().unwrap_or(0);
        let before = producer.sent.entry(sent.at).or_default();
        let off = match sequence {
            Sequence::Next => 0,
            Sequence::Off(by) => by,
            Sequence::Again(ago) => {
                let Some(again) = before.len().checked_sub(ago).and_then(|at| before.get(at)).cloned() else {
                    return Ok(None);
                };
                tally.add("batches sent again");
                return self.send(&again, tally);
            }
        };
        // A sequence is never negative on the wire: -1 says that nobody counts.
        let first = (next + off).max(0);
        sent.stamp = Some((producer.number, first));
        let both = self.send(&sent, tally)?;
        tally.add("batches of an idempotent producer");
        if let (Some((engine, _)), Some(producer)) = (&both, &mut self.producers[slot])
            && !engine.starts_with("error")
        {
            let count = i32::try_from(sent.records.len()).expect("batches are short");
            producer.next.insert(sent.at, first + count);
            producer.sent.entry(sent.at).or_default().push(sent);
        }
        Ok(both)
    }

    fn send(&mut self, sent: &Sent, tally: &mut Tally) -> Result<Both, Trouble> {
        self.on_both(tally, |side| Ok(side.produce(sent)?.map(|offset| format!("at {offset:?}"))))
    }
}
