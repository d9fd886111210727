//! Draws run records: self-contained HTML pages with charts, and PNG files beside them.
//!
//! | module | what it does |
//! |---|---|
//! | `input` | reads files: records, lines of sweeps, bugs' scores; says file and line when it cannot |
//! | `sweep` | adds up many seeds as they are read |
//! | `grid` | a record's series on the time axis that charts share |
//! | `run_charts`, `sweep_charts`, `knee_chart` | which charts a run, a sweep and a knee give |
//! | `merge` | shards of one load as one record |
//! | `compare` | two runs' charts over each other |
//! | `chart` | a chart as data, and drawn |
//! | `page` | the HTML pages |
//! | `watch` | a local page of a run that goes on |
//! | `write` | pages and pictures into a folder |
//!
//! It knows only the record: not the platform, not the worlds that write records.

pub mod chart;
pub mod compare;
pub mod funnels;
pub mod grid;
pub mod input;
pub mod knee_chart;
pub mod merge;
pub mod page;
pub mod run_charts;
pub mod sweep;
pub mod sweep_charts;
pub mod watch;
pub mod write;
