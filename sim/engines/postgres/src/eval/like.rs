//! `LIKE` and `ILIKE`, with backslash as the escape.

use crate::error::{Fallible, PgError, type_mismatch};
use crate::value::Value;

/// Whether the text matches; `None` when either is NULL.
pub(super) fn like(text: &Value, pattern: &Value, fold_case: bool) -> Fallible<Option<bool>> {
    match (text, pattern) {
        (Value::Null, _) | (_, Value::Null) => Ok(None),
        (Value::Text(text), Value::Text(pattern)) if fold_case => {
            matches(&text.to_lowercase(), &pattern.to_lowercase()).map(Some)
        }
        (Value::Text(text), Value::Text(pattern)) => matches(text, pattern).map(Some),
        _ => Err(type_mismatch("LIKE needs text on both sides")),
    }
}

/// One pattern element.
enum Token {
    Char(char),
    Any,
    Run,
}

fn matches(text: &str, pattern: &str) -> Fallible<bool> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '%' => Token::Run,
            '_' => Token::Any,
            '\\' => Token::Char(
                chars.next().ok_or_else(|| PgError::new("22025", "LIKE pattern must not end with escape character"))?,
            ),
            _ => Token::Char(c),
        });
    }
    let text: Vec<char> = text.chars().collect();
    // Greedy with one point to come back to: the last `%` seen.
    let (mut at, mut token, mut retry) = (0, 0, None);
    while at < text.len() {
        match tokens.get(token) {
            Some(Token::Run) => {
                retry = Some((token, at));
                token += 1;
                continue;
            }
            Some(Token::Any) => {
                at += 1;
                token += 1;
                continue;
            }
            Some(Token::Char(c)) if *c == text[at] => {
                at += 1;
                token += 1;
                continue;
            }
            Some(Token::Char(_)) | None => {}
        }
        let Some((run, from)) = retry else { return Ok(false) };
        retry = Some((run, from + 1));
        at = from + 1;
        token = run + 1;
    }
    Ok(tokens[token..].iter().all(|token| matches!(token, Token::Run)))
}
