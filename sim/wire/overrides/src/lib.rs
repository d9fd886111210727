//! A virtual clock and seeded entropy in place of libc's, on threads that play a seed; the real ones everywhere else.
//!
//! `std::time`, hyper's `Date` header and the keys of std's hash maps ask libc, and no library offers a way to hand them
//! another answer. So this crate defines the two symbols they ask through, `clock_gettime` and `getrandom`; in a binary
//! that links it, the linker takes these before libc's. A thread that has called [`enter`] sees the time it was told by
//! [`set_now_ns`] and bytes drawn from its seed; every other thread is passed through to the kernel, so that wall time can
//! still be shown while seeds are played.
//!
//! # Safety
//! - Both functions have the signatures of the man pages and write only what the caller's pointer owns: one `timespec`, or
//!   `length` bytes. A null `timespec` is passed through, as the kernel is then the one to answer.
//! - What they read is thread-local, has no destructor and is initialised at compile time: no allocation, no lock and no
//!   lazy registration, so they may be called at any time, also while a thread begins or ends, and from a signal handler.
//! - They do not unwind: nothing in them panics, and arithmetic wraps.
//! - Passing through is the raw system call, which is what libc's own functions end in; `errno` is set by `syscall` as it
//!   would be by them.

use std::cell::Cell;
use std::ffi::{c_int, c_uint, c_void};

use libc::{clockid_t, size_t, ssize_t, timespec};

thread_local! {
    static PLAYING: Cell<bool> = const { Cell::new(false) };
    static NOW_NS: Cell<u64> = const { Cell::new(0) };
    static ENTROPY: Cell<u64> = const { Cell::new(0) };
}

/// Monotonic and wall clock alike begin here: any moment later than zero will do, as long as readings never fall below it.
const ORIGIN_S: u64 = 1_795_737_600;

/// As long as it lives, its thread sees virtual time and seeded entropy.
pub struct Playing(());

/// Begins to play a seed on this thread, at time zero.
///
/// # Panics
/// When this thread already plays one.
#[must_use]
pub fn enter(seed: u64) -> Playing {
    assert!(!PLAYING.replace(true), "one seed at a time is played on a thread");
    NOW_NS.set(0);
    ENTROPY.set(seed);
    Playing(())
}

impl Drop for Playing {
    fn drop(&mut self) {
        PLAYING.set(false);
    }
}

/// Moves the virtual clock of this thread to `now_ns` nanoseconds after its zero.
pub fn set_now_ns(now_ns: u64) {
    NOW_NS.set(now_ns);
}

/// What the virtual clock of this thread shows, in nanoseconds.
#[must_use]
pub fn now_ns() -> u64 {
    NOW_NS.get()
}

/// SplitMix64 (Steele, Lea, Flood 2014): equidistributed, and a state of one word.
fn draw() -> u64 {
    let state = ENTROPY.get().wrapping_add(0x9e37_79b9_7f4a_7c15);
    ENTROPY.set(state);
    let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// `clock_gettime(2)`. While a seed is played, every clock shows the same virtual time.
///
/// # Safety
/// `time` is null or points to a `timespec` that may be written, as the man page demands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn clock_gettime(clock: clockid_t, time: *mut timespec) -> c_int {
    if PLAYING.get() && !time.is_null() {
        let now_ns = NOW_NS.get();
        let shown = timespec {
            tv_sec: (ORIGIN_S.wrapping_add(now_ns / 1_000_000_000)) as libc::time_t,
            tv_nsec: (now_ns % 1_000_000_000) as libc::c_long,
        };
        // SAFETY: not null, and the caller vouches for the rest.
        unsafe { time.write(shown) };
        return 0;
    }
    // SAFETY: the arguments of the caller, to the system call of the same name.
    unsafe { libc::syscall(libc::SYS_clock_gettime, clock, time) as c_int }
}

/// `getrandom(2)`. While a seed is played, bytes are drawn from it.
///
/// # Safety
/// `buffer` points to `length` bytes that may be written, as the man page demands.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn getrandom(buffer: *mut c_void, length: size_t, flags: c_uint) -> ssize_t {
    if PLAYING.get() && (!buffer.is_null() || length == 0) {
        for index in 0..length {
            // SAFETY: `index` lies within the caller's `length`.
            unsafe { buffer.cast::<u8>().add(index).write(draw() as u8) };
        }
        return length as ssize_t;
    }
    // SAFETY: the arguments of the caller, to the system call of the same name.
    unsafe { libc::syscall(libc::SYS_getrandom, buffer, length, flags) as ssize_t }
}

#[cfg(test)]
#[allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "what these tests are about is what std's own clock and hash maps do while the symbols are overridden"
)]
mod tests {
    use std::collections::HashMap;
    use std::hash::BuildHasher;
    use std::time::{Duration, Instant, SystemTime};

    use super::*;

    /// On a thread of its own: std draws the keys of its hash maps once per thread.
    fn played<T: Send>(seed: u64, work: impl FnOnce() -> T + Send) -> T {
        let played = || {
            let _playing = enter(seed);
            work()
        };
        std::thread::scope(|scope| scope.spawn(played).join().expect("it does not panic"))
    }

    #[test]
    fn stds_clocks_stand_still_until_they_are_moved() {
        let waited = played(1, || {
            let (instant, time) = (Instant::now(), SystemTime::now());
            std::thread::sleep(Duration::from_millis(2));
            assert_eq!(instant.elapsed(), Duration::ZERO);
            set_now_ns(1_500_000_000);
            assert_eq!(time.elapsed().expect("time goes on"), Duration::from_millis(1_500));
            instant.elapsed()
        });
        assert_eq!(waited, Duration::from_millis(1_500));
    }

    #[test]
    fn the_keys_of_stds_hash_maps_come_from_the_seed() {
        let hash = || HashMap::<u8, u8>::new().hasher().hash_one(7);
        assert_eq!(played(1, hash), played(1, hash));
        assert_ne!(played(1, hash), played(2, hash));
    }

    #[test]
    fn other_threads_keep_the_real_clock_and_real_entropy() {
        let _playing = enter(1);
        std::thread::scope(|scope| {
            let real = scope.spawn(|| {
                let before = Instant::now();
                std::thread::sleep(Duration::from_millis(2));
                assert!(before.elapsed() >= Duration::from_millis(2));
                let today = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
                assert_ne!(today, Duration::from_secs(ORIGIN_S));
            });
            real.join().expect("it does not panic");
        });
    }
}
