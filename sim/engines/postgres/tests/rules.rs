//! The rules of concurrency and typing the platform leans on, each an interleaved program. The programs are
//! files of their own, so that they can be run on a real server too.

#[macro_use]
#[path = "rules/list.rs"]
mod list;
mod program;

macro_rules! rules {
    ($($name:ident: $file:literal),+ $(,)?) => {
        $(
            #[test]
            fn $name() {
                program::run(include_str!(concat!("rules/", $file)));
            }
        )+
    };
}

with_every_rule!(rules);
