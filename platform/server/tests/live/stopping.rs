//! SIGTERM instead of SIGKILL: each role ends by itself, well and within its limit, gives up what it held, and leaves nothing
//! to be repaired.

use std::sync::Arc;
use std::time::Duration;

use crate::draw::ROLES;
use crate::round;
use crate::shoppers::{Crowd, Progress};
use crate::stack::Stack;

/// Roles that are members of a consumer group of the same name.
const MEMBERS: [&str; 3] = ["notification", "analytics", "warehouse"];
/// How long the broker's log may take to tell that a member has left, once the member's process has ended. A member that
/// only vanished is given up by the broker as well, and that is told in other words.
const TOLD_WITHIN: Duration = Duration::from_secs(60);

/// Plays a sale in which each role in turn is stopped and started again.
pub(crate) async fn each_role_in_turn(stack: &mut Stack, sku: &str) -> Result<(), String> {
    let progress = Arc::new(Progress::default());
    let crowd = Crowd { gateways: stack.gateways(), sku: sku.to_owned(), shoppers: 2_000, workers: 8 };
    let sale = tokio::spawn({
        let progress = Arc::clone(&progress);
        async move { crowd.buy(progress).await }
    });
    round::reach(&progress, 1).await?;
    for role in ROLES {
        stop(stack, role).await?;
    }
    let tally = sale.await.map_err(|error| format!("the crowd: {error}"))?;
    println!("{} bought; {}", tally.confirmed.len(), progress.met());
    stack.quiet(round::QUIET_WITHIN).await?;
    round::check(stack, sku, &tally)?;
    stack.audit().map(drop)
}

async fn stop(stack: &mut Stack, role: &'static str) -> Result<(), String> {
    let left_before = departures(stack, role);
    let code = stack.stop(role)?;
    let log = stack.log(role);
    if code != Some(0) {
        return Err(format!("{role} ended with {code:?} when it was told to stop"));
    }
    if log.contains("were still under way") {
        return Err(format!("{role} did not end what it had begun:\n{log}"));
    }
    if MEMBERS.contains(&role) {
        let told = async {
            while departures(stack, role) == left_before {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let waited = tokio::time::timeout(TOLD_WITHIN, told).await;
        waited.map_err(|_| format!("{role} ended without leaving its group"))?;
    }
    stack.restart(role)
}

/// How often a member of this group has left it by its own word, as the broker tells.
fn departures(stack: &Stack, group: &str) -> usize {
    let left = |line: &&str| line.contains("LeaveGroup") && line.contains("has left group");
    stack.log("kafka").lines().filter(left).filter(|line| line.contains(&format!("group {group} "))).count()
}
