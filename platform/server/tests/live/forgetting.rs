//! That rounds stay clean when Redis forgets says something only if they could be otherwise: with an inventory role that
//! trusts the counters a Redis came back with, the same rounds must be found broken.

use std::time::Duration;

use crate::draw::{Fault, Round};
use crate::round;
use crate::stack::Stack;

/// `rebuild_sku.lua` with the mistake: a counter and holds that are there are left as they are.
const TRUSTING: &str = "
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return 'superseded'
end
if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('SET', KEYS[2], ARGV[2])
end
return 'rebuilt'
";

/// Plays a round for each way of coming back with old counters; the audit must find each.
pub(crate) async fn is_seen(stack: &mut Stack) -> Result<(), String> {
    for (number, fault) in [Fault::CutPowerOfRedis, Fault::KillSnapshotRedis].into_iter().enumerate() {
        stack.make_ready_for(fault).await?;
        stack.edit("inventory", REBUILD, TRUSTING)?;
        stack.ready().await?;
        let drawn = Round {
            number,
            fault,
            after_confirmed: round::UNITS / 4,
            delay: Duration::ZERO,
            lasts: Duration::from_millis(500),
            answers: 0,
        };
        let found = match round::play(stack, drawn).await {
            Ok(report) => return Err(format!("nothing was found: {report}")),
            Err(found) => found,
        };
        let sku = round::sku(number);
        if !found.contains("holds       VIOLATED") || !found.contains(&sku) {
            return Err(format!("{drawn}: the audit does not say that the counter of {sku} is wrong:\n{found}"));
        }
        println!("{drawn}: found, as it must be");
        // The platform's own script mends it.
        stack.edit_back("inventory", REBUILD)?;
        stack.lose_redis().await?;
        stack.audit()?;
    }
    Ok(())
}

/// The script that sets a product's counter after Redis may have lost writes.
const REBUILD: &str = "lua/rebuild_sku.lua";
