//! The engines in the process, behind the platform's four ports.
