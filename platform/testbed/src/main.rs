//! Runs a command beside real servers.

fn main() {}
