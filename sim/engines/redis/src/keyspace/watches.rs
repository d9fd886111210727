//! `WATCH`: which connections want to know of which keys, and which of them have been told.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use super::Contents;
use crate::client::ClientId;

/// A connection's interest in a key.
#[derive(Clone, Copy, Debug)]
struct Watch {
    client: ClientId,
    /// The key was already past its deadline when the watch began: collecting it is then no change.
    was_past: bool,
}

/// All watches.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    by_key: BTreeMap<Bytes, Vec<Watch>>,
    told: BTreeSet<ClientId>,
}

impl Watches {
    /// Starts a watch; a second one on the same key changes nothing.
    pub(crate) fn add(&mut self, client: ClientId, key: &[u8], was_past: bool) -> bool {
        let watches = self.by_key.entry(Bytes::copy_from_slice(key)).or_default();
        let is_new = watches.iter().all(|watch| watch.client != client);
        if is_new {
            watches.push(Watch { client, was_past });
        }
        is_new
    }

    /// Ends all watches of a connection on `keys`.
    pub(crate) fn remove(&mut self, client: ClientId, keys: &[Bytes]) {
        for key in keys {
            if let Some(watches) = self.by_key.get_mut(key) {
                watches.retain(|watch| watch.client != client);
                if watches.is_empty() {
                    self.by_key.remove(key);
                }
            }
        }
        self.told.remove(&client);
    }

    /// Whether a key watched by this connection has changed.
    pub(crate) fn is_told(&self, client: ClientId) -> bool {
        self.told.contains(&client)
    }

    /// Whether the key was past its deadline already when this connection began to watch it.
    pub(crate) fn was_past(&self, client: ClientId, key: &[u8]) -> bool {
        let watches = self.by_key.get(key).map(Vec::as_slice).unwrap_or_default();
        watches.iter().any(|watch| watch.client == client && watch.was_past)
    }

    /// A key has changed.
    pub(crate) fn touch(&mut self, key: &[u8], contents: &Contents) {
        if self.by_key.is_empty() {
            return;
        }
        let Some(watches) = self.by_key.get_mut(key) else {
            return;
        };
        for watch in watches {
            if watch.was_past && contents.find(key).is_none() {
                watch.was_past = false;
            } else {
                self.told.insert(watch.client);
            }
        }
    }

    /// Every key is about to go: tells those who watch one that is there.
    pub(crate) fn touch_all(&mut self, contents: &Contents) {
        for (key, watches) in &self.by_key {
            if contents.find(key).is_some() {
                self.told.extend(watches.iter().filter(|watch| !watch.was_past).map(|watch| watch.client));
            }
        }
    }
}
