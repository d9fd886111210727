//! The settings in the platform's own terms.

use std::path::Path;

use http_server::Limits;
use platform::config::{
    AccountsConfig, CartConfig, CatalogConfig, CommitConfig, CommitStrategy, CompensationConfig, Config,
    FulfilmentConfig, GateConfig, GatewayConfig, HashOn, LaneConfig, PaymentConfig, SearchConfig, ShopConfig,
};
use platform::texts::Texts;

use super::{Settings, SettingsError};

impl Settings {
    /// The platform's statements and scripts, with the replacements that the settings name.
    ///
    /// # Errors
    /// A folder that cannot be read, or that holds a file which replaces none.
    pub fn texts(&self) -> Result<Texts, SettingsError> {
        const KEY: &str = "texts.folder";
        let folder = self.text(KEY);
        if folder.is_empty() {
            return Ok(Texts::embedded());
        }
        Texts::with_replacements(Path::new(folder)).map_err(|error| self.refuse(KEY, error.to_string()))
    }

    /// What a client may cost.
    #[must_use]
    pub fn http_limits(&self) -> Limits {
        Limits {
            head_timeout: self.duration("http.head_timeout_ms"),
            body_timeout: self.duration("http.body_timeout_ms"),
            stall_timeout: self.duration("http.stall_timeout_ms"),
            head_max_bytes: self.size("http.max_head_bytes"),
            connections_max: self.count("http.max_connections"),
        }
    }

    /// The platform's configuration.
    #[must_use]
    pub fn platform_config(&self) -> Config {
        Config {
            gateway: self.gateway(),
            flash_lane: self.lane("flash_lane"),
            ordinary_lane: self.lane("ordinary_lane"),
            gate: self.gate(),
            commit: self.commit(),
            payment: PaymentConfig {
                timeout: self.duration("payment.timeout_ms"),
                attempts: self.count("payment.attempts"),
                backoff: self.duration("payment.backoff_ms"),
                search_lag: self.duration("card_gateway.search_lag_ms"),
                api_key: self.text("card_gateway.api_key").to_owned(),
                webhook_secret: self.text("card_gateway.webhook_secret").to_owned(),
            },
            compensation: CompensationConfig {
                poll: self.duration("compensation.poll_ms"),
                batch: self.number("compensation.batch"),
                lease: self.duration("compensation.lease_ms"),
                commit_attempts: self.number("compensation.commit_attempts"),
                backoff: self.duration("compensation.backoff_ms"),
            },
            fulfilment: self.fulfilment(),
            shop: self.shop(),
        }
    }

    fn shop(&self) -> ShopConfig {
        ShopConfig {
            secret: self.text("shop.secret").to_owned(),
            catalog: CatalogConfig {
                fresh: self.duration("catalog.fresh_ms"),
                while_loading: self.duration("catalog.while_loading_ms"),
                life: self.duration("catalog.life_ms"),
                page_size: self.number("catalog.page_size"),
                ..CatalogConfig::default()
            },
            search: SearchConfig {
                limit: self.duration("search.limit_ms"),
                retry: self.duration("search.retry_ms"),
                max_in_flight: self.size("search.max_in_flight"),
                page_size: self.number("search.page_size"),
                ..SearchConfig::default()
            },
            accounts: AccountsConfig {
                hash_memory_kib: self.count("accounts.hash_memory_kib"),
                hash_passes: self.count("accounts.hash_passes"),
                hash_on: HashOn::Threads,
                session_life: self.duration("accounts.session_life_ms"),
            },
            cart: CartConfig { life: self.duration("cart.life_ms"), max_lines: self.number("cart.max_lines") },
        }
    }

    fn gateway(&self) -> GatewayConfig {
        GatewayConfig {
            replicas: self.count("gateway.replicas"),
            per_sku_rate_per_s: self.count("gateway.per_sku_rate_per_s"),
            per_sku_burst: self.count("gateway.per_sku_burst"),
            lane_timeout: self.duration("gateway.lane_timeout_ms"),
            products_refresh: self.duration("gateway.products_refresh_ms"),
            max_body_bytes: self.size("gateway.max_body_bytes"),
            max_quantity: self.number("gateway.max_quantity"),
            trusts_shopper_header: self.text("gateway.shopper_header") == "trusted",
        }
    }

    fn lane(&self, lane: &str) -> LaneConfig {
        let key = |name: &str| format!("{lane}.{name}");
        LaneConfig {
            max_in_flight: self.size(&key("max_in_flight")),
            max_sagas: self.size(&key("max_sagas")),
            degraded_rate_per_s: self.count(&key("degraded_rate_per_s")),
            sold_out_cache: self.duration(&key("sold_out_cache_ms")),
            saga_lease: self.duration(&key("saga_lease_ms")),
            products_refresh: self.duration(&key("products_refresh_ms")),
        }
    }

    fn gate(&self) -> GateConfig {
        GateConfig {
            hold_ttl: self.duration("gate.hold_ttl_ms"),
            tombstone_ttl: self.duration("gate.tombstone_ttl_ms"),
            command_timeout: self.duration("gate.command_timeout_ms"),
            open_lease: self.duration("gate.open_lease_ms"),
            reconnect_delay: self.duration("gate.reconnect_delay_ms"),
            upkeep_interval: self.duration("gate.upkeep_interval_ms"),
            leak_patience: self.duration("gate.leak_patience_ms"),
        }
    }

    fn commit(&self) -> CommitConfig {
        let word = self.text("commit.strategy");
        let strategy = CommitStrategy::ALL.into_iter().find(|strategy| strategy.name() == word);
        CommitConfig {
            strategy: strategy.expect("the word was checked"),
            buckets: self.number("commit.buckets"),
            group_max: self.size("commit.group_max"),
            group_delay: self.duration("commit.group_delay_ms"),
            attempts: self.count("commit.attempts"),
            backoff: self.duration("commit.backoff_ms"),
        }
    }

    fn fulfilment(&self) -> FulfilmentConfig {
        FulfilmentConfig {
            relay_poll: self.duration("fulfilment.relay_poll_ms"),
            relay_batch: self.number("fulfilment.relay_batch"),
            consumer_batch: self.size("fulfilment.consumer_batch"),
            retry_delay: self.duration("fulfilment.retry_delay_ms"),
            warehouse_poll: self.duration("fulfilment.warehouse_poll_ms"),
            picking_time: self.duration("fulfilment.picking_ms"),
            transit_time: self.duration("fulfilment.transit_ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_default_to_what_the_platform_defaults_to() {
        let settings = Settings::read(None, [], &[]).unwrap();
        let mut expected = Config::default();
        // A deployment's card gateway may find payments later than they are made; the engines' finds them at once.
        expected.payment.search_lag = std::time::Duration::from_secs(120);
        // Passwords of a simulation cost as little as can be; those of a deployment what OWASP's password sheet asks for.
        expected.shop.accounts.hash_memory_kib = 19_456;
        expected.shop.accounts.hash_passes = 2;
        expected.shop.accounts.hash_on = HashOn::Threads;
        assert_eq!(settings.platform_config(), expected);
        assert_eq!(settings.http_limits(), Limits::default());
    }
}
