//! Errors, in the words and with the statuses of OpenSearch.

use http::StatusCode;
use serde_json::{Value, json};

/// Why a request was not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: u16,
    kind: &'static str,
    reason: String,
}

impl Refusal {
    fn new(status: u16, kind: &'static str, reason: String) -> Self {
        Self { status, kind, reason }
    }

    /// The request asks for what this engine does not know, or what no server does.
    pub(crate) fn unsupported(what: impl std::fmt::Display) -> Self {
        Self::new(400, "parsing_exception", format!("not in this engine's subset: {what}"))
    }

    pub(crate) fn unreadable(error: &serde_json::Error) -> Self {
        Self::new(400, "parse_exception", error.to_string())
    }

    pub(crate) fn illegal(reason: impl Into<String>) -> Self {
        Self::new(400, "illegal_argument_exception", reason.into())
    }

    /// A document does not fit the mapping.
    pub(crate) fn unmapped(reason: impl Into<String>) -> Self {
        Self::new(400, "mapper_parsing_exception", reason.into())
    }

    pub(crate) fn strict(field: &str) -> Self {
        let reason = format!("mapping set to strict, dynamic introduction of [{field}] within [_doc] is not allowed");
        Self::new(400, "strict_dynamic_mapping_exception", reason)
    }

    pub(crate) fn no_index(name: &str) -> Self {
        Self::new(404, "index_not_found_exception", format!("no such index [{name}]"))
    }

    pub(crate) fn no_alias(name: &str) -> Self {
        Self::new(404, "aliases_not_found_exception", format!("aliases [{name}] missing"))
    }

    pub(crate) fn exists(name: &str) -> Self {
        Self::new(400, "resource_already_exists_exception", format!("index [{name}] already exists"))
    }

    /// A newer version is stored.
    pub(crate) fn conflict(id: &str, stored: i64, given: i64) -> Self {
        let reason =
            format!("[{id}]: version conflict, current version [{stored}] is higher than the one provided [{given}]");
        Self::new(409, "version_conflict_engine_exception", reason)
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).expect("only statuses of the constructors above")
    }

    /// The error of one item of a bulk request.
    pub(crate) fn item(&self) -> Value {
        json!({"type": self.kind, "reason": self.reason})
    }

    pub(crate) fn body(&self) -> Value {
        let cause = self.item();
        json!({"error": {"root_cause": [cause], "type": self.kind, "reason": self.reason}, "status": self.status})
    }
}
