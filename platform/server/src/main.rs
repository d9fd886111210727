//! The platform as a process.

fn main() {}
