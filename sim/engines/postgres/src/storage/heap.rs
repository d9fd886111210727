//! A table's rows: a slab of version chains, scanned in slot order.

use super::{Chain, RowId, Version};

/// Slots are reused, lowest freed last, so that the same history gives the same order.
#[derive(Debug, Default)]
pub(crate) struct Heap {
    slots: Vec<Option<Chain>>,
    free: Vec<RowId>,
}

impl Heap {
    pub(crate) fn insert(&mut self, version: Version) -> RowId {
        let chain = Some(Chain::new(version));
        if let Some(id) = self.free.pop() {
            self.slots[id.0 as usize] = chain;
            return id;
        }
        let id = RowId(u32::try_from(self.slots.len()).expect("a table holds fewer than 2^32 rows"));
        self.slots.push(chain);
        id
    }

    pub(crate) fn get(&self, id: RowId) -> Option<&Chain> {
        self.slots.get(id.0 as usize).and_then(Option::as_ref)
    }

    pub(crate) fn get_mut(&mut self, id: RowId) -> Option<&mut Chain> {
        self.slots.get_mut(id.0 as usize).and_then(Option::as_mut)
    }

    pub(crate) fn remove(&mut self, id: RowId) -> Option<Chain> {
        let chain = self.slots.get_mut(id.0 as usize).and_then(Option::take);
        if chain.is_some() {
            self.free.push(id);
        }
        chain
    }

    /// Every chain, in slot order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (RowId, &Chain)> {
        (0_u32..).zip(&self.slots).filter_map(|(slot, chain)| chain.as_ref().map(|chain| (RowId(slot), chain)))
    }

    /// Every chain, to be rewritten by a schema change.
    pub(crate) fn chains_mut(&mut self) -> impl Iterator<Item = &mut Chain> {
        self.slots.iter_mut().flatten()
    }

    /// Rows with at least one version, visible or not.
    pub(crate) fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }
}
