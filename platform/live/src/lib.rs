//! The platform's four ports over real servers.
