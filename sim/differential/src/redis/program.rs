//! A program: commands given to two connections in turn.

use std::fmt;

use super::SHORT_MS;
use super::answer::Exactness;

/// What one step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// A command's words.
    Command(Vec<String>),
    /// EVALSHA of a script by its text: what the digest is, is not the program's to know.
    ByDigest { script: String, words: Vec<String> },
    /// Time passes: longer than the shortest deadlines that programs set.
    Pause,
}

/// One step of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) connection: usize,
    pub(super) action: Action,
}

/// Commands given to two connections in turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    pub(super) steps: Vec<Step>,
}

impl Program {
    /// Whether some time to live is over after a pause.
    pub(super) fn has_short_deadlines(&self) -> bool {
        let short = SHORT_MS.to_string();
        self.steps.iter().any(|step| matches!(&step.action, Action::Command(words) if words.contains(&short)))
    }
}

impl Action {
    /// What can be compared of the answer, now or when it comes with EXEC's.
    pub(super) fn exactness(&self) -> Exactness {
        const UNORDERED: [&str; 3] = ["SMEMBERS", "KEYS", "HGETALL"];
        const TIMES: [&str; 3] = ["TTL", "PTTL", "EXPIRETIME"];
        match self {
            // A script's words may hold the command it calls.
            Self::Command(words) => Exactness {
                ordered: !words.iter().any(|word| UNORDERED.contains(&word.as_str())),
                to_the_digit: !words.iter().any(|word| TIMES.contains(&word.as_str())),
            },
            Self::ByDigest { .. } | Self::Pause => Exactness::FULL,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = char::from(b'a' + u8::try_from(self.connection).expect("two connections"));
        match &self.action {
            Action::Command(words) => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                write!(f, "{name}: {}", words.join(" "))
            }
            Action::ByDigest { script, words } => {
                let words: Vec<String> = words.iter().map(|word| quoted(word)).collect();
                let first = script.lines().next().unwrap_or_default();
                write!(f, "{name}: EVALSHA (digest of the script that begins {first:?}) {}", words.join(" "))
            }
            Action::Pause => write!(f, "(time passes)"),
        }
    }
}

fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|letter| letter.is_ascii_graphic() && letter != '"');
    if plain { word.to_owned() } else { format!("{word:?}") }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "  {step}")?;
        }
        Ok(())
    }
}
