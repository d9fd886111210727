//! One sale with one fault in the middle of it, and everything that must hold afterwards.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::draw::Round;
use crate::shoppers::{Crowd, Progress, Tally};
use crate::stack::Stack;

/// Units on sale in one round.
pub(crate) const UNITS: u64 = 120;
/// Shoppers of one round: most of them too late.
const SHOPPERS: usize = 600;
/// Shoppers served in parallel.
const WORKERS: usize = 24;
/// How long the platform may take to settle everything once the fault has been healed: seconds on a quiet machine.
pub(crate) const QUIET_WITHIN: Duration = Duration::from_secs(180);
/// How long the sale may take to reach the moment of the fault.
const MOMENT_WITHIN: Duration = Duration::from_secs(180);

/// What a round came to, as one line of the test's output.
#[derive(Debug)]
pub(crate) struct Report {
    round: Round,
    confirmed: usize,
    met: String,
    probe: String,
}

impl fmt::Display for Report {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} orders; {}; {}", self.round, self.confirmed, self.probe, self.met)
    }
}

/// Plays the round on the running stack. The error says which promise was broken.
pub(crate) async fn play(stack: &mut Stack, round: Round) -> Result<Report, String> {
    let sku = sku(round.number);
    stack.make_ready_for(round.fault).await?;
    let progress = Arc::new(Progress::default());
    let crowd = Crowd { gateways: stack.gateways(), sku: sku.clone(), shoppers: SHOPPERS, workers: WORKERS };
    let sale = tokio::spawn({
        let progress = Arc::clone(&progress);
        async move { crowd.buy(progress).await }
    });
    reach(&progress, round.after_confirmed).await?;
    tokio::time::sleep(round.delay).await;
    let told = progress.told();
    if told >= SHOPPERS as u64 {
        return Err("the sale was over before the fault struck".to_owned());
    }
    stack.strike(&round).await?;
    tokio::time::sleep(round.lasts).await;
    stack.heal(round.fault)?;
    let tally = sale.await.map_err(|error| format!("the crowd: {error}"))?;
    let probe = stack.probe(&round).await?;
    stack.quiet(QUIET_WITHIN).await?;
    check(stack, &sku, &tally)?;
    stack.audit()?;
    let probe = format!("{probe} when {told} of {SHOPPERS} had been served");
    Ok(Report { round, confirmed: tally.confirmed.len(), met: progress.met(), probe })
}

/// The product on sale in a round: one each, so that what an earlier round left cannot hide what this one did.
pub(crate) fn sku(round: usize) -> String {
    format!("round-{round:03}")
}

/// Waits until so many shoppers were told that they have bought.
pub(crate) async fn reach(progress: &Progress, confirmed: u64) -> Result<(), String> {
    let look = async {
        while progress.confirmed() < confirmed {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(MOMENT_WITHIN, look)
        .await
        .map_err(|_| format!("only {} of {confirmed} purchases before the fault", progress.confirmed()))
}

/// What the crowd was told, against the rows: the one thing that an audit of the stores alone cannot know.
pub(crate) fn check(stack: &Stack, sku: &str, tally: &Tally) -> Result<(), String> {
    if !tally.unexpected.is_empty() {
        return Err(format!("answers that the API does not promise: {:?}", tally.unexpected));
    }
    if tally.nothing > 0 {
        return Err(format!("{} shoppers were never told anything final", tally.nothing));
    }
    let stood = stack.bought(sku)?;
    for (order, shopper) in &tally.confirmed {
        if stood.get(order) != Some(shopper) {
            return Err(format!("{shopper} was told that {order} is bought; the table has {:?}", stood.get(order)));
        }
    }
    if stood.len() as u64 > stack.units(sku)? {
        return Err(format!("{} orders stand for {} units of {sku}", stood.len(), stack.units(sku)?));
    }
    Ok(())
}
