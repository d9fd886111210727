//! A sans-IO Redis: data types, expiry, Lua scripts, persistence and failover.
