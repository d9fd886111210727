//! Runs the platform in a seeded, simulated world and judges what it did.
