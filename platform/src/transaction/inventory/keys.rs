//! The names under which the gate lies in Redis.
//!
//! The SKU stands in braces, so that in a cluster all keys of a SKU would share a slot (the epoch would then be kept per
//! slot; here there is one server).

/// The epoch the counters belong to; absent while the gate is shut.
pub const GATE_EPOCH: &str = "gate:epoch";
/// The epoch of a rebuild under way.
pub const GATE_REBUILDING: &str = "gate:rebuilding";

/// The keys of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkuKeys {
    /// `stock:{sku}`: the counter, units that can still be reserved.
    pub stock: Box<str>,
    /// `holds:{sku}`: the live holds, a sorted set from reservation id to expiry in milliseconds.
    pub holds: Box<str>,
    hold_prefix: Box<str>,
}

impl SkuKeys {
    /// The keys of `sku`.
    #[must_use]
    pub fn of(sku: &str) -> Self {
        Self {
            stock: format!("stock:{{{sku}}}").into(),
            holds: format!("holds:{{{sku}}}").into(),
            hold_prefix: format!("hold:{{{sku}}}:").into(),
        }
    }

    /// `hold:{sku}:<reservation id>`: one hold, or the tombstone of one; a hash of `state` (held, confirmed, released,
    /// restocked), `quantity`, `fingerprint` and `expires` (milliseconds).
    #[must_use]
    pub fn hold(&self, reservation_id: &str) -> String {
        let mut key = String::with_capacity(self.hold_prefix.len() + reservation_id.len());
        key.push_str(&self.hold_prefix);
        key.push_str(reservation_id);
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_keys_of_a_sku_share_its_hash_tag() {
        let keys = SkuKeys::of("lamp");
        assert_eq!(&*keys.stock, "stock:{lamp}");
        assert_eq!(&*keys.holds, "holds:{lamp}");
        assert_eq!(keys.hold("ord_1"), "hold:{lamp}:ord_1");
    }

    #[test]
    fn the_scripts_derive_a_holds_key_from_the_set_of_holds() {
        let keys = SkuKeys::of("lamp");
        assert_eq!(format!("hold:{}:ord_1", &keys.holds[6..]), keys.hold("ord_1"));
    }
}
