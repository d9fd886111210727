//! The parameters of a request, flattened to Stripe's bracketed names: `{"metadata":{"order_id":"7"}}` and
//! `metadata[order_id]=7` are the same. Reads JSON and form bodies and query strings; knows no endpoint.

use bytes::Bytes;
use http::{Method, Request};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::error::ApiError;
use crate::idempotency::Fingerprint;

/// Stripe's limits on metadata.
const METADATA_MAX_KEYS: usize = 50;
const METADATA_KEY_MAX_CHARS: usize = 40;
const METADATA_VALUE_MAX_CHARS: usize = 500;

/// Name and value, sorted by name, each name once. Taken out one by one; what is left at the end was unknown.
#[derive(Debug, Default)]
pub(crate) struct Params {
    entries: Vec<(String, String)>,
}

impl Params {
    /// From the body of a POST or the query of a GET.
    pub(crate) fn of(request: &Request<Bytes>) -> Result<Self, ApiError> {
        let mut params = Self::default();
        if request.method() == Method::GET {
            params.read_form(request.uri().query().unwrap_or_default())?;
        } else {
            params.read_body(request)?;
        }
        params.entries.sort();
        let twice = params.entries.windows(2).find(|pair| pair[0].0 == pair[1].0);
        if let Some(pair) = twice {
            let name = &pair[0].0;
            return Err(ApiError::invalid("parameter_invalid", name, format!("Parameter given twice: {name}.")));
        }
        Ok(params)
    }

    fn read_body(&mut self, request: &Request<Bytes>) -> Result<(), ApiError> {
        let body = request.body();
        if body.is_empty() {
            return Ok(());
        }
        let content_type = request.headers().get("content-type").and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|it| it.starts_with("application/x-www-form-urlencoded")) {
            let text =
                std::str::from_utf8(body).map_err(|_| ApiError::malformed("The body is not UTF-8.".to_owned()))?;
            return self.read_form(text);
        }
        match serde_json::from_slice::<Value>(body) {
            Ok(Value::Object(fields)) => fields.into_iter().try_for_each(|(name, value)| self.flatten(name, value)),
            Ok(_) => Err(ApiError::malformed("The body is not a JSON object.".to_owned())),
            Err(error) => Err(ApiError::malformed(format!("Invalid JSON: {error}."))),
        }
    }

    fn flatten(&mut self, name: String, value: Value) -> Result<(), ApiError> {
        match value {
            Value::Null => {}
            Value::Bool(value) => self.entries.push((name, value.to_string())),
            Value::Number(value) => self.entries.push((name, value.to_string())),
            Value::String(value) => self.entries.push((name, value)),
            Value::Object(fields) => {
                for (inner, value) in fields {
                    self.flatten(format!("{name}[{inner}]"), value)?;
                }
            }
            Value::Array(_) => {
                let message = format!("Arrays are not supported: {name}.");
                return Err(ApiError::invalid("parameter_invalid", &name, message));
            }
        }
        Ok(())
    }

    fn read_form(&mut self, text: &str) -> Result<(), ApiError> {
        for pair in text.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let decoded = percent_decode(name).zip(percent_decode(value));
            let entry = decoded.ok_or_else(|| ApiError::malformed(format!("Invalid form encoding: {pair}.")))?;
            self.entries.push(entry);
        }
        Ok(())
    }

    /// Equal for equal parameters on the same path, whatever their order and encoding.
    pub(crate) fn fingerprint(&self, path: &str) -> Fingerprint {
        let mut hash = Sha256::new();
        hash.update(path.as_bytes());
        for (name, value) in &self.entries {
            // Names hold no NUL and lengths delimit values, so no two parameter lists collide by concatenation.
            hash.update([0]);
            hash.update(name.as_bytes());
            hash.update([0]);
            hash.update(value.len().to_le_bytes());
            hash.update(value.as_bytes());
        }
        hash.finalize().into()
    }

    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let place = self.entries.iter().position(|(known, _)| known == name)?;
        Some(self.entries.remove(place).1)
    }

    pub(crate) fn require(&mut self, name: &str) -> Result<String, ApiError> {
        self.take(name).filter(|value| !value.is_empty()).ok_or_else(|| ApiError::missing(name))
    }

    /// An amount in cents within `min..=max`.
    pub(crate) fn take_cents(&mut self, name: &str, min: i64, max: i64) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.take(name) else {
            return Ok(None);
        };
        let Ok(cents) = text.parse::<i64>() else {
            return Err(ApiError::invalid("parameter_invalid_integer", name, format!("Invalid integer: {text}")));
        };
        if cents < min {
            return Err(ApiError::invalid("amount_too_small", name, format!("Amount must be at least {min}.")));
        }
        if cents > max {
            return Err(ApiError::invalid("amount_too_large", name, format!("Amount must be no more than {max}.")));
        }
        Ok(Some(cents))
    }

    /// How many entries of a list are wanted.
    pub(crate) fn take_limit(&mut self) -> Result<usize, ApiError> {
        const DEFAULT: usize = 10;
        const MAX: usize = 100;
        let Some(text) = self.take("limit") else {
            return Ok(DEFAULT);
        };
        let limit = text.parse().ok().filter(|limit| (1..=MAX).contains(limit));
        let message = || format!("Invalid limit: {text}; it must be an integer from 1 to {MAX}.");
        limit.ok_or_else(|| ApiError::invalid("parameter_invalid_integer", "limit", message()))
    }

    pub(crate) fn take_bool(&mut self, name: &str) -> Result<bool, ApiError> {
        match self.take(name).as_deref() {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(other) => Err(ApiError::invalid("parameter_invalid", name, format!("Invalid boolean: {other}"))),
        }
    }

    /// In the order of the parameters' names, so that it does not depend on the order in the body.
    pub(crate) fn take_metadata(&mut self) -> Result<Vec<(String, String)>, ApiError> {
        let mut metadata = Vec::new();
        let mut rest = Vec::with_capacity(self.entries.len());
        for (name, value) in self.entries.drain(..) {
            match name.strip_prefix("metadata[").and_then(|tail| tail.strip_suffix(']')) {
                Some(key) => {
                    if key.len() > METADATA_KEY_MAX_CHARS || value.len() > METADATA_VALUE_MAX_CHARS {
                        let message = format!("Metadata is too long: {key}.");
                        return Err(ApiError::invalid("parameter_invalid", &name, message));
                    }
                    metadata.push((key.to_owned(), value));
                }
                None => rest.push((name, value)),
            }
        }
        self.entries = rest;
        if metadata.len() > METADATA_MAX_KEYS {
            let message = format!("Metadata holds at most {METADATA_MAX_KEYS} keys.");
            return Err(ApiError::invalid("parameter_invalid", "metadata", message));
        }
        Ok(metadata)
    }

    /// Refuses whatever nobody took.
    pub(crate) fn finish(self) -> Result<(), ApiError> {
        match self.entries.first() {
            None => Ok(()),
            Some((name, _)) => {
                Err(ApiError::invalid("parameter_unknown", name, format!("Received unknown parameter: {name}")))
            }
        }
    }
}

/// `application/x-www-form-urlencoded`; `None` for a broken escape or bytes that are not UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(bytes.next()?).to_digit(16)?;
                let low = char::from(bytes.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(decoded).ok()
}
