//! The engines held to the real servers.
