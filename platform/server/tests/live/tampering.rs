//! That the audit is clean says something only if it can be otherwise: each store is tampered with in turn, the audit must
//! say what is wrong by the right name and exit code, and be clean again once what can be undone has been.

use crate::stack::Stack;

/// Exit code of an audit that found safety broken.
const SAFETY: i32 = 1;

/// A statement that tampers, one that undoes it, and what the audit has to say.
struct Tampering {
    with: &'static str,
    undone_by: &'static str,
    found: &'static [&'static str],
}

const IN_POSTGRES: [Tampering; 4] = [
    Tampering {
        with: "UPDATE inventory SET on_hand = on_hand + 1",
        undone_by: "UPDATE inventory SET on_hand = on_hand - 1",
        found: &["stock       VIOLATED", "the ledger sums to 0, the balance says 1"],
    },
    Tampering {
        with: "UPDATE payment_intents SET amount_cents = amount_cents - 1
               WHERE order_id = (SELECT min(order_id) FROM orders WHERE status = 'delivered')",
        undone_by: "UPDATE payment_intents SET amount_cents = amount_cents + 1
                    WHERE order_id = (SELECT min(order_id) FROM orders WHERE status = 'delivered')",
        found: &["money       VIOLATED", "costs 49900 cents, its payment intent says 49899"],
    },
    Tampering {
        with: "CREATE TABLE taken AS SELECT * FROM outbox WHERE kind = 'order_confirmed' ORDER BY seq LIMIT 1;
               DELETE FROM outbox WHERE seq = (SELECT seq FROM taken)",
        undone_by: "INSERT INTO outbox SELECT * FROM taken; DROP TABLE taken",
        found: &["events      VIOLATED", "was confirmed, but the outbox has no event of it"],
    },
    Tampering {
        with: "CREATE TABLE taken AS SELECT * FROM notifications ORDER BY notification_id LIMIT 1;
               DELETE FROM notifications WHERE notification_id = (SELECT notification_id FROM taken)",
        undone_by: "INSERT INTO notifications SELECT * FROM taken; DROP TABLE taken",
        found: &["events      VIOLATED", "its shopper was never told"],
    },
];

/// Tampers with every store of a stack that has come to rest after a sale of everything.
pub(crate) async fn is_seen(stack: &mut Stack) -> Result<(), String> {
    for tampering in &IN_POSTGRES {
        stack.sql(tampering.with)?;
        let found = finds(stack, &[], tampering.found);
        stack.sql(tampering.undone_by)?;
        found?;
    }
    a_log_that_lost_its_events(stack)?;
    stack.audit()?;
    // From here on there is no way back.
    money_without_an_order(stack).await?;
    counters_that_were_rebuilt_wrongly(stack).await
}

/// The audit exits with "safety broken" and says all these words.
fn finds(stack: &Stack, settings: &[&str], words: &[&str]) -> Result<(), String> {
    let (code, said) = stack.run(&[&["audit", "--settle-s", "0"], settings].concat())?;
    match words.iter().find(|word| !said.contains(**word)) {
        None if code == Some(SAFETY) => Ok(()),
        None => Err(format!("the audit found it and exited with {code:?}:\n{said}")),
        Some(word) => Err(format!("the audit does not say {word:?}, and exits with {code:?}:\n{said}")),
    }
}

/// A card is charged for an order that nobody placed.
async fn money_without_an_order(stack: &Stack) -> Result<(), String> {
    stack.cards().charge(4_900, "ord_of_nobody").await?;
    finds(stack, &[], &["money       VIOLATED", "ord_of_nobody does not exist, but 4900 cents were captured"])
}

/// The same shop over a broker that has none of its records.
fn a_log_that_lost_its_events(stack: &Stack) -> Result<(), String> {
    let empty = testbed::Kafka::start().map_err(|error| error.to_string())?;
    let brokers = format!("kafka.brokers={}", empty.bootstrap());
    stack.platform(&["migrate", "--set", &brokers])?;
    finds(stack, &["--set", &brokers], &["events      VIOLATED"])
}

/// After a crash of Redis, an inventory role that offers again what is sold: its own leak gauge, which reads by the same
/// wrong statement, finds nothing.
async fn counters_that_were_rebuilt_wrongly(stack: &mut Stack) -> Result<(), String> {
    let once_stocked = "SELECT sku, sum(delta)::bigint AS units FROM stock_ledger WHERE kind = 'stocked' GROUP BY sku";
    stack.edit("inventory", "sql/inventory/stock_levels.sql", once_stocked)?;
    stack.lose_redis().await?;
    finds(stack, &[], &["holds       VIOLATED", "units are unaccounted for, the leak gauge says 0"])
}
