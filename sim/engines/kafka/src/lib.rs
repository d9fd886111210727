//! A sans-IO Kafka: partitions, replication, idempotent producers and consumer groups.
