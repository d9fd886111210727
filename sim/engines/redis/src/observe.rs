//! Reading the state from outside: for checkers and gauges. Nothing here has an effect: expired keys are left alone
//! (and not shown), no watch is touched, no time passes. Expiry is judged by the time of the last call.

use bytes::Bytes;

use crate::engine::Redis;
use crate::value::{Hash, SortedSet, Stored};

impl Redis {
    /// The string under a key; `None` if there is no such key or it holds another type.
    pub fn get_string(&self, key: &[u8]) -> Option<&Bytes> {
        self.observe::<Bytes>(key)
    }

    /// The string under a key, read as a whole number.
    pub fn get_integer(&self, key: &[u8]) -> Option<i64> {
        crate::number::parse_integer(self.get_string(key)?)
    }

    /// The fields and values of a hash in their order; empty if there is none.
    pub fn hash(&self, key: &[u8]) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.observe::<Hash>(key).into_iter().flat_map(Hash::iter)
    }

    /// One field of a hash.
    pub fn hash_field(&self, key: &[u8], field: &[u8]) -> Option<&Bytes> {
        self.observe::<Hash>(key)?.get(field)
    }

    /// The members and scores of a sorted set, lowest score first; empty if there is none.
    pub fn sorted_set(&self, key: &[u8]) -> impl Iterator<Item = (&Bytes, f64)> {
        self.observe::<SortedSet>(key).into_iter().flat_map(SortedSet::iter)
    }

    /// The live keys that begin with `prefix`, in order of their bytes. Looks at every key there is.
    pub fn keys_with_prefix(&self, prefix: &[u8]) -> Vec<&Bytes> {
        let keyspace = &self.server().keyspace;
        let all = keyspace.contents.iter_from(0);
        let mut keys: Vec<&Bytes> = all
            .filter(|(_, key, entry)| key.starts_with(prefix) && !keyspace.is_past(entry.expire_at))
            .map(|(_, key, _)| key)
            .collect();
        keys.sort_unstable();
        keys
    }

    /// When a key will be gone, Unix milliseconds; `None` if there is no such key or it stays.
    pub fn expires_at_ms(&self, key: &[u8]) -> Option<i64> {
        self.server().keyspace.peek(key)?.expire_at
    }

    /// The identity of the running server, as `INFO server` shows it: forty hexadecimal digits, new at every start.
    pub fn run_id(&self) -> &str {
        &self.server().identity.run_id
    }

    fn observe<T: Stored>(&self, key: &[u8]) -> Option<&T> {
        T::of(&self.server().keyspace.peek(key)?.value)
    }
}
