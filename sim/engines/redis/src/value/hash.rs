//! A hash that lists its fields in the order they came, as a small hash (a listpack) does in Redis. Redis leaves
//! the order of large hashes open; here they keep it too.

use bytes::Bytes;
use rustc_hash::FxBuildHasher;

/// Up to this many fields a scan is quicker than an index.
const UNINDEXED_FIELDS: usize = 12;

#[expect(clippy::disallowed_types, reason = "looked up by field only, never iterated")]
type Index = std::collections::HashMap<Bytes, usize, FxBuildHasher>;

/// Fields and their values in order of arrival.
#[derive(Clone, Debug, Default)]
pub(crate) struct Hash {
    /// `None` marks a field deleted from a hash that has an index; a small hash has no such gaps.
    slots: Vec<Option<(Bytes, Bytes)>>,
    index: Option<Index>,
    live: usize,
}

impl Hash {
    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn get(&self, field: &[u8]) -> Option<&Bytes> {
        let at = self.position(field)?;
        self.slots[at].as_ref().map(|(_, value)| value)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Bytes, &Bytes)> {
        self.slots.iter().flatten().map(|(field, value)| (field, value))
    }

    /// Sets a field and gives the value that was there.
    pub(crate) fn insert(&mut self, field: &[u8], value: Bytes) -> Option<Bytes> {
        if let Some(at) = self.position(field) {
            let (_, old) = self.slots[at].as_mut().expect("an indexed slot is filled");
            return Some(std::mem::replace(old, value));
        }
        self.push(Bytes::copy_from_slice(field), value);
        None
    }

    /// Takes a field out; its position lets [`Hash::restore`] put it back where it was.
    pub(crate) fn remove(&mut self, field: &[u8]) -> Option<(usize, Bytes)> {
        let at = self.position(field)?;
        self.live -= 1;
        if let Some(index) = &mut self.index {
            index.remove(field);
            let (_, value) = self.slots[at].take().expect("an indexed slot is filled");
            if self.slots.len() > 2 * self.live + UNINDEXED_FIELDS {
                self.compact();
            }
            Some((at, value))
        } else {
            let (_, value) = self.slots.remove(at).expect("a small hash has no gaps");
            Some((at, value))
        }
    }

    /// Undoes a removal. The place is exact in a small hash; in a large one the field may go to the end.
    pub(crate) fn restore(&mut self, at: usize, field: Bytes, value: Bytes) {
        match &mut self.index {
            None if at <= self.slots.len() => {
                self.slots.insert(at, Some((field, value)));
                self.live += 1;
            }
            Some(index) if self.slots.get(at).is_some_and(Option::is_none) => {
                index.insert(field.clone(), at);
                self.slots[at] = Some((field, value));
                self.live += 1;
            }
            None | Some(_) => self.push(field, value),
        }
    }

    fn position(&self, field: &[u8]) -> Option<usize> {
        match &self.index {
            Some(index) => index.get(field).copied(),
            None => self.slots.iter().position(|slot| slot.as_ref().is_some_and(|(name, _)| name == field)),
        }
    }

    fn push(&mut self, field: Bytes, value: Bytes) {
        if let Some(index) = &mut self.index {
            index.insert(field.clone(), self.slots.len());
        }
        self.slots.push(Some((field, value)));
        self.live += 1;
        if self.index.is_none() && self.live > UNINDEXED_FIELDS {
            self.compact();
        }
    }

    /// Closes the gaps and builds the index anew.
    fn compact(&mut self) {
        self.slots.retain(Option::is_some);
        let numbered = self.slots.iter().flatten().enumerate();
        self.index = Some(numbered.map(|(at, (field, _))| (field.clone(), at)).collect());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(n: usize) -> Hash {
        let mut hash = Hash::default();
        for i in 0..n {
            hash.insert(format!("f{i}").as_bytes(), Bytes::from(i.to_string()));
        }
        hash
    }

    fn fields(hash: &Hash) -> Vec<Bytes> {
        hash.iter().map(|(field, _)| field.clone()).collect()
    }

    #[test]
    fn fields_keep_their_order_of_arrival_whatever_the_size() {
        for n in [3, UNINDEXED_FIELDS, UNINDEXED_FIELDS + 1, 200] {
            let hash = numbered(n);
            let expected: Vec<Bytes> = (0..n).map(|i| Bytes::from(format!("f{i}"))).collect();
            assert_eq!(fields(&hash), expected);
        }
    }

    #[test]
    fn a_removed_field_goes_back_to_its_place() {
        for n in [3, 40] {
            let mut hash = numbered(n);
            let before = fields(&hash);
            let (at, value) = hash.remove(b"f1").unwrap();
            assert_eq!(hash.get(b"f1"), None);
            hash.restore(at, Bytes::from_static(b"f1"), value);
            assert_eq!(fields(&hash), before);
            assert_eq!(hash.get(b"f1").unwrap(), "1");
        }
    }

    #[test]
    fn deleting_many_fields_leaves_the_rest_findable() {
        let mut hash = numbered(300);
        for i in 0..290 {
            assert!(hash.remove(format!("f{i}").as_bytes()).is_some());
        }
        assert_eq!(hash.len(), 10);
        assert!(hash.slots.len() < 60, "gaps are closed");
        for i in 290..300 {
            assert_eq!(hash.get(format!("f{i}").as_bytes()).unwrap(), &i.to_string());
        }
    }
}
