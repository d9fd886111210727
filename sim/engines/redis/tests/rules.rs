//! Rules 21 to 24 of the engines' semantics on the engine. The programs are files of their own, so that they are run on a
//! real server too; how they are written is said in `support/steps.rs`.

mod support;

use redis_engine::Config;
use support::{Session, check, program};

macro_rules! rules {
    ($($name:ident: $file:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                program::run(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules/", $file)));
            }
        )+
    };
}

include!("rules/list.rs");

/// The engine's alone: a server has the command.
#[test]
fn a_command_outside_the_subset_makes_exec_abort_like_an_unknown_one() {
    let mut s = Session::new(Config::default());
    check(
        &mut s,
        &[
            ("MULTI", "OK"),
            ("SET a 1", "QUEUED"),
            ("LPUSH a x", "(error) ERR unsupported by this engine: LPUSH"),
            ("EXEC", "(error) EXECABORT Transaction discarded because of previous errors."),
            ("GET a", "(nil)"),
        ],
    );
}
