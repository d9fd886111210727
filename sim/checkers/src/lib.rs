//! The invariants of a sale, one checker a file, judged from histories and stores.
