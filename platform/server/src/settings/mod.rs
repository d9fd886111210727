//! What the operator has set: from a file, over it the environment, over that flags. All of it is checked when it is
//! read, so that nothing starts on half of it.

pub mod keys;
mod platform_config;
mod source;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use keys::{KEYS, Key, Kind};

/// Where a value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody said otherwise.
    Default,
    /// A file.
    File(PathBuf),
    /// A variable of the environment.
    Environment(String),
    /// A flag, as it was given.
    Flag(&'static str),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Environment(variable) => write!(f, "environment {variable}"),
            Self::Flag(flag) => write!(f, "flag {flag}"),
        }
    }
}

/// Why settings were refused: one line, which names the key and where it is from.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file could not be read.
    #[error("{}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{}: {what}", path.display())]
    NotToml {
        /// The file.
        path: PathBuf,
        /// The parser's first line, with the place.
        what: String,
    },
    /// No such key.
    #[error("{origin}: there is no key {name:?}; `platform config keys` lists them")]
    Unknown {
        /// The name.
        name: String,
        /// Where it is from.
        origin: Origin,
    },
    /// A flag that is no `key=value`.
    #[error("flag --set: {text:?} is not KEY=VALUE")]
    NotAPair {
        /// The flag's text before any equals sign.
        text: String,
    },
    /// A value that the key cannot have. A secret's is not shown.
    #[error("{origin}: {name} is {shown}, but must be {wanted}")]
    Invalid {
        /// The key.
        name: &'static str,
        /// Where its value is from.
        origin: Origin,
        /// The value, if it may be shown.
        shown: String,
        /// What it must be.
        wanted: String,
    },
    /// A value that its user could make nothing of.
    #[error("{origin}: {name}: {what}")]
    Refused {
        /// The key.
        name: &'static str,
        /// Where its value is from.
        origin: Origin,
        /// What is wrong with it.
        what: String,
    },
    /// A key that must be set for what was asked for.
    #[error("{name} is not set, but {why}; set it by file, by environment {variable} or by --set {name}=…")]
    Missing {
        /// The key.
        name: &'static str,
        /// Its variable.
        variable: String,
        /// What it is needed for.
        why: String,
    },
}

#[derive(Debug, Clone)]
struct Value {
    text: String,
    origin: Origin,
}

/// A value for every key.
#[derive(Debug, Clone)]
pub struct Settings {
    values: BTreeMap<&'static str, Value>,
}

impl Settings {
    /// Reads the file, then the environment's variables, then the flags: what comes later wins.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn read(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
        flags: &[(&'static str, String)],
    ) -> Result<Self, SettingsError> {
        let default = |key: &Key| (key.name, Value { text: key.default.to_owned(), origin: Origin::Default });
        let mut settings = Self { values: KEYS.iter().map(default).collect() };
        if let Some(path) = file {
            for (name, text) in source::file(path)? {
                settings.set(&name, text, Origin::File(path.to_path_buf()))?;
            }
        }
        for (name, text, variable) in source::environment(environment)? {
            settings.set(name, text, Origin::Environment(variable))?;
        }
        for (flag, text) in flags {
            let (name, text) = match *flag {
                "--set" => {
                    let pair = text.split_once('=').map(|(name, text)| (name.trim(), text));
                    pair.ok_or_else(|| SettingsError::NotAPair { text: text.clone() })?
                }
                flag => (flag.trim_start_matches('-'), text.as_str()),
            };
            settings.set(name, text.to_owned(), Origin::Flag(flag))?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, text: String, origin: Origin) -> Result<(), SettingsError> {
        let Some(key) = keys::by_name(name) else {
            return Err(SettingsError::Unknown { name: name.to_owned(), origin });
        };
        if !source::fits(key.kind, &text) {
            let shown = format!("{:?}", shown(key.kind, &text));
            return Err(SettingsError::Invalid { name: key.name, origin, shown, wanted: key.kind.describe() });
        }
        self.values.insert(key.name, Value { text, origin });
        Ok(())
    }

    fn value(&self, name: &str) -> &Value {
        self.values.get(name).unwrap_or_else(|| panic!("there is no key {name:?}"))
    }

    /// The text of a key; empty when it is not set.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        &self.value(name).text
    }

    /// Where the value of a key is from.
    #[must_use]
    pub fn origin(&self, name: &str) -> &Origin {
        &self.value(name).origin
    }

    /// The text of a key that must be set.
    ///
    /// # Errors
    /// When it is not; `why` ends the sentence "but …".
    pub fn required(&self, name: &'static str, why: &str) -> Result<&str, SettingsError> {
        let text = self.text(name);
        if text.is_empty() {
            let key = keys::by_name(name).unwrap_or_else(|| panic!("there is no key {name:?}"));
            return Err(SettingsError::Missing { name, variable: key.variable(), why: why.to_owned() });
        }
        Ok(text)
    }

    /// The error of a key whose value only its user could tell to be wrong. `what` must not quote a secret.
    #[must_use]
    pub fn refuse(&self, name: &'static str, what: String) -> SettingsError {
        SettingsError::Refused { name, origin: self.origin(name).clone(), what }
    }

    /// A number.
    #[must_use]
    pub fn number(&self, name: &str) -> i64 {
        self.text(name).parse().unwrap_or_else(|_| panic!("{name} was checked to be a number"))
    }

    /// A number that counts things in memory.
    #[must_use]
    pub fn size(&self, name: &str) -> usize {
        usize::try_from(self.number(name)).unwrap_or_else(|_| panic!("{name} was checked to be no less than 0"))
    }

    /// A number of at most 32 bits.
    #[must_use]
    pub fn count(&self, name: &str) -> u32 {
        u32::try_from(self.number(name)).unwrap_or_else(|_| panic!("{name} was checked to fit"))
    }

    /// A duration; the key's name ends in `_ms`.
    #[must_use]
    pub fn duration(&self, name: &str) -> Duration {
        Duration::from_millis(u64::try_from(self.number(name)).unwrap_or(0))
    }

    /// Every key with what it is set to and from where. Secrets are blotted out.
    pub fn shown(&self) -> impl Iterator<Item = (&'static Key, String, &Origin)> {
        KEYS.iter().map(|key| {
            let value = self.value(key.name);
            (key, shown(key.kind, &value.text), &value.origin)
        })
    }
}

/// A value as it may be shown.
fn shown(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Secret if !text.is_empty() => "…".to_owned(),
        Kind::Url(_) => without_password(text),
        Kind::Text | Kind::Secret | Kind::Number { .. } | Kind::Word(_) | Kind::Address => text.to_owned(),
    }
}

/// A URL with its password, if it has one, blotted out.
fn without_password(url: &str) -> String {
    let start = url.find("://").map_or(0, |at| at + 3);
    let end = url[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    let Some(at) = url[start..end].rfind('@').map(|at| start + at) else { return url.to_owned() };
    match url[start..at].find(':') {
        Some(colon) => format!("{}:…{}", &url[..start + colon], &url[at..]),
        None => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(environment: &[(&str, &str)], flags: &[(&'static str, &str)]) -> Result<Settings, String> {
        let environment = environment.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
        let flags: Vec<_> = flags.iter().map(|(flag, text)| (*flag, (*text).to_owned())).collect();
        Settings::read(None, environment, &flags).map_err(|error| error.to_string())
    }

    #[test]
    fn every_default_is_a_value_its_key_may_have() {
        for key in KEYS {
            let unset = key.default.is_empty() && !matches!(key.kind, Kind::Number { .. } | Kind::Word(_));
            assert!(unset || source::fits(key.kind, key.default), "{}", key.name);
        }
    }

    #[test]
    fn the_version_of_stripes_api_stands_where_its_address_is_set() {
        let documented = keys::by_name("card_gateway.url").unwrap().help;
        assert!(documented.contains(platform::transaction::payments::API_VERSION), "{documented}");
    }

    #[test]
    fn a_flag_wins_over_the_environment() {
        let environment = [("DOORBUSTER_LISTEN", "127.0.0.1:1"), ("DOORBUSTER_COMMIT_ATTEMPTS", "9"), ("HOME", "x")];
        let settings = read(&environment, &[("--listen", "127.0.0.1:2")]).unwrap();
        assert_eq!(settings.text("listen"), "127.0.0.1:2");
        assert_eq!((settings.number("commit.attempts"), settings.number("commit.backoff_ms")), (9, 10));
        assert_eq!(settings.origin("commit.attempts").to_string(), "environment DOORBUSTER_COMMIT_ATTEMPTS");
    }

    #[test]
    fn an_error_names_the_key_and_where_it_is_from() {
        let wrong = read(&[("DOORBUSTER_GATE_HOLD_TTL_MS", "soon")], &[]).unwrap_err();
        assert_eq!(
            wrong,
            "environment DOORBUSTER_GATE_HOLD_TTL_MS: gate.hold_ttl_ms is \"soon\", but must be a whole number from 1 \
             to 86400000"
        );
        let unknown = read(&[("DOORBUSTER_GATE_TTL", "1")], &[]).unwrap_err();
        assert!(unknown.starts_with("environment DOORBUSTER_GATE_TTL: there is no key"), "{unknown}");
        let unknown = read(&[], &[("--set", "gate.ttl=1")]).unwrap_err();
        assert!(unknown.starts_with("flag --set: there is no key \"gate.ttl\""), "{unknown}");
    }

    #[test]
    fn no_secret_is_shown() {
        let settings = read(
            &[("DOORBUSTER_CARD_GATEWAY_API_KEY", "sk_live_1"), ("DOORBUSTER_POSTGRES_URL", "postgres://u:pw@h:1/db")],
            &[],
        )
        .unwrap();
        let shown: Vec<String> = settings.shown().map(|(_, text, _)| text).collect();
        assert!(!shown.iter().any(|text| text.contains("sk_live_1") || text.contains("pw")), "{shown:?}");
        assert!(shown.contains(&"postgres://u:…@h:1/db".to_owned()));
        let wrong = read(&[("DOORBUSTER_POSTGRES_URL", "mysql://u:pw@h/db")], &[]).unwrap_err();
        assert!(!wrong.contains("pw"), "{wrong}");
    }

    #[test]
    fn variables_are_not_ambiguous() {
        let mut variables: Vec<String> = KEYS.iter().map(Key::variable).collect();
        variables.sort();
        variables.dedup();
        assert_eq!(variables.len(), KEYS.len());
    }
}
