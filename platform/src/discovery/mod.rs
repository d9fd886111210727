//! The discovery path: what shoppers look at before they buy. Fifty reads for each write, and never on the way of a
//! checkout: a database of its own, its cache in Redis, and a page even when one of the two is away.
//!
//! | module | what it does |
//! |---|---|
//! | [`catalog`] | products and their pages |

pub mod catalog;
