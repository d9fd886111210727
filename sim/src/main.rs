//! The `sim` command. Built without `--cfg madsim` it can only say how to build it.

use std::process::ExitCode;

#[cfg(madsim)]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[cfg(madsim)]
fn main() -> ExitCode {
    harness::cli::main(&sim::run::Sim)
}

#[cfg(not(madsim))]
fn main() -> ExitCode {
    eprintln!("sim: this build has no simulated world; run it as `cargo sim …`, which builds with --cfg madsim");
    ExitCode::from(2)
}
