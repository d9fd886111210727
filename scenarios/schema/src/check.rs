//! What no single key can tell: windows that end too late, totals, duplicates, references to what is not there.
//!
//! Types and ranges are left to the sections.

use std::collections::BTreeSet;

use arrivals::Schedule;
use toml::de::{DeTable, DeValue};

use crate::error::ScenarioError;
use crate::fault::{Aim, Fault, Host, Role, ScheduledFault};
use crate::products::Products;
use crate::scenario::ScenarioOptions;
use crate::section::{Name, Place, Source};

type Checked = Result<(), ScenarioError>;

/// Most SKUs of one scenario.
const MAX_SKUS: usize = 100_000;

/// The file, to find the line of what is wrong.
struct Checker<'a> {
    source: &'a Source<'a>,
    table: &'a DeTable<'a>,
}

/// Checks everything that spans more than one key.
pub(crate) fn check(source: &Source<'_>, table: &DeTable<'_>, options: &ScenarioOptions) -> Checked {
    let checker = Checker { source, table };
    checker.names(options)?;
    checker.arrivals(options)?;
    checker.crowd(options)?;
    checker.products(options)?;
    checker.network(options)?;
    checker.browsing(options)?;
    for (place, fault) in options.faults.iter().enumerate() {
        checker.fault(place, fault, options)?;
    }
    checker.faults_drawn(options)
}

impl Checker<'_> {
    /// An error about the value at a path like `faults/2/replica`; what is missing there is looked for above.
    fn refuse<T>(&self, path: &str, what: &str) -> Result<T, ScenarioError> {
        let (above, key) = path.rsplit_once('/').unwrap_or(("", path));
        let is_item = key.bytes().all(|byte| byte.is_ascii_digit());
        let (above, key) = if is_item { above.rsplit_once('/').unwrap_or(("", above)) } else { (above, key) };
        let words = above.split('/').filter(|step| step.parse::<usize>().is_err());
        let name = Name {
            dotted: words.collect::<Vec<_>>().join("."),
            is_list: above.ends_with(|last: char| last.is_ascii_digit()),
            kind: None,
        };
        let place = Place { source: self.source, within: &name, key, in_list: is_item, offset: self.offset(path) };
        Err(place.refuse(what))
    }

    /// Where a path leads, or as far along it as the file goes.
    fn offset(&self, path: &str) -> usize {
        let mut steps = path.split('/');
        let first = steps.next().and_then(|step| self.table.get_key_value(step));
        let Some((key, mut value)) = first else {
            return 0;
        };
        let mut offset = key.span().start;
        for step in steps {
            let next = match value.get_ref() {
                DeValue::Array(items) => {
                    step.parse().ok().and_then(|place: usize| items.get(place)).map(|item| (item.span(), item))
                }
                DeValue::Table(table) => table.get_key_value(step).map(|(key, value)| (key.span(), value)),
                DeValue::String(_)
                | DeValue::Integer(_)
                | DeValue::Float(_)
                | DeValue::Boolean(_)
                | DeValue::Datetime(_) => None,
            };
            let Some((span, inner)) = next else { break };
            (offset, value) = (span.start, inner);
        }
        offset
    }

    /// Names that other tools will have to type: lower-case words joined by dashes, none twice.
    fn names(&self, options: &ScenarioOptions) -> Checked {
        if !is_name(&options.name) {
            return self.refuse("name", "must be lower-case words joined by dashes");
        }
        let variants = options.variants.iter().map(|variant| variant.name.as_str());
        let bugs = options.platform.known_bugs.iter().map(String::as_str);
        let probes = options.probes.iter().map(String::as_str);
        self.names_once("variants", variants)?;
        self.names_once("platform/known_bugs", bugs)?;
        self.names_once("probes", probes)
    }

    fn names_once<'n>(&self, path: &str, names: impl Iterator<Item = &'n str>) -> Checked {
        let mut seen = BTreeSet::new();
        for (place, name) in names.enumerate() {
            let path = format!("{path}/{place}");
            if !is_name(name) {
                return self
                    .refuse(&path, &format!("has the name \"{name}\"; names are lower-case words joined by dashes"));
            }
            if !seen.insert(name) {
                return self.refuse(&path, &format!("has the name \"{name}\" twice: remove one"));
            }
        }
        Ok(())
    }

    fn arrivals(&self, options: &ScenarioOptions) -> Checked {
        let duration_ms = options.run.duration_ms;
        let mut end_ms = 0;
        let mut stages = Vec::new();
        for (place, arrival) in options.shoppers.arrivals.iter().enumerate() {
            match arrival.stage() {
                Ok(stage) => stages.push(stage),
                Err((key, what)) => {
                    return self.refuse(&format!("shoppers/arrivals/{place}/{key}"), &what);
                }
            }
            end_ms += arrival.for_ms;
            if end_ms > duration_ms {
                let what = format!(
                    "ends the stage at {end_ms} ms, after the sale's {duration_ms} ms: shorten it or lengthen `duration_ms` in [run]"
                );
                return self.refuse(&format!("shoppers/arrivals/{place}/for_ms"), &what);
            }
        }
        if stages.is_empty() {
            return Ok(());
        }
        match Schedule::new(&stages, options.shoppers.count, 0) {
            Ok(_) => Ok(()),
            Err(error) => self.refuse("shoppers/arrivals", &format!("make no schedule: {error}")),
        }
    }

    fn crowd(&self, options: &ScenarioOptions) -> Checked {
        let shoppers = &options.shoppers;
        if shoppers.timeout_min_ms > shoppers.timeout_max_ms {
            let what = format!("must not be above `timeout_max_ms`, {}", shoppers.timeout_max_ms);
            return self.refuse("shoppers/timeout_min_ms", &what);
        }
        if shoppers.bot_ratio + shoppers.slow_network_ratio > 1.0 {
            return self.refuse("shoppers/bot_ratio", "and `slow_network_ratio` together must not be above 1.0");
        }
        Ok(())
    }

    fn products(&self, options: &ScenarioOptions) -> Checked {
        let mut seen = BTreeSet::new();
        for (place, entry) in options.products.iter().enumerate() {
            let path = |key| format!("products/{place}/{key}");
            if let Err((key, what)) = entry.check() {
                return self.refuse(&path(key), what);
            }
            for sku in entry.names() {
                if !seen.insert(sku.clone()) {
                    return self.refuse(&path("sku"), &format!("names {sku} a second time: each SKU once"));
                }
            }
            if seen.len() > MAX_SKUS {
                return self.refuse(&path("skus"), &format!("brings the SKUs above {MAX_SKUS}"));
            }
        }
        if seen.is_empty() {
            return self.refuse("products", "must have one entry at least");
        }
        Ok(())
    }

    fn network(&self, options: &ScenarioOptions) -> Checked {
        let network = &options.network;
        if network.hop_mean_us < network.hop_min_us {
            let what = format!("must not be below `hop_min_us`, {}", network.hop_min_us);
            return self.refuse("network/hop_mean_us", &what);
        }
        Ok(())
    }

    /// What the merchant does concerns products that are for sale, while the sale goes on.
    fn browsing(&self, options: &ScenarioOptions) -> Checked {
        let catalog = &options.platform.catalog;
        if catalog.lock_ms <= catalog.load_limit_ms {
            let what = format!("must be above `load_limit_ms`, {}, or two load at once", catalog.load_limit_ms);
            return self.refuse("platform/catalog/lock_ms", &what);
        }
        let Some(browsing) = &options.browsing else { return Ok(()) };
        let skus: BTreeSet<String> = options.products.iter().flat_map(Products::names).collect();
        for (place, change) in browsing.changes.iter().enumerate() {
            let path = |key| format!("browsing/changes/{place}/{key}");
            if !skus.contains(&change.sku) {
                return self.refuse(&path("sku"), &format!("names {}, which is not for sale", change.sku));
            }
            if change.at_ms > options.run.duration_ms {
                return self.refuse(&path("at_ms"), &format!("lies after the sale's {} ms", options.run.duration_ms));
            }
            if change.price_cents.is_none() && change.shown.is_none() {
                return self.refuse(&path("price_cents"), "is missing, and `shown` too: say what is changed");
            }
        }
        Ok(())
    }

    /// Without a catalog none of its parts can be struck.
    fn needs_shop(&self, place: usize, fault: &Fault, options: &ScenarioOptions) -> Checked {
        if options.browsing.is_some() {
            return Ok(());
        }
        let path = |key| format!("faults/{place}/{key}");
        let without = "which only a scenario with [browsing] has";
        if fault.kind().is_of_the_shop() {
            return self.refuse(&path("kind"), &format!("strikes the catalog's database, {without}"));
        }
        let of_the_shop = |host: &Host| matches!(host, Host::Catalog | Host::CatalogDatabase);
        #[expect(clippy::wildcard_enum_match_arm, reason = "no other fault names a role or a host")]
        match fault {
            Fault::ServiceCrash { role: Role::Catalog, .. }
            | Fault::ServicePause { role: Role::Catalog, .. }
            | Fault::ClockSkew { role: Role::Catalog, .. }
            | Fault::ClockJump { role: Role::Catalog, .. } => {
                self.refuse(&path("role"), &format!("is catalog, {without}"))
            }
            Fault::Partition { a, .. } | Fault::Latency { a, .. } if of_the_shop(a) => {
                self.refuse(&path("a"), &format!("is {a}, {without}"))
            }
            Fault::Partition { b, .. } | Fault::Latency { b, .. } if of_the_shop(b) => {
                self.refuse(&path("b"), &format!("is {b}, {without}"))
            }
            _ => Ok(()),
        }
    }

    fn fault(&self, place: usize, scheduled: &ScheduledFault, options: &ScenarioOptions) -> Checked {
        let path = |key| format!("faults/{place}/{key}");
        let duration_ms = options.run.duration_ms;
        if scheduled.until_ms() > duration_ms {
            let what = format!(
                "{} and `for_ms` {} put its end at {} ms, after the sale's {duration_ms} ms: let it end in time, or lengthen `duration_ms` in [run]",
                scheduled.at_ms,
                scheduled.for_ms,
                scheduled.until_ms(),
            );
            return self.refuse(&path("at_ms"), &what);
        }
        self.needs_shop(place, &scheduled.fault, options)?;
        // On a copy, since an aim can also be changed.
        match scheduled.fault.clone().aim_mut() {
            Aim::Replica(role, replica) => {
                let replicas = options.platform.replicas.of(*role);
                if *replica >= replicas {
                    let what = format!("is {replica}, but {role} has {replicas}, numbered from 0");
                    return self.refuse(&path("replica"), &what);
                }
            }
            Aim::Path(a, b) => {
                if a == b {
                    return self.refuse(&path("b"), &format!("is {b}, as `a` is: name two hosts"));
                }
            }
            Aim::Committer(_) | Aim::Given => {}
        }
        Ok(())
    }

    fn faults_drawn(&self, options: &ScenarioOptions) -> Checked {
        let drawn = &options.faults_drawn;
        let duration_ms = options.run.duration_ms;
        let until_ms = drawn.until_ms.unwrap_or(duration_ms);
        if drawn.at_least > drawn.at_most {
            return self.refuse("faults_drawn/at_least", &format!("must not be above `at_most`, {}", drawn.at_most));
        }
        let mut kinds = drawn.kinds.iter().flatten();
        if let Some(kind) = kinds.find(|kind| options.browsing.is_none() && kind.is_of_the_shop()) {
            let what = format!("names {kind}, which strikes what only a scenario with [browsing] has");
            return self.refuse("faults_drawn/kinds", &what);
        }
        if drawn.kinds.as_ref().is_some_and(Vec::is_empty) {
            return self.refuse("faults_drawn/kinds", "is empty: name a kind, or leave it out for all kinds");
        }
        if until_ms > duration_ms {
            return self.refuse("faults_drawn/until_ms", &format!("lies after the sale's {duration_ms} ms"));
        }
        if drawn.from_ms >= until_ms {
            return self
                .refuse("faults_drawn/from_ms", &format!("must lie before {until_ms} ms, when drawn faults are over"));
        }
        Ok(())
    }
}

/// Lower-case letters and digits in words joined by single dashes.
fn is_name(text: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    text.split('-').all(word)
}
