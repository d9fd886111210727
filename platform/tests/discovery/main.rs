//! The catalog over engines: what is counted, what is served when a store is away, and what hostile input comes to.

mod cache;
mod lists;
mod world;
