//! Draws run records: one self-contained HTML page with charts, and PNG files beside it.
//!
//! | module | what it does |
//! |---|---|
//! | `input` | reads files: one record, or the lines of a sweep; says file and line when it cannot |
//! | `grid` | a record's series on the time axis that charts share |
//! | `run_charts` | the charts of one run |
//! | `chart` | a chart as data, and drawn |
//! | `page` | the HTML page |
//!
//! It knows only the record: not the platform, not the worlds that write records.

pub mod chart;
pub mod grid;
pub mod input;
pub mod page;
pub mod run_charts;
