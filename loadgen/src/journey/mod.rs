//! What one shopper does, from its arrival to its last answer.
//!
//! | file | the journey |
//! |---|---|
//! | `browse.rs` | looks at lists and pages |
//! | `search.rs` | searches, and looks at what it had in mind |
//! | `cart.rs` | fills a cart and buys it as one order |
//! | `checkout.rs` | clicks "Buy", as the simulator's crowd does |
//! | `refresher.rs` | asks how much is left until it has bought or all is sold |
//! | `returning.rs` | has the page from last time, and buys at the price it shows |
//! | `visitor.rs`, `look.rs` | what every journey is made of: one request, timed from when it was due; looking and thinking |

mod browse;
mod cart;
mod checkout;
mod look;
mod refresher;
mod returning;
mod search;
mod visitor;

use arrivals::Abandon;
use record::Outcome;
use scenario::Journeys;
use tokio::time::timeout_at;

use crate::measure::{Ended, Seen};

pub use visitor::Visitor;

/// What a shopper comes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Journey {
    /// Clicks "Buy".
    Checkout,
    /// Looks around.
    Browse,
    /// Searches.
    Search,
    /// Fills a cart.
    Cart,
    /// Refreshes.
    Refresher,
    /// Comes back.
    Returning,
}

impl Journey {
    /// The journey that a uniform word stands for. Weights that are all 0 leave the checkout.
    #[must_use]
    pub fn pick(journeys: &Journeys, word: u32) -> Self {
        let weights = [
            (Self::Checkout, journeys.checkout),
            (Self::Browse, journeys.browse),
            (Self::Search, journeys.search),
            (Self::Cart, journeys.cart),
            (Self::Refresher, journeys.refresher),
            (Self::Returning, journeys.returning),
        ];
        let total: u64 = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
        let point = (u64::from(word) * total) >> 32;
        let mut upto = 0;
        let picked = weights.into_iter().find(|(_, weight)| {
            upto += u64::from(*weight);
            point < upto
        });
        picked.map_or(Self::Checkout, |(journey, _)| journey)
    }
}

/// Lets a shopper in, and tells how its visit ended.
pub async fn visit(mut visitor: Visitor) {
    let outcome = match visitor.shopper.abandon {
        Some(Abandon::Disconnects { after_ms }) => {
            let leaves_at = visitor.shop.clock.at(visitor.arrived_us + u64::from(after_ms) * 1_000);
            timeout_at(leaves_at, walk(&mut visitor)).await.unwrap_or(Some(Outcome::Abandoned))
        }
        Some(Abandon::NeverPays) | None => walk(&mut visitor).await,
    };
    let ended = Ended {
        index: visitor.shopper.index,
        cohort: visitor.shopper.cohort,
        product: visitor.product,
        clicked_us: visitor.clicked_us,
        at_us: visitor.shop.clock.now_us(),
        outcome,
        orders: visitor.orders.clone(),
    };
    visitor.tell(Seen::Ended(ended));
    checkout::perhaps_cancel(&mut visitor).await;
}

/// The journey; none is the outcome of who only looked, and saw what there was.
async fn walk(visitor: &mut Visitor) -> Option<Outcome> {
    let word = visitor.draw();
    match Journey::pick(&visitor.shop.scenario.journeys, word) {
        Journey::Checkout => Some(checkout::buy(visitor).await),
        Journey::Browse => browse::look_around(visitor).await.err(),
        Journey::Search => search::find(visitor).await.err(),
        Journey::Cart => Some(cart::fill_and_buy(visitor).await),
        Journey::Refresher => Some(refresher::click_until_sold_out(visitor).await),
        Journey::Returning => Some(returning::look_again_and_buy(visitor).await),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journeys(text: &str) -> Journeys {
        let text = format!(
            "name = \"j\"\ndescription = \"j\"\n[run]\nduration_ms = 1\n[shoppers]\ncount = 1\n[[products]]\nsku = \"TV\"\n\
             stock = 1\n[journeys]\n{text}"
        );
        scenario::Scenario::parse(&text, "j.toml").unwrap().options.journeys
    }

    #[test]
    fn weights_share_the_words_out() {
        let journeys = journeys("checkout = 1\nbrowse = 2\nreturning = 1\n");
        let words = [0, u32::MAX / 4, u32::MAX / 4 + 1, u32::MAX / 4 * 3, u32::MAX];
        let picked = words.map(|word| Journey::pick(&journeys, word));
        assert_eq!(
            picked,
            [Journey::Checkout, Journey::Checkout, Journey::Browse, Journey::Browse, Journey::Returning]
        );
    }

    #[test]
    fn a_scenario_that_says_nothing_has_everybody_check_out() {
        let journeys = journeys("");
        assert!([0, 1 << 31, u32::MAX].iter().all(|word| Journey::pick(&journeys, *word) == Journey::Checkout));
    }
}
