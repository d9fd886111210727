//! The transaction path: what takes a shopper's wish to a paid and committed order.

pub mod orders;
