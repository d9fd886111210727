//! Idempotent producers: who has which id and epoch, and which sequences a partition has seen.
//! Rules as in Kafka's `ProducerStateManager` and `ProducerAppendInfo`.

use std::collections::{BTreeMap, VecDeque};

use crate::error::KafkaError;
use crate::record::Stamp;

/// A leader recognises a duplicate among the last five batches of a producer.
const REMEMBERED: usize = 5;

/// An id with the epoch of its newest owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProducerId {
    /// Never handed out twice, except to the same name with a higher epoch.
    pub id: i64,
    /// Rises by one each time the name is taken again.
    pub epoch: i16,
}

/// Ids handed out by the cluster.
#[derive(Debug, Default)]
pub(crate) struct ProducerIds {
    /// The newest epoch of each id; the index is the id.
    epochs: Vec<i16>,
    by_name: BTreeMap<String, i64>,
}

impl ProducerIds {
    /// A fresh id without a name; with one, the id of that name under the next epoch, which fences the last.
    pub(crate) fn init(&mut self, name: Option<&str>) -> ProducerId {
        if let Some(id) = name.and_then(|name| self.by_name.get(name).copied()) {
            let epoch = self.epoch_mut(id).expect("a named id was handed out");
            // Kafka's coordinator changes to a fresh id when the epochs of one are used up.
            if *epoch < i16::MAX - 1 {
                *epoch += 1;
                return ProducerId { id, epoch: *epoch };
            }
            *epoch = i16::MAX;
        }
        let id = i64::try_from(self.epochs.len()).expect("fewer than 2^63 producers");
        self.epochs.push(0);
        if let Some(name) = name {
            self.by_name.insert(name.to_owned(), id);
        }
        ProducerId { id, epoch: 0 }
    }

    fn epoch_mut(&mut self, id: i64) -> Option<&mut i16> {
        self.epochs.get_mut(usize::try_from(id).ok()?)
    }

    /// Refuses ids never handed out, and epochs that a newer owner of the name has ended.
    pub(crate) fn check(&self, stamp: Stamp) -> Result<(), KafkaError> {
        let newest = usize::try_from(stamp.producer_id).ok().and_then(|id| self.epochs.get(id));
        match newest {
            None => Err(KafkaError::InvalidProducerIdMapping),
            Some(newest) if stamp.epoch < *newest => Err(KafkaError::ProducerFenced),
            Some(newest) if stamp.epoch > *newest => Err(KafkaError::InvalidProducerEpoch),
            Some(_) => Ok(()),
        }
    }
}

/// A batch as its producer numbered it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StampedBatch {
    /// Carries the sequence of the first record.
    stamp: Stamp,
    last_sequence: i32,
}

impl StampedBatch {
    /// A batch of `count` records, the first of which is `stamp`.
    pub(crate) fn new(stamp: Stamp, count: usize) -> Self {
        // Sequences live in 0..=i32::MAX and wrap to 0.
        const CYCLE: i64 = 1 << 31;
        let further = i64::try_from(count).expect("a batch fits in memory") - 1;
        let last = (i64::from(stamp.sequence) + further).rem_euclid(CYCLE);
        Self { stamp, last_sequence: i32::try_from(last).expect("below 2^31") }
    }
}

/// What one partition knows of its producers. Follows from the log alone, so a new leader can rebuild it.
#[derive(Debug, Default)]
pub(crate) struct Sequences {
    producers: BTreeMap<i64, Recent>,
}

#[derive(Debug)]
struct Recent {
    epoch: i16,
    /// Each batch with the offset of its first record, oldest first; never empty.
    batches: VecDeque<(StampedBatch, i64)>,
}

/// What a stamp means at this point of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sequenced {
    Next,
    Duplicate { offset: i64 },
}

impl Sequences {
    pub(crate) fn check(&self, batch: StampedBatch) -> Result<Sequenced, KafkaError> {
        let stamp = batch.stamp;
        // A producer this log knows nothing of may start anywhere: what it wrote before may have been cut off.
        let Some(recent) = self.producers.get(&stamp.producer_id) else {
            return Ok(Sequenced::Next);
        };
        if stamp.epoch < recent.epoch {
            return Err(KafkaError::InvalidProducerEpoch);
        }
        if stamp.epoch > recent.epoch {
            let starts = stamp.sequence == 0;
            return if starts { Ok(Sequenced::Next) } else { Err(KafkaError::OutOfOrderSequenceNumber) };
        }
        if let Some((_, offset)) = recent.batches.iter().find(|(known, _)| *known == batch) {
            return Ok(Sequenced::Duplicate { offset: *offset });
        }
        let last = recent.batches.back().map(|(known, _)| known.last_sequence);
        if last.is_some_and(|last| following(last) == stamp.sequence) {
            Ok(Sequenced::Next)
        } else {
            Err(KafkaError::OutOfOrderSequenceNumber)
        }
    }

    pub(crate) fn note(&mut self, batch: StampedBatch, offset: i64) {
        let epoch = batch.stamp.epoch;
        let fresh = || Recent { epoch, batches: VecDeque::with_capacity(REMEMBERED) };
        let recent = self.producers.entry(batch.stamp.producer_id).or_insert_with(fresh);
        if recent.epoch != epoch {
            recent.epoch = epoch;
            recent.batches.clear();
        }
        if recent.batches.len() == REMEMBERED {
            recent.batches.pop_front();
        }
        recent.batches.push_back((batch, offset));
    }
}

fn following(sequence: i32) -> i32 {
    sequence.checked_add(1).unwrap_or(0)
}
