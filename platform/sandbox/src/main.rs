//! The card gateway as a process.

fn main() {}
