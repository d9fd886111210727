//! The brokers: which run, which the cluster has noticed to be gone, and when that changes.

/// A set of brokers, one bit each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BrokerSet(u64);

impl BrokerSet {
    pub(crate) const CAPACITY: u8 = 64;

    pub(crate) fn contains(self, broker: u8) -> bool {
        self.0 & (1 << broker) != 0
    }

    pub(crate) fn insert(&mut self, broker: u8) {
        self.0 |= 1 << broker;
    }

    pub(crate) fn remove(&mut self, broker: u8) {
        self.0 &= !(1 << broker);
    }

    pub(crate) fn len(self) -> usize {
        usize::try_from(self.0.count_ones()).expect("at most 64")
    }
}

#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) running: BrokerSet,
    /// Running, and done with catching up after a restart.
    pub(crate) fetching: BrokerSet,
    /// Noticed to be gone.
    pub(crate) fenced: BrokerSet,
    pub(crate) size: u8,
    /// What is next for each broker, if anything.
    timers: Vec<Option<(i64, BrokerEvent)>>,
}

/// Something that happens to a broker by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BrokerEvent {
    /// Its death is noticed.
    Fenced,
    /// After a restart it has fetched what it missed.
    CaughtUp,
}

impl Cluster {
    pub(crate) fn new(size: u8) -> Self {
        assert!((1..=BrokerSet::CAPACITY).contains(&size), "a cluster has 1 to 64 brokers");
        let mut running = BrokerSet::default();
        (0..size).for_each(|broker| running.insert(broker));
        Self { running, fetching: running, fenced: BrokerSet::default(), size, timers: vec![None; usize::from(size)] }
    }

    /// `replicas` brokers for partition `index`: leaders in turn, followers behind them.
    pub(crate) fn place(&self, index: usize, replicas: u8) -> Vec<u8> {
        let size = usize::from(self.size);
        let at = |step: u8| u8::try_from((index + usize::from(step)) % size).expect("a remainder of a u8");
        (0..replicas.min(self.size)).map(at).collect()
    }

    /// False if it was not running.
    pub(crate) fn kill(&mut self, broker: u8, noticed_ms: i64) -> bool {
        if broker >= self.size || !self.running.contains(broker) {
            return false;
        }
        self.running.remove(broker);
        self.fetching.remove(broker);
        self.timers[usize::from(broker)] = Some((noticed_ms, BrokerEvent::Fenced));
        true
    }

    /// False if it was running.
    pub(crate) fn start(&mut self, broker: u8, caught_up_ms: i64) -> bool {
        if broker >= self.size || self.running.contains(broker) {
            return false;
        }
        self.running.insert(broker);
        self.fenced.remove(broker);
        self.timers[usize::from(broker)] = Some((caught_up_ms, BrokerEvent::CaughtUp));
        true
    }

    pub(crate) fn next_deadline(&self) -> Option<i64> {
        self.timers.iter().flatten().map(|(at_ms, _)| *at_ms).min()
    }

    /// One event due by `now_ms`, in broker order.
    pub(crate) fn take_due(&mut self, now_ms: i64) -> Option<(u8, BrokerEvent)> {
        for broker in 0..self.size {
            let timer = &mut self.timers[usize::from(broker)];
            if let Some((_, event)) = timer.take_if(|(at_ms, _)| *at_ms <= now_ms) {
                match event {
                    BrokerEvent::Fenced => self.fenced.insert(broker),
                    BrokerEvent::CaughtUp => self.fetching.insert(broker),
                }
                return Some((broker, event));
            }
        }
        None
    }

    /// The broker that coordinates what hashes to `hash`: the first in turn not noticed to be gone. `None` if it does
    /// not run all the same.
    pub(crate) fn coordinator(&self, hash: u8) -> Option<u8> {
        let at = |step: u8| (hash % self.size + step) % self.size;
        let chosen = (0..self.size).map(at).find(|broker| !self.fenced.contains(*broker))?;
        self.running.contains(chosen).then_some(chosen)
    }
}
