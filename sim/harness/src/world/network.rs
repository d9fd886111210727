//! The simulated network: how long a message takes between two nodes, and whether it arrives.
//!
//! Messages travel over connections that deliver in order or not at all, as TCP does: a dropped packet shows as delay,
//! a partition as silence. Who is on a node, and whether it is up, is the business of `process`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// A place on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeIndex(pub u16);

/// Delays and losses of every link, before faults.
#[derive(Debug, Clone, Copy)]
pub struct NetworkOptions {
    /// The shortest one-way delay, in microseconds.
    pub latency_min_us: u32,
    /// The mean one-way delay, in microseconds; the excess over the shortest is exponential.
    pub latency_mean_us: u32,
    /// How many of a million messages lose a packet and wait for its retransmission.
    pub drop_ppm: u32,
    /// That wait, in microseconds.
    pub retransmit_us: u32,
}

/// Traffic from `from` to `to` is cut or slowed by a fault.
#[derive(Debug, Clone, Copy)]
struct Impairment {
    from: NodeIndex,
    to: NodeIndex,
    /// Added to every message, in microseconds; `None` cuts the link.
    added_us: Option<i64>,
}

struct State {
    options: NetworkOptions,
    entropy: ChaCha8Rng,
    impairments: Vec<Impairment>,
    /// −ln(u) at 256 points in 1/1024ths, so that an exponential delay needs no floating point at run time.
    exponential: [u32; 256],
}

/// The network all nodes share.
#[derive(Clone)]
pub struct Network {
    state: Arc<Mutex<State>>,
}

impl Network {
    /// A healthy network.
    #[must_use]
    pub fn new(options: NetworkOptions, seed: u64) -> Self {
        let state = State {
            options,
            entropy: ChaCha8Rng::seed_from_u64(seed),
            impairments: Vec::new(),
            exponential: exponential_table(),
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    /// No delay, no loss: for an engine's host in a world that carries the bytes to it and back by itself.
    #[must_use]
    pub fn none() -> Self {
        Self::new(NetworkOptions { latency_min_us: 0, latency_mean_us: 0, drop_ppm: 0, retransmit_us: 0 }, 0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one-way delay of a message sent now, in microseconds, or `None` when the link is cut.
    #[must_use]
    pub fn delay_us(&self, from: NodeIndex, to: NodeIndex) -> Option<i64> {
        let state = &mut *self.state();
        let mut added = 0;
        for impairment in &state.impairments {
            if impairment.from == from && impairment.to == to {
                added += impairment.added_us?;
            }
        }
        let draw = state.entropy.next_u64();
        let index = usize::try_from(draw & 0xff).expect("eight bits");
        let options = &state.options;
        let spread = options.latency_mean_us.saturating_sub(options.latency_min_us);
        let excess = (u64::from(spread) * u64::from(state.exponential[index])) >> 10;
        let lost = (draw >> 8) % 1_000_000 < u64::from(options.drop_ppm);
        let retransmit = if lost { i64::from(options.retransmit_us) } else { 0 };
        let excess = i64::try_from(excess).expect("a delay fits");
        Some(i64::from(options.latency_min_us) + excess + retransmit + added)
    }

    /// Whether the link from `from` to `to` is cut.
    #[must_use]
    pub fn is_cut(&self, from: NodeIndex, to: NodeIndex) -> bool {
        let cuts = |i: &Impairment| i.from == from && i.to == to && i.added_us.is_none();
        self.state().impairments.iter().any(cuts)
    }

    /// Cuts the link from `from` to `to`; the other direction stays.
    pub fn cut(&self, from: NodeIndex, to: NodeIndex) {
        self.state().impairments.push(Impairment { from, to, added_us: None });
    }

    /// Slows every message from `from` to `to`.
    pub fn slow(&self, from: NodeIndex, to: NodeIndex, added_us: i64) {
        self.state().impairments.push(Impairment { from, to, added_us: Some(added_us) });
    }

    /// Undoes one [`Network::cut`] or [`Network::slow`] of this link.
    pub fn heal(&self, from: NodeIndex, to: NodeIndex) {
        let impairments = &mut self.state().impairments;
        if let Some(index) = impairments.iter().position(|i| i.from == from && i.to == to) {
            impairments.remove(index);
        }
    }
}

/// 1 in the 40-bit fixed point of [`exponential_table`].
const ONE: i128 = 1 << 40;

/// −ln(u) at the middles of 256 equal steps, in integers so that the table is the same on every platform.
fn exponential_table() -> [u32; 256] {
    let ln_two = ln_below_two(2 * ONE);
    std::array::from_fn(|index| {
        // u = (2 index + 1) / 512, so −ln(u) = ln(512 / (2 index + 1)).
        let mut x = 512 * ONE / i128::try_from(2 * index + 1).expect("small");
        let mut sum = 0;
        while x >= 2 * ONE {
            x /= 2;
            sum += ln_two;
        }
        u32::try_from((sum + ln_below_two(x)) * 1024 / ONE).expect("the largest is 6.24 × 1024")
    })
}

/// ln(x) for 1 ≤ x ≤ 2 by the series of artanh: 2 Σ ((x−1)/(x+1))^(2k+1) / (2k+1).
fn ln_below_two(x: i128) -> i128 {
    let ratio = (x - ONE) * ONE / (x + ONE);
    let square = ratio * ratio / ONE;
    let (mut power, mut sum) = (ratio, 0);
    for k in 0..20 {
        sum += power / (2 * k + 1);
        power = power * square / ONE;
    }
    2 * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: NetworkOptions =
        NetworkOptions { latency_min_us: 100, latency_mean_us: 250, drop_ppm: 0, retransmit_us: 200_000 };

    #[test]
    fn delays_have_the_stated_minimum_and_mean() {
        let network = Network::new(OPTIONS, 1);
        let delays: Vec<i64> =
            (0..100_000).map(|_| network.delay_us(NodeIndex(0), NodeIndex(1)).expect("healthy")).collect();
        let mean = delays.iter().sum::<i64>() / 100_000;
        assert!(delays.iter().all(|delay| *delay >= 100));
        assert!((240..=260).contains(&mean), "{mean}");
    }

    #[test]
    fn a_cut_is_one_way_and_heals() {
        let network = Network::new(OPTIONS, 1);
        network.cut(NodeIndex(0), NodeIndex(1));
        assert_eq!(network.delay_us(NodeIndex(0), NodeIndex(1)), None);
        assert!(network.is_cut(NodeIndex(0), NodeIndex(1)) && !network.is_cut(NodeIndex(1), NodeIndex(0)));
        assert!(network.delay_us(NodeIndex(1), NodeIndex(0)).is_some());
        network.heal(NodeIndex(0), NodeIndex(1));
        assert!(network.delay_us(NodeIndex(0), NodeIndex(1)).is_some());
    }
}
