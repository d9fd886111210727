//! A sans-IO Postgres: MVCC, row locks, constraints and the SQL subset the platform uses.
