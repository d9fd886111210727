//! The four protocol-level ports, the clock and the entropy through which the platform meets a world.
