//! SQL text to syntax trees. The grammar is sqlparser's; what it lacks is refused here by name.

use sqlparser::ast::Statement;
use sqlparser::dialect::PostgreSqlDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{Fallible, PgError, syntax};

/// Nested expressions beyond this depth are refused (54001), long before the stack would end.
const RECURSION_LIMIT: usize = 48;

fn failed(error: ParserError) -> Box<PgError> {
    match error {
        ParserError::RecursionLimitExceeded => PgError::new("54001", "statement is nested too deeply"),
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => syntax(message),
    }
}

/// Parses exactly one statement.
pub(crate) fn parse_one(sql: &str) -> Fallible<Statement> {
    let mut parser =
        Parser::new(&PostgreSqlDialect {}).with_recursion_limit(RECURSION_LIMIT).try_with_sql(sql).map_err(failed)?;
    let mut statements = parser.parse_statements().map_err(failed)?;
    match (statements.pop(), statements.is_empty()) {
        (Some(statement), true) => Ok(statement),
        (None, _) => Err(syntax("the statement is empty")),
        (Some(_), false) => Err(syntax("cannot insert multiple commands into a prepared statement")),
    }
}

/// Cuts a script at the semicolons that end statements.
pub(crate) fn split_script(sql: &str) -> Fallible<Vec<String>> {
    let tokens =
        Tokenizer::new(&PostgreSqlDialect {}, sql).with_unescape(false).tokenize().map_err(|e| syntax(e.message))?;
    let mut statements = Vec::new();
    let mut statement = String::new();
    let mut has_words = false;
    for token in tokens {
        if token == Token::SemiColon {
            if has_words {
                statements.push(std::mem::take(&mut statement));
            }
            statement.clear();
            has_words = false;
            continue;
        }
        has_words |= !matches!(token, Token::Whitespace(_) | Token::EOF);
        statement.push_str(&token.to_string());
    }
    if has_words {
        statements.push(statement);
    }
    Ok(statements)
}
