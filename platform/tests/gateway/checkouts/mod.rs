//! `/v1/checkouts`.

mod admission;
mod bad_input;
mod create;
