//! Who can be struck: roles of the platform, consumers, and the ends of network paths.
//!
//! How many replicas a role has is left to `platform.rs`.

use crate::options::names;

names! {
    /// A role of the platform; each replica of one is a process.
    pub enum Role {
        /// The edge.
        Gateway = "gateway",
        /// Checkout of flash products.
        FlashSale = "flash-sale",
        /// Checkout of all others, and order queries.
        Orders = "orders",
        /// Stock, and the upkeep of the Redis gate.
        Inventory = "inventory",
        /// The card gateway's webhooks.
        Payments = "payments",
        /// The compensation worker.
        Compensation = "compensation",
        /// The outbox relay.
        OutboxRelay = "outbox-relay",
        /// The notification consumer.
        Notification = "notification",
        /// The analytics consumer.
        Analytics = "analytics",
        /// The warehouse consumer.
        Warehouse = "warehouse",
        /// Pages of the catalog.
        Catalog = "catalog",
    }
}

impl Role {
    /// The roles every scenario has: what drawn faults strike where there is no catalog.
    pub(crate) const OF_THE_SALE: &[Self] = Self::ALL.split_at(Self::ALL.len() - 1).0;
}

names! {
    /// A consumer of order events.
    pub enum Consumer {
        /// Tells shoppers.
        Notification = "notification",
        /// Counts.
        Analytics = "analytics",
        /// Ships.
        Warehouse = "warehouse",
    }
}

names! {
    /// One end of a network path: all replicas of a role, a server, or the crowd.
    pub enum Host {
        /// The shoppers.
        Shoppers = "shoppers",
        /// The edge.
        Gateway = "gateway",
        /// Checkout of flash products.
        FlashSale = "flash-sale",
        /// Checkout of all others.
        Orders = "orders",
        /// Stock, and the upkeep of the Redis gate.
        Inventory = "inventory",
        /// The card gateway's webhooks.
        Payments = "payments",
        /// The compensation worker.
        Compensation = "compensation",
        /// The outbox relay.
        OutboxRelay = "outbox-relay",
        /// The notification consumer.
        Notification = "notification",
        /// The analytics consumer.
        Analytics = "analytics",
        /// The warehouse consumer.
        Warehouse = "warehouse",
        /// The Redis server.
        Redis = "redis",
        /// The Postgres server.
        Postgres = "postgres",
        /// The Kafka brokers.
        Kafka = "kafka",
        /// The card gateway, outside the platform.
        CardGateway = "card-gateway",
        /// Pages of the catalog.
        Catalog = "catalog",
        /// The catalog's database.
        CatalogDatabase = "catalog-database",
    }
}

impl Host {
    /// The role it is the replicas of; `None` for servers and the crowd.
    #[must_use]
    pub fn role(self) -> Option<Role> {
        Role::ALL.iter().copied().find(|role| role.name() == self.name())
    }
}
