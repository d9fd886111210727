//! `RULES.md` against the tests: every rule from 1 to 25 has some, and each is run on the engine and on the server alike.

use std::collections::BTreeSet;

const RULES: &str = include_str!("../RULES.md");
const HOW_MANY: usize = 25;

/// A list of tests, and the two files that make tests of it.
struct Both {
    list: &'static str,
    on_engine: (&'static str, &'static str),
    on_server: (&'static str, &'static str),
}

const POSTGRES: Both = Both {
    list: include_str!("../../engines/postgres/tests/rules/list.rs"),
    on_engine: (include_str!("../../engines/postgres/tests/rules.rs"), "with_every_rule!(rules);"),
    on_server: (include_str!("postgres.rs"), "with_every_rule!(rules);"),
};

const REDIS: Both = Both {
    list: include_str!("../../engines/redis/tests/rules/list.rs"),
    on_engine: (include_str!("../../engines/redis/tests/rules.rs"), "include!(\"rules/list.rs\");"),
    on_server: (include_str!("redis.rs"), "include!(\"../../engines/redis/tests/rules/list.rs\");"),
};

impl Both {
    /// Names of the tests, of which both files make one each.
    fn names(&self) -> BTreeSet<&'static str> {
        for (file, use_of_the_list) in [self.on_engine, self.on_server] {
            let uses = file.lines().filter(|line| line.trim() == use_of_the_list).count();
            assert_eq!(uses, 1, "{use_of_the_list} makes the tests, once");
            assert!(file.contains("#[test]\n            fn $name()"), "each name of the list becomes a test");
        }
        let lines = self.list.lines().map(str::trim).filter(|line| !line.starts_with("//"));
        let entries = lines.filter_map(|line| line.split_once(": \""));
        entries.map(|(name, _)| name).collect()
    }
}

/// Those of the Kafka engine and of the broker are made of one list in one file, which checks itself against this.
fn kafka_names() -> BTreeSet<&'static str> {
    differential::kafka::RULES.iter().map(|rule| rule.name).collect()
}

fn every_test() -> BTreeSet<&'static str> {
    POSTGRES.names().into_iter().chain(REDIS.names()).chain(kafka_names()).collect()
}

/// Words in backquotes that are no path, command or setting.
fn named(text: &'static str) -> impl Iterator<Item = &'static str> {
    let quoted = text.split('`').skip(1).step_by(2);
    quoted.filter(|word| {
        word.contains('_')
            && word.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_')
    })
}

#[test]
fn every_rule_has_a_test_on_both_sides() {
    let tests = every_test();
    let mut numbers = Vec::new();
    for line in RULES.lines() {
        let Some((rule, named_tests)) = line.strip_prefix("| ").and_then(|line| line.rsplit_once(" | ")) else {
            continue;
        };
        let Some((number, _)) = rule.split_once(". ") else { continue };
        let Ok(number) = number.parse::<usize>() else { continue };
        numbers.push(number);
        let named_tests: Vec<&str> = named(named_tests).collect();
        assert!(!named_tests.is_empty(), "rule {number} names no test");
        for test in named_tests {
            assert!(tests.contains(test), "rule {number} names {test}, which is not run on both sides");
        }
    }
    assert_eq!(numbers, (1..=HOW_MANY).collect::<Vec<_>>(), "every rule once, in order");
}

#[test]
fn every_test_of_a_rule_is_named() {
    let in_the_list: BTreeSet<&str> = named(RULES).collect();
    let missing: Vec<&str> = every_test().difference(&in_the_list).copied().collect();
    assert!(missing.is_empty(), "not in RULES.md: {missing:?}");
}
