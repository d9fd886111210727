//! The tests of the command and its pages, in one program: they share a record and a browser.

mod bad_input;
mod browser;
mod devtools;
mod knee;
mod pages;
mod sample;
mod watch;
