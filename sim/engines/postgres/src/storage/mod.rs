//! What a table's rows are kept in: version chains and the indexes over them. Who may see which version is decided
//! here; who may write it is decided by `locks`, and what it means by `exec`.

mod heap;
mod index;
mod key;
mod store;
mod version;

pub(crate) use heap::Heap;
pub(crate) use index::Entries;
pub(crate) use key::{Key, KeyPart};
pub(crate) use store::{TableStore, has_key, index_key};
pub(crate) use version::{Chain, Snapshot, Stamp, Version};

/// Position of a row's chain in its table's heap. Reused once every version is dead to everyone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RowId(pub(crate) u32);

impl RowId {
    /// Stands for "comes from no table".
    pub(crate) const NONE: Self = Self(u32::MAX);
}

/// Number of a transaction, from 1; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Xid(pub(crate) u64);

/// Position of a table in the catalog; never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TableId(pub(crate) u32);

impl TableId {
    pub(crate) fn index(self) -> usize {
        self.0 as usize
    }
}
