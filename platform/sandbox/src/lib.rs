//! The card gateway as an HTTP service.
