//! The four types of value that a key can hold. Commands change them only through the keyspace, which keeps the
//! journal; the types themselves know nothing of keys, expiry or persistence.

mod hash;
mod set;
mod sorted_set;

use bytes::Bytes;

pub(crate) use hash::Hash;
pub(crate) use set::Set;
pub(crate) use sorted_set::SortedSet;

/// What a key holds.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    String(Bytes),
    Hash(Hash),
    Set(Set),
    SortedSet(SortedSet),
}

impl Value {
    /// The name that `TYPE` answers.
    pub(crate) fn type_name(&self) -> &'static str {
        match self {
            Self::String(_) => "string",
            Self::Hash(_) => "hash",
            Self::Set(_) => "set",
            Self::SortedSet(_) => "zset",
        }
    }

    /// Whether a collection has lost its last element, so that its key must go. A string is never empty in this sense.
    pub(crate) fn is_empty_collection(&self) -> bool {
        match self {
            Self::String(_) => false,
            Self::Hash(hash) => hash.len() == 0,
            Self::Set(set) => set.len() == 0,
            Self::SortedSet(sorted) => sorted.len() == 0,
        }
    }
}

/// A type of value that can sit behind a key: how to find it inside [`Value`], and how to start an empty one.
pub(crate) trait Stored: Sized {
    fn of(value: &Value) -> Option<&Self>;
    fn of_mut(value: &mut Value) -> Option<&mut Self>;
    fn empty() -> Value;
}

macro_rules! stored {
    ($type:ty, $variant:ident) => {
        impl Stored for $type {
            fn of(value: &Value) -> Option<&Self> {
                if let Value::$variant(inner) = value { Some(inner) } else { None }
            }
            fn of_mut(value: &mut Value) -> Option<&mut Self> {
                if let Value::$variant(inner) = value { Some(inner) } else { None }
            }
            fn empty() -> Value {
                Value::$variant(<$type>::default())
            }
        }
    };
}

stored!(Bytes, String);
stored!(Hash, Hash);
stored!(Set, Set);
stored!(SortedSet, SortedSet);
