//! `/v1/products/{sku}`.

mod availability;
mod pages;
