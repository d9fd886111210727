//! The seeded open-loop arrival schedule that every world follows.
