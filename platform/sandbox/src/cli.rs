//! Flags, environment variables and examples.

use std::net::SocketAddr;

use clap::Parser;

use crate::switches::Switches;

const EXAMPLES: &str = "\
Examples:
  A gateway on the port that the platform expects:
    payment-sandbox --api-key sk_test_1 --webhook-secret whsec_1 \\
        --webhook-url http://127.0.0.1:8080/webhooks/payments

  Pay by hand:
    curl 127.0.0.1:12111/v1/payment_intents -H 'Authorization: Bearer sk_test_1' -H 'Idempotency-Key: order-1' \\
        -d amount=4999 -d currency=usd -d payment_method=pm_card_visa -d capture_method=manual -d confirm=true

  One card in a hundred declined, one answer in a thousand lost:
    payment-sandbox --decline-ppm 10000 --answer-lost-ppm 1000

  The same while it runs, and the next capture taken and never answered:
    curl -X PUT  127.0.0.1:12111/admin/switches -d '{\"decline_ppm\": 10000}'
    curl -X POST 127.0.0.1:12111/admin/faults -d '{\"fault\": \"lose-answer\", \"operation\": \"capture\"}'

All payments end with the process.";

/// A card gateway for development and tests: the part of Stripe's API that a shop needs, with faults.
#[derive(Debug, Parser)]
#[command(version, about, after_help = EXAMPLES)]
pub struct Flags {
    /// Where to listen
    #[arg(long, env = "PAYMENT_SANDBOX_LISTEN", default_value = "127.0.0.1:12111", value_name = "ADDRESS")]
    pub listen: SocketAddr,
    /// The key callers must show; without one everybody may call
    #[arg(long, env = "PAYMENT_SANDBOX_API_KEY", hide_env_values = true, value_name = "KEY")]
    pub api_key: Option<String>,
    /// The token that /admin asks for; without one everybody who can call may switch faults
    #[arg(long, env = "PAYMENT_SANDBOX_ADMIN_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub admin_token: Option<String>,
    /// Where events are delivered; without an address there are none
    #[arg(long, env = "PAYMENT_SANDBOX_WEBHOOK_URL", requires = "webhook_secret", value_name = "URL")]
    pub webhook_url: Option<String>,
    /// What events are signed with
    #[arg(long, env = "PAYMENT_SANDBOX_WEBHOOK_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub webhook_secret: Option<String>,
    /// How old a payment must be for the search to find it, as Stripe's search trails behind
    #[arg(long, env = "PAYMENT_SANDBOX_SEARCH_LAG_MS", default_value_t = 0, value_name = "MS")]
    pub search_lag_ms: u32,
    /// Faults by rate are drawn from it
    #[arg(long, env = "PAYMENT_SANDBOX_SEED", default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Faults at the start.
    #[command(flatten)]
    pub switches: Switches,
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_flags_do_not_contradict_each_other() {
        Flags::command().debug_assert();
    }

    #[test]
    fn webhooks_want_a_secret_and_rates_a_bound() {
        let read = |words: &[&str]| Flags::try_parse_from([&["payment-sandbox"], words].concat());
        assert!(read(&["--webhook-url", "http://127.0.0.1:1/w"]).is_err());
        assert!(read(&["--decline-ppm", "1000001"]).is_err());
        assert!(read(&["--decline-ppm", "1000000", "--webhook-url", "http://h/w", "--webhook-secret", "s"]).is_ok());
    }
}
