//! How long the engine's own work takes: a plain read, a plain write, and a reservation script.

use criterion::{Criterion, criterion_group, criterion_main};

fn commands(_criterion: &mut Criterion) {}

criterion_group!(benches, commands);
criterion_main!(benches);
