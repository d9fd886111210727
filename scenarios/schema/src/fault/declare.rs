//! The macro that declares the kinds of faults.
//!
//! One declaration gives the kind, its parameters, their defaults and ranges, its reader, its text, and what drawing
//! it may pick. The kinds themselves are left to `kinds.rs`.

/// Declares the faults: `Variant = "name", lasts range, default, drawn range { key: Type = default, … }`.
macro_rules! faults {
    ($(
        $(#[doc = $about:expr])+
        $variant:ident = $name:literal, lasts $lasts:expr, default $for_ms:expr, drawn $drawn_ms:expr, {
            $(
                $(#[doc = $doc:expr])+
                $key:ident: $type:ty = $default:expr $(, in $range:expr)? $(, drawn $pool:expr)?;
            )*
        }
    )+) => {
        names! {
            /// A kind of fault.
            pub enum FaultKind {
                $( $(#[doc = $about])+ $variant = $name, )+
            }
        }

        /// A fault with its parameters; when it strikes is in [`crate::ScheduledFault`].
        #[derive(Clone, Debug, PartialEq, Serialize)]
        #[serde(tag = "kind", rename_all = "kebab-case")]
        pub enum Fault {
            $(
                $(#[doc = $about])+
                $variant { $( $(#[doc = $doc])+ $key: $type, )* },
            )+
        }

        impl Fault {
            /// Its kind.
            #[must_use]
            pub const fn kind(&self) -> FaultKind {
                match self {
                    $(Self::$variant { .. } => FaultKind::$variant,)+
                }
            }

            /// Its parameters as TOML texts; empty for one left out.
            pub(crate) fn parameters(&self) -> Vec<(&'static str, String)> {
                match self {
                    $(Self::$variant { $($key),* } => vec![$((stringify!($key), $key.toml())),*],)+
                }
            }

            /// Reads the parameters of a kind.
            pub(crate) fn from_section(kind: FaultKind, section: &Section<'_>) -> Result<Self, ScenarioError> {
                match kind {
                    $(FaultKind::$variant => Ok(Self::$variant {
                        $($key: section.read(stringify!($key), Some($default), given!($($range)?))?,)*
                    }),)+
                }
            }

            /// Draws the parameters of a kind; those without a pool keep their default.
            pub(crate) fn drawn(kind: FaultKind, rng: &mut impl Rng) -> Self {
                match kind {
                    $(FaultKind::$variant => Self::$variant {
                        $($key: picked!(rng, $default $(, $pool)?),)*
                    },)+
                }
            }
        }

        impl FaultKind {
            /// How long a fault of this kind may last, ms; `0..=0` for an instant.
            #[must_use]
            pub const fn lasts_ms(self) -> RangeInclusive<u64> {
                match self {
                    $(Self::$variant => $lasts,)+
                }
            }

            /// How long it lasts when the scenario does not say, ms.
            #[must_use]
            pub const fn default_for_ms(self) -> u64 {
                match self {
                    $(Self::$variant => $for_ms,)+
                }
            }

            /// How long a drawn one may last, ms.
            pub(crate) const fn drawn_for_ms(self) -> RangeInclusive<u64> {
                match self {
                    $(Self::$variant => $drawn_ms,)+
                }
            }

            /// What it does, in a sentence.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self {
                    $(Self::$variant => concat!($($about),+),)+
                }
            }

            /// The parameters of this kind.
            #[must_use]
            pub fn parameters(self) -> Vec<KeyDoc> {
                match self {
                    $(Self::$variant => vec![
                        $(KeyDoc {
                            name: stringify!($key),
                            doc: concat!($($doc),+),
                            default: Some({
                                fn text() -> String {
                                    let default: $type = $default;
                                    default.toml()
                                }
                                text
                            }),
                            value: <$type as Knob>::value,
                            range: concat!($(stringify!($range))?),
                            keys: <$type as Knob>::keys,
                            is_list: false,
                        }),*
                    ],)+
                }
            }
        }
    };
}

macro_rules! picked {
    ($rng:expr, $default:expr) => {
        $default
    };
    ($rng:expr, $default:expr, $pool:expr) => {
        $pool.pick($rng)
    };
}

pub(crate) use {faults, picked};
