//! What one shopper is like, by index.
//!
//! Counter-based: shopper i reads the i-th ChaCha block of the seed's crowd stream and nothing else, so shoppers can
//! be drawn in any order, or never. What a shopper then does over time is left to the worlds.

use rand_chacha::rand_core::Rng;
use serde::{Deserialize, Serialize};

use crate::stream::{Purpose, generator};

/// The make-up of the crowd. Ratios lie in `0.0..=1.0`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Crowd {
    /// Shortest and longest time a shopper waits for an answer, ms.
    pub timeout_ms: (u32, u32),
    /// Most retries (with the same key) after a timeout or a refusal; each shopper draws `0..=retries`.
    pub retries: u32,
    /// Share that clicks twice.
    pub duplicate_click_ratio: f64,
    /// The second click comes within this time, ms.
    pub duplicate_click_within_ms: u32,
    /// Share that leaves once a unit is held for it.
    pub abandon_ratio: f64,
    /// A leaver closes the connection within this time of clicking, ms.
    pub abandon_within_ms: u32,
    /// Share that asks for an answer later (`Prefer: respond-async`).
    pub respond_async_ratio: f64,
    /// Share whose card is declined.
    pub decline_ratio: f64,
    /// Share of bots: they use every retry.
    pub bot_ratio: f64,
    /// Retries of a bot.
    pub bot_retries: u32,
    /// Share on a slow network.
    pub slow_network_ratio: f64,
    /// Most units asked for at once; each shopper draws `1..=max_quantity`.
    pub max_quantity: u32,
}

/// The group a shopper is counted with in fairness figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cohort {
    /// Nothing special.
    Ordinary,
    /// Every hop to and from the shopper takes longer.
    SlowNetwork,
    /// Retries fast, and to the last.
    Bot,
}

/// How a shopper leaves early.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Abandon {
    /// Closes the connection this long after clicking, ms, whatever the platform is at.
    Disconnects {
        /// Time from the click, ms.
        after_ms: u32,
    },
    /// Holds a unit and never pays.
    NeverPays,
}

/// One shopper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shopper {
    /// Its place in the schedule, from 0.
    pub index: u64,
    /// Fairness cohort.
    pub cohort: Cohort,
    /// How long it waits for an answer, ms.
    pub timeout_ms: u32,
    /// How often it asks again with the same key.
    pub retries: u32,
    /// When it clicks a second time, ms after the first; `None`: clicks once.
    pub second_click_after_ms: Option<u32>,
    /// How it leaves early, if it does.
    pub abandon: Option<Abandon>,
    /// Sends `Prefer: respond-async`.
    pub prefers_async: bool,
    /// Its card is declined, however often it is tried.
    pub card_declined: bool,
    /// Units asked for.
    pub quantity: u32,
    /// A uniform word that picks the product (see `scenario`'s catalogue).
    pub product_draw: u32,
    /// A uniform number of its own: idempotency key, jitter.
    pub key: u128,
}

/// 32-bit words that each shopper reads: one ChaCha block.
const WORDS: usize = 16;

impl Shopper {
    /// Shopper `index` of the crowd that `seed` stands for.
    #[must_use]
    pub fn draw(crowd: &Crowd, seed: u64, index: u64) -> Self {
        let mut rng = generator(seed, Purpose::Shoppers);
        rng.set_word_pos(u128::from(index) * WORDS as u128);
        let words: [u32; WORDS] = std::array::from_fn(|_| rng.next_u32());
        // A word per question, asked or not, so that one ratio's change leaves every other answer alone.
        let [
            cohort,
            wait,
            retries,
            twice,
            twice_after,
            leave,
            leave_how,
            leave_after,
            later,
            declined,
            quantity,
            product,
            k0,
            k1,
            k2,
            k3,
        ] = words;

        let cohort = cohort_of(crowd, cohort);
        Self {
            index,
            cohort,
            timeout_ms: crowd.timeout_ms.0
                + scaled(wait, crowd.timeout_ms.1.saturating_sub(crowd.timeout_ms.0).saturating_add(1)),
            retries: if cohort == Cohort::Bot {
                crowd.bot_retries
            } else {
                scaled(retries, crowd.retries.saturating_add(1))
            },
            second_click_after_ms: chance(twice, crowd.duplicate_click_ratio)
                .then(|| scaled(twice_after, crowd.duplicate_click_within_ms.saturating_add(1))),
            abandon: chance(leave, crowd.abandon_ratio).then(|| {
                if leave_how & 1 == 0 {
                    Abandon::NeverPays
                } else {
                    Abandon::Disconnects { after_ms: scaled(leave_after, crowd.abandon_within_ms.saturating_add(1)) }
                }
            }),
            prefers_async: chance(later, crowd.respond_async_ratio),
            card_declined: chance(declined, crowd.decline_ratio),
            quantity: 1 + scaled(quantity, crowd.max_quantity),
            product_draw: product,
            key: [k0, k1, k2, k3].iter().fold(0, |key, word| key << 32 | u128::from(*word)),
        }
    }
}

/// Bots first, then slow networks, by one word, so that the cohorts never overlap.
fn cohort_of(crowd: &Crowd, word: u32) -> Cohort {
    if chance(word, crowd.bot_ratio) {
        Cohort::Bot
    } else if chance(word, crowd.bot_ratio + crowd.slow_network_ratio) {
        Cohort::SlowNetwork
    } else {
        Cohort::Ordinary
    }
}

/// Whether a uniform word falls under a ratio; never at 0.0 (or NaN), always at 1.0.
fn chance(word: u32, ratio: f64) -> bool {
    f64::from(word) < ratio * 4_294_967_296.0
}

/// A uniform word scaled to `0..bound`.
fn scaled(word: u32, bound: u32) -> u32 {
    u32::try_from((u64::from(word) * u64::from(bound)) >> 32).expect("below the bound")
}
