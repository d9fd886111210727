//! JSON to Lua values, with cjson's messages: what was expected, what was found, and where.

use mlua::{Lua, Table, Value};

use super::DEEPEST;
use super::tokens::{Token, Tokens};

/// Reads one JSON text.
pub(super) struct Decoder<'a> {
    lua: &'a Lua,
    tokens: Tokens<'a>,
    depth: usize,
}

impl<'a> Decoder<'a> {
    pub(super) fn new(lua: &'a Lua, json: &'a [u8]) -> Self {
        Self { lua, tokens: Tokens::new(json), depth: 0 }
    }

    /// The value of the whole text; the error is cjson's message.
    pub(super) fn whole(mut self) -> Result<Value, String> {
        if self.tokens.is_wide() {
            return Err("JSON parser does not support UTF-16 or UTF-32".to_owned());
        }
        let token = self.tokens.next();
        let value = self.value(token)?;
        self.require(&Token::End, "the end")?;
        Ok(value)
    }

    fn expected(&self, what: &str, found: &Token) -> String {
        format!("Expected {what} but found {} at character {}", found.name(), self.tokens.token_at + 1)
    }

    fn require(&mut self, wanted: &Token, what: &str) -> Result<(), String> {
        let token = self.tokens.next();
        if token == *wanted { Ok(()) } else { Err(self.expected(what, &token)) }
    }

    fn value(&mut self, token: Token) -> Result<Value, String> {
        match token {
            Token::Text(text) => Ok(Value::String(self.lua.create_string(&text).map_err(|e| e.to_string())?)),
            Token::Number(number) => Ok(Value::Number(number)),
            Token::Boolean(boolean) => Ok(Value::Boolean(boolean)),
            Token::Null => Ok(Value::NULL),
            Token::ObjectBegin => self.nested(Self::object),
            Token::ArrayBegin => self.nested(Self::array),
            other @ (Token::ObjectEnd
            | Token::ArrayEnd
            | Token::Colon
            | Token::Comma
            | Token::End
            | Token::Wrong(_)) => Err(self.expected("value", &other)),
        }
    }

    fn nested(&mut self, fill: fn(&mut Self, &Table) -> Result<(), String>) -> Result<Value, String> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let (depth, at) = (self.depth, self.tokens.at);
            return Err(format!("Found too many nested data structures ({depth}) at character {at}"));
        }
        let table = self.lua.create_table().map_err(|error| error.to_string())?;
        fill(self, &table)?;
        self.depth -= 1;
        Ok(Value::Table(table))
    }

    fn object(&mut self, table: &Table) -> Result<(), String> {
        let mut token = self.tokens.next();
        if token == Token::ObjectEnd {
            return Ok(());
        }
        loop {
            let Token::Text(key) = token else {
                return Err(self.expected("object key string", &token));
            };
            self.require(&Token::Colon, "colon")?;
            let token_of_value = self.tokens.next();
            let value = self.value(token_of_value)?;
            table.raw_set(mlua::BString::from(key), value).map_err(|error| error.to_string())?;
            let following = self.tokens.next();
            if following == Token::ObjectEnd {
                return Ok(());
            }
            if following != Token::Comma {
                return Err(self.expected("comma or object end", &following));
            }
            token = self.tokens.next();
        }
    }

    fn array(&mut self, table: &Table) -> Result<(), String> {
        let mut token = self.tokens.next();
        if token == Token::ArrayEnd {
            return Ok(());
        }
        for at in 1_usize.. {
            let value = self.value(token)?;
            table.raw_seti(at, value).map_err(|error| error.to_string())?;
            let following = self.tokens.next();
            if following == Token::ArrayEnd {
                return Ok(());
            }
            if following != Token::Comma {
                return Err(self.expected("comma or array end", &following));
            }
            token = self.tokens.next();
        }
        Ok(())
    }
}
