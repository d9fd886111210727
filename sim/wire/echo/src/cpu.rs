//! CPU time, which other work on the machine stretches far less than wall time.

use std::io;

/// The clock ticks of `/proc/[pid]/stat` in a second: a constant of Linux's interface since 2.4.
const TICKS_PER_S: f64 = 100.0;

/// What `work` gives, and the CPU seconds that this process spent on it in user mode.
pub(crate) fn of_this_process<T>(work: impl FnOnce() -> T) -> io::Result<(T, f64)> {
    of(13, work)
}

/// The same of children that `work` has waited for.
pub(crate) fn of_children<T>(work: impl FnOnce() -> T) -> io::Result<(T, f64)> {
    of(15, work)
}

fn of<T>(field: usize, work: impl FnOnce() -> T) -> io::Result<(T, f64)> {
    let before = ticks(field)?;
    let done = work();
    Ok((done, (ticks(field)? - before) / TICKS_PER_S))
}

/// A field of `proc_pid_stat(5)`, counted from 0. The second is the name, which may hold anything but ends in the last `)`.
fn ticks(field: usize) -> io::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat")?;
    let rest = stat.rsplit_once(") ").map(|(_, rest)| rest);
    let ticks = rest.and_then(|rest| rest.split(' ').nth(field - 2)?.parse().ok());
    ticks.ok_or_else(|| io::Error::other("/proc/self/stat is not as proc_pid_stat(5) has it"))
}
