//! Load on a running platform: the simulator's crowd, over real HTTP.
//!
//! Open loop: a shopper's first request is due when the seeded schedule says so, whether or not the platform keeps up, and
//! every response time counts from there. A platform that stalls cannot hide in the pauses of a generator that waits for it.
//!
//! | file | what it is |
//! |---|---|
//! | [`wire`] | HTTP/1.1 to one address over connections that are shared by all shoppers |
//! | [`answer`], [`endpoint`] | what an answer tells its shopper; the requests there are |
//! | [`shop`] | what all shoppers of a run have in common |
//! | [`journey`] | what one shopper does, a file each |
//! | [`lane`] | the arrival executor: a goose transaction that lives as long as the load |
//! | [`attack`] | the goose attack around the lanes |
//! | [`measure`] | what was seen: times, outcomes, late and dropped starts |
//! | [`stores`] | the platform's own databases: stock meanwhile, orders and audit afterwards |
//! | [`play`] | one load from beginning to end |
//! | [`knee`] | how much a platform holds |
//! | [`validity`] | whether the load was the one that was asked for |
//! | [`targets`], [`outcome`] | the scenario's own numbers; the run record |
//! | [`summary`], [`junit`] | what people and build machines read |
//! | [`cli`] | the command |
//!
//! Schedules and shoppers are left to `arrivals`, scenario files to `scenario`, charts to `reports`.

pub mod answer;
pub mod attack;
pub mod cli;
pub mod clock;
pub mod endpoint;
pub mod journey;
pub mod junit;
pub mod knee;
pub mod lane;
pub mod measure;
pub mod outcome;
pub mod play;
pub mod shop;
pub mod stores;
pub mod summary;
pub mod targets;
pub mod validity;
pub mod wire;
