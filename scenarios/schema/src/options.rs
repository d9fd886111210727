//! The macros that declare sections, closed sets of names, and tables with a kind.
//!
//! One declaration gives the struct, its documentation row, its default, its range and its reader, so that none of
//! them can disagree.

/// Declares an options struct: `key: Type = default, in range;` (no default: the key must be given).
macro_rules! options {
    (
        $(#[doc = $about:expr])*
        pub struct $name:ident {
            $(
                $(#[doc = $doc:expr])+
                $key:ident: $type:ty $(= $default:expr)? $(, in $range:expr)?;
            )+
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize)]
        pub struct $name {
            $( $(#[doc = $doc])+ pub $key: $type, )+
        }

        impl $name {
            pub(crate) const KEYS: &[$crate::knob::KeyDoc] = &[
                $($crate::knob::KeyDoc {
                    name: stringify!($key),
                    doc: concat!($($doc),+),
                    default: $crate::options::given!($({
                        fn text() -> String {
                            let default: $type = $default;
                            $crate::knob::Knob::toml(&default)
                        }
                        text
                    })?),
                    value: <$type as $crate::knob::Knob>::value,
                    range: concat!($(stringify!($range))?),
                    keys: <$type as $crate::knob::Knob>::keys,
                    is_list: <$type as $crate::knob::Knob>::IS_LIST,
                }),+
            ];

            pub(crate) fn from_section(
                section: &$crate::section::Section<'_>,
            ) -> Result<Self, $crate::error::ScenarioError> {
                Ok(Self {
                    $($key: section.read(
                        stringify!($key),
                        $crate::options::given!($($default)?),
                        $crate::options::given!($($range)?),
                    )?,)+
                })
            }

            /// What an empty table stands for.
            #[allow(dead_code, reason = "only sections whose keys all have defaults are ever left out")]
            pub(crate) fn of_defaults() -> Self {
                let source = $crate::section::Source { file: "", text: "" };
                let table = toml::de::DeTable::new();
                let name = $crate::section::Name::default();
                $crate::section::Section::open(&source, &name, &table, 0, Self::KEYS)
                    .and_then(|section| Self::from_section(&section))
                    .expect("a section that may be left out has a default for every key")
            }
        }

        impl $crate::knob::Knob for $name {
            type Scalar = ();

            fn read(
                place: &$crate::section::Place<'_>,
                value: &toml::de::DeValue<'_>,
                _: Option<&std::ops::RangeInclusive<()>>,
            ) -> Result<Self, $crate::error::ScenarioError> {
                let Some(table) = value.as_table() else {
                    return Err(place.refuse(&format!("must be a table, not {}", $crate::section::found(value))));
                };
                let name = place.name();
                let section = $crate::section::Section::open(place.source, &name, table, place.offset, Self::KEYS)?;
                Self::from_section(&section)
            }

            fn toml(&self) -> String {
                let keys = [$((stringify!($key), $crate::knob::Knob::toml(&self.$key))),+];
                $crate::options::inline_table(&keys)
            }

            fn value() -> String {
                "table".to_owned()
            }

            fn keys() -> Vec<$crate::knob::KeyDoc> {
                Self::KEYS.to_vec()
            }
        }
    };
}

/// `Some` of what is there, `None` of nothing.
macro_rules! given {
    () => {
        None
    };
    ($some:expr) => {
        Some($some)
    };
}

/// Declares a closed set of names: an enum that reads and shows itself by them.
macro_rules! names {
    (
        $(#[doc = $about:expr])*
        pub enum $name:ident {
            $( $(#[doc = $doc:expr])+ $variant:ident = $text:literal, )+
        }
    ) => {
        $(#[doc = $about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum $name {
            $( $(#[doc = $doc])+ $variant, )+
        }

        impl $name {
            /// All of them, in the order of the enum.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The name in scenario files.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.name())
            }
        }

        impl $crate::knob::Knob for $name {
            type Scalar = ();

            fn read(
                place: &$crate::section::Place<'_>,
                value: &toml::de::DeValue<'_>,
                _: Option<&std::ops::RangeInclusive<()>>,
            ) -> Result<Self, $crate::error::ScenarioError> {
                $crate::knob::read_name(place, value, Self::ALL, Self::name)
            }

            fn toml(&self) -> String {
                format!("\"{}\"", self.name())
            }

            fn value() -> String {
                let names: Vec<_> = Self::ALL.iter().map(Self::toml).collect();
                names.join(", ")
            }
        }
    };
}

/// `{ a = 1, b = "x" }`, leaving out what has no text.
pub(crate) fn inline_table(keys: &[(&str, String)]) -> String {
    let given = keys.iter().filter(|(_, text)| !text.is_empty());
    let pairs: Vec<_> = given.map(|(key, text)| format!("{key} = {text}")).collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}

pub(crate) use {given, names, options};
