//! The platform as processes.
