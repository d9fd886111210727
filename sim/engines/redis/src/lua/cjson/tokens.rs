//! The words of JSON, as cjson cuts them and with its names for what is wrong.

/// One word of JSON.
#[derive(Debug, PartialEq)]
pub(super) enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Text(Vec<u8>),
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Wrong(&'static str),
}

impl Token {
    /// How cjson calls it in a message.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::ObjectBegin => "T_OBJ_BEGIN",
            Self::ObjectEnd => "T_OBJ_END",
            Self::ArrayBegin => "T_ARR_BEGIN",
            Self::ArrayEnd => "T_ARR_END",
            Self::Text(_) => "T_STRING",
            Self::Number(_) => "T_NUMBER",
            Self::Boolean(_) => "T_BOOLEAN",
            Self::Null => "T_NULL",
            Self::Colon => "T_COLON",
            Self::Comma => "T_COMMA",
            Self::End => "T_END",
            Self::Wrong(what) => what,
        }
    }
}

/// Cuts a JSON text into words.
pub(super) struct Tokens<'a> {
    json: &'a [u8],
    pub(super) at: usize,
    /// Where the last token began, or where in it something was wrong.
    pub(super) token_at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(json: &'a [u8]) -> Self {
        Self { json, at: 0, token_at: 0 }
    }

    /// Whether the text looks like UTF-16 or UTF-32.
    pub(super) fn is_wide(&self) -> bool {
        matches!(self.json, [0, _, ..] | [_, 0, ..])
    }

    pub(super) fn next(&mut self) -> Token {
        while matches!(self.json.get(self.at), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
        self.token_at = self.at;
        let Some(byte) = self.json.get(self.at) else {
            return Token::End;
        };
        let single = match byte {
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b':' => Token::Colon,
            b',' => Token::Comma,
            b'"' => return self.text(),
            b'-' | b'0'..=b'9' => return self.number(),
            _ => return self.word(),
        };
        self.at += 1;
        single
    }

    fn word(&mut self) -> Token {
        let rest = &self.json[self.at..];
        let words = [("true", Token::Boolean(true)), ("false", Token::Boolean(false)), ("null", Token::Null)];
        for (word, token) in words {
            if rest.starts_with(word.as_bytes()) {
                self.at += word.len();
                return token;
            }
        }
        // By default cjson takes what C's strtod takes.
        for (word, number) in [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
            if rest.len() >= word.len() && rest[..word.len()].eq_ignore_ascii_case(word.as_bytes()) {
                self.at += word.len();
                return Token::Number(number);
            }
        }
        Token::Wrong("invalid token")
    }

    /// As much as `strtod` would read: a sign, digits with a point, an exponent if it has digits; or hexadecimal digits.
    fn number(&mut self) -> Token {
        let rest = &self.json[self.at..];
        let sign = usize::from(rest.first() == Some(&b'-'));
        let digits = |from: usize| rest[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        if let [b'0', b'x' | b'X', ..] = rest[sign..] {
            return self.hexadecimal(sign);
        }
        let whole = digits(sign);
        let mut end = sign + whole;
        if rest.get(end) == Some(&b'.') {
            let fraction = digits(end + 1);
            if whole + fraction > 0 {
                end += 1 + fraction;
            }
        }
        if end == sign {
            return self.signed_word(sign);
        }
        if matches!(rest.get(end), Some(b'e' | b'E')) {
            let signed = usize::from(matches!(rest.get(end + 1), Some(b'+' | b'-')));
            let exponent = digits(end + 1 + signed);
            if exponent > 0 {
                end += 1 + signed + exponent;
            }
        }
        let number = std::str::from_utf8(&rest[..end]).ok().and_then(|text| text.parse().ok());
        self.at += end;
        number.map_or(Token::Wrong("invalid number"), Token::Number)
    }

    fn hexadecimal(&mut self, sign: usize) -> Token {
        let rest = &self.json[self.at + sign + 2..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if digits == 0 {
            // Only the zero before the x is a number.
            self.at += sign + 1;
            return Token::Number(0.0);
        }
        let value = rest[..digits].iter().fold(0.0, |value, digit| {
            value * 16.0 + f64::from((*digit as char).to_digit(16).expect("a hexadecimal digit"))
        });
        self.at += sign + 2 + digits;
        Token::Number(if sign == 1 { -value } else { value })
    }

    /// `-inf` and `-nan`.
    fn signed_word(&mut self, sign: usize) -> Token {
        let start = self.at;
        self.at += sign;
        if let Token::Number(number) = self.word() {
            return Token::Number(-number);
        }
        self.at = start;
        Token::Wrong("invalid number")
    }

    fn text(&mut self) -> Token {
        let mut text = Vec::new();
        self.at += 1;
        loop {
            match self.json.get(self.at) {
                None | Some(0) => {
                    self.token_at = self.at;
                    return Token::Wrong("unexpected end of string");
                }
                Some(b'"') => {
                    self.at += 1;
                    return Token::Text(text);
                }
                Some(b'\\') => {
                    if let Err(wrong) = self.escape(&mut text) {
                        self.token_at = self.at;
                        return wrong;
                    }
                }
                Some(plain) => {
                    text.push(*plain);
                    self.at += 1;
                }
            }
        }
    }

    fn escape(&mut self, text: &mut Vec<u8>) -> Result<(), Token> {
        let escaped = match self.json.get(self.at + 1) {
            Some(b'b') => 8,
            Some(b't') => b'\t',
            Some(b'n') => b'\n',
            Some(b'f') => 12,
            Some(b'r') => b'\r',
            Some(same @ (b'"' | b'\\' | b'/')) => *same,
            Some(b'u') => return self.unicode(text),
            Some(_) | None => return Err(Token::Wrong("invalid escape code")),
        };
        text.push(escaped);
        self.at += 2;
        Ok(())
    }

    fn unicode(&mut self, text: &mut Vec<u8>) -> Result<(), Token> {
        let unit = |at: usize| {
            let digits = self.json.get(at..at + 6).filter(|digits| digits.starts_with(b"\\u"))?;
            digits[2..].iter().try_fold(0, |value, digit| Some(value * 16 + (*digit as char).to_digit(16)?))
        };
        let wrong = || Token::Wrong("invalid unicode escape code");
        let first = unit(self.at).ok_or_else(wrong)?;
        let (code, length) = match first {
            0xD800..=0xDBFF => {
                let second = unit(self.at + 6).filter(|unit| (0xDC00..=0xDFFF).contains(unit)).ok_or_else(wrong)?;
                (0x1_0000 + ((first - 0xD800) << 10) + (second - 0xDC00), 12)
            }
            code => (code, 6),
        };
        let character = char::from_u32(code).ok_or_else(wrong)?;
        text.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += length;
        Ok(())
    }
}
