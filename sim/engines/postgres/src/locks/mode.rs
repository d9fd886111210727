//! Row lock modes and which of them exclude each other (Postgres manual, table 13.3).

/// Weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LockMode {
    /// Taken by foreign-key checks.
    KeyShare,
    /// FOR SHARE.
    Share,
    /// An update that leaves every key column alone.
    NoKeyUpdate,
    /// FOR UPDATE, DELETE, and an update of a key.
    Update,
}

impl LockMode {
    pub(crate) fn conflicts_with(self, other: Self) -> bool {
        match self {
            Self::KeyShare => other == Self::Update,
            Self::Share => matches!(other, Self::NoKeyUpdate | Self::Update),
            Self::NoKeyUpdate => other != Self::KeyShare,
            Self::Update => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::LockMode;

    const ALL: [LockMode; 4] = [LockMode::KeyShare, LockMode::Share, LockMode::NoKeyUpdate, LockMode::Update];

    #[test]
    fn conflicts_are_symmetric() {
        for a in ALL {
            for b in ALL {
                assert_eq!(a.conflicts_with(b), b.conflicts_with(a), "{a:?} and {b:?}");
            }
        }
    }

    #[test]
    fn a_stronger_mode_conflicts_with_whatever_a_weaker_one_does() {
        for (weaker, stronger) in ALL.iter().zip(&ALL[1..]) {
            for other in ALL {
                assert!(!weaker.conflicts_with(other) || stronger.conflicts_with(other));
            }
        }
    }
}
