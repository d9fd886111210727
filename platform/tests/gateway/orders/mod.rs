//! `/v1/orders/{id}`.

mod cancel;
mod show;
