//! The trace of a run: a hash over everything that happened, and on request the text of it.
//!
//! Same seed, same commit: the same bytes. The hash covers every event of the history, every hop on the network and
//! every answer of an engine, so that two runs which merely end alike do not pass for equal.

use std::fs::File;
use std::hash::{Hash, Hasher};
use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use xxhash_rust::xxh3::Xxh3Default;

use super::network::NodeIndex;

/// A message on the network.
#[derive(Debug, Clone, Copy, Hash)]
pub struct Hop {
    /// When it was sent, in microseconds of virtual time.
    pub at_us: i64,
    /// From where.
    pub from: NodeIndex,
    /// To where.
    pub to: NodeIndex,
    /// When its work begins there, in microseconds of virtual time.
    pub arrives_us: i64,
}

/// An engine's answer.
#[derive(Debug, Clone, Copy, Hash)]
pub struct EngineAnswer {
    /// When it was given, in microseconds of virtual time.
    pub at_us: i64,
    /// Which engine.
    pub engine: &'static str,
    /// Who asked.
    pub from: NodeIndex,
    /// How large the answer is: rows, or a code's number.
    pub size: u64,
    /// Whether it was an answer and no error.
    pub ok: bool,
}

/// Bytes that are gathered before they are hashed: the hash takes long pieces far faster than single fields.
const GATHERED_BYTES: usize = 4_096;

/// Hashes bytes in the order in which they come, in large pieces.
#[derive(Default)]
struct GatheringHasher {
    gathered: Vec<u8>,
    hasher: Xxh3Default,
}

impl Hasher for GatheringHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.gathered.extend_from_slice(bytes);
        if self.gathered.len() >= GATHERED_BYTES {
            self.hasher.write(&self.gathered);
            self.gathered.clear();
        }
    }

    fn finish(&self) -> u64 {
        let mut hasher = self.hasher.clone();
        hasher.write(&self.gathered);
        hasher.finish()
    }
}

struct State {
    hasher: GatheringHasher,
    events: u64,
    text: Option<BufWriter<File>>,
    broken: Option<io::Error>,
}

/// The trace of one run. Cloning shares it.
#[derive(Clone)]
pub struct Trace {
    state: Arc<Mutex<State>>,
}

impl Trace {
    /// A trace that is only hashed, or written to `text` as well.
    #[must_use]
    pub fn new(text: Option<File>) -> Self {
        let state =
            State { hasher: GatheringHasher::default(), events: 0, text: text.map(BufWriter::new), broken: None };
        Self { state: Arc::new(Mutex::new(state)) }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a hop.
    pub fn hop(&self, hop: Hop) {
        self.record(&hop);
    }

    /// Takes in an engine's answer.
    pub fn answer(&self, answer: EngineAnswer) {
        self.record(&answer);
    }

    /// Takes in anything that happened.
    pub fn record(&self, what: &(impl Hash + std::fmt::Debug)) {
        let state = &mut *self.state();
        state.events += 1;
        what.hash(&mut state.hasher);
        if let Some(text) = &mut state.text
            && let Err(error) = writeln!(text, "{what:?}")
        {
            state.broken = Some(error);
            state.text = None;
        }
    }

    /// The hash so far, as 16 hex digits, and the number of records it covers.
    #[must_use]
    pub fn digest(&self) -> (String, u64) {
        let state = self.state();
        (format!("{:016x}", state.hasher.finish()), state.events)
    }

    /// Finishes the text; an error met anywhere on the way comes out here.
    pub fn close(&self) -> io::Result<()> {
        let state = &mut *self.state();
        if let Some(error) = state.broken.take() {
            return Err(error);
        }
        state.text.take().map_or(Ok(()), |mut text| text.flush())
    }
}
