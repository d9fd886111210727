//! The whole scenario: loading it, its variants, its hash.
//!
//! What spans more than one key is left to `check.rs`.

use std::path::Path;

use serde::Serialize;
use toml::de::{DeTable, DeValue};
use xxhash_rust::xxh3::xxh3_64;

use crate::browsing::Browsing;
use crate::calibration::Calibration;
use crate::check::check;
use crate::error::ScenarioError;
use crate::fault::{FaultsDrawn, ScheduledFault};
use crate::infrastructure::{CostModel, Network, Redis};
use crate::journeys::Journeys;
use crate::knob::KeyDoc;
use crate::options::options;
use crate::platform::Platform;
use crate::products::{Catalogue, Products};
use crate::run::{Expectation, RunOptions};
use crate::section::{Name, Section, Source};
use crate::shoppers::Shoppers;
use crate::targets::Targets;
use crate::variants::{self, Variant};

options! {
    /// The top level of a scenario file.
    pub struct ScenarioOptions {
        /// The scenario's name, as in its file's name.
        name: String;
        /// What it is for, in a sentence or two.
        description: String;
        /// How a run is meant to end: holds or fails.
        expect: Expectation = Expectation::Holds;
        /// Rare states that must be reached at least once over a sweep, by the simulator's names.
        probes: Vec<String> = Vec::new();
        /// Length of the sale.
        run: RunOptions;
        /// The crowd.
        shoppers: Shoppers;
        /// What shoppers come for, on real servers.
        journeys: Journeys = Journeys::of_defaults();
        /// What is for sale.
        products: Vec<Products>;
        /// The shop around the sale: pages and carts; left out, shoppers only buy.
        browsing: Option<Browsing> = None;
        /// How the platform is deployed and set.
        platform: Platform = Platform::of_defaults();
        /// Redis.
        redis: Redis = Redis::of_defaults();
        /// The network.
        network: Network = Network::of_defaults();
        /// What operations cost.
        cost_model: CostModel = CostModel::of_defaults();
        /// Faults at stated times.
        faults: Vec<ScheduledFault> = Vec::new();
        /// Faults drawn from the seed.
        faults_drawn: FaultsDrawn = FaultsDrawn::of_defaults();
        /// The scenario's own numbers.
        targets: Targets = Targets::of_defaults();
        /// The same scenario with some keys changed, each under a name of its own.
        variants: Vec<Variant> = Vec::new();
    }
}

/// A scenario, read and checked whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Scenario {
    /// The file it came from, as it was named; no part of the hash.
    #[serde(skip)]
    pub file: String,
    /// What the file says, with the variant's keys in place.
    #[serde(flatten)]
    pub options: ScenarioOptions,
    /// The variant in force; `None` for the file as it stands.
    pub variant: Option<String>,
    /// What the calibration file says.
    pub calibration: Calibration,
}

impl std::ops::Deref for Scenario {
    type Target = ScenarioOptions;

    /// The keys of the file read as fields: `scenario.shoppers.count`.
    fn deref(&self) -> &ScenarioOptions {
        &self.options
    }
}

impl Scenario {
    /// Reads a scenario file as it stands, no variant in force; its variants are checked all the same.
    ///
    /// # Errors
    /// When the file, or the calibration it names, cannot be read or says something wrong.
    pub fn load(path: &Path) -> Result<Self, ScenarioError> {
        let (text, file) = read(path)?;
        Self::parse(&text, &file)
    }

    /// Reads a scenario file with each of its variants in turn; a file without variants gives itself.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn load_variants(path: &Path) -> Result<Vec<Self>, ScenarioError> {
        let (text, file) = read(path)?;
        let (base, variants) = Self::parse_all(&text, &file)?;
        Ok(if variants.is_empty() { vec![base] } else { variants })
    }

    /// Reads a scenario file with one variant in force.
    ///
    /// # Errors
    /// As [`Scenario::load`], and when the file has no such variant.
    pub fn load_variant(path: &Path, variant: &str) -> Result<Self, ScenarioError> {
        let (text, file) = read(path)?;
        let (base, variants) = Self::parse_all(&text, &file)?;
        let wanted = variants.into_iter().find(|scenario| scenario.variant.as_deref() == Some(variant));
        wanted.ok_or_else(|| {
            let names: Vec<_> = base.variants.iter().map(|variant| variant.name.as_str()).collect();
            let known = if names.is_empty() {
                "the file has no variants".to_owned()
            } else {
                format!("its variants are {}", names.join(", "))
            };
            ScenarioError::NoSuchVariant { file, wanted: variant.to_owned(), known }
        })
    }

    /// Reads a scenario's text. `file` is its name in errors, and where a calibration file is looked for beside.
    ///
    /// # Errors
    /// As [`Scenario::load`].
    pub fn parse(text: &str, file: &str) -> Result<Self, ScenarioError> {
        Self::parse_all(text, file).map(|(base, _)| base)
    }

    fn parse_all(text: &str, file: &str) -> Result<(Self, Vec<Self>), ScenarioError> {
        let source = Source { file, text };
        let table = source.table()?;
        let base = Self::assemble(&source, &table, None)?;
        let variant = |(place, variant): (usize, &Variant)| {
            let merged = variants::merged(&table, place);
            Self::assemble(&source, &merged, Some(variant.name.clone()))
        };
        let variants = base.variants.iter().enumerate().map(variant).collect::<Result<_, _>>()?;
        Ok((base, variants))
    }

    fn assemble(source: &Source<'_>, table: &DeTable<'_>, variant: Option<String>) -> Result<Self, ScenarioError> {
        let name = Name::default();
        let section = Section::open(source, &name, table, 0, ScenarioOptions::KEYS)?;
        let options = ScenarioOptions::from_section(&section)?;
        check(source, table, &options)?;
        let calibration = calibration(source, table, &options)?;
        Ok(Self { file: source.file.to_owned(), options, variant, calibration })
    }

    /// The name, with the variant after a slash where one is in force.
    #[must_use]
    pub fn title(&self) -> String {
        match &self.variant {
            Some(variant) => format!("{}/{variant}", self.name),
            None => self.name.clone(),
        }
    }

    /// Hash of everything the scenario says, calibration and defaults included; comments and layout do not matter.
    ///
    /// # Panics
    /// Never: a scenario has string keys only, so it can be written as JSON.
    #[must_use]
    pub fn hash(&self) -> u64 {
        let json = serde_json::to_vec(self).expect("a scenario has string keys only");
        xxh3_64(&json)
    }

    /// Every key of a scenario file, for documentation.
    #[must_use]
    pub fn keys() -> Vec<KeyDoc> {
        ScenarioOptions::KEYS.to_vec()
    }

    /// Every SKU, with its share of the demand.
    #[must_use]
    pub fn catalogue(&self) -> Catalogue {
        Catalogue::new(&self.products)
    }
}

fn read(path: &Path) -> Result<(String, String), ScenarioError> {
    let text = std::fs::read_to_string(path).map_err(|why| ScenarioError::Unreadable { file: path.to_owned(), why })?;
    Ok((text, path.display().to_string()))
}

/// The calibration the scenario names, or the built-in one.
fn calibration(
    source: &Source<'_>,
    table: &DeTable<'_>,
    options: &ScenarioOptions,
) -> Result<Calibration, ScenarioError> {
    let Some(name) = &options.cost_model.calibration else {
        return Ok(Calibration::two_core());
    };
    let path = Path::new(source.file).with_file_name(name);
    let text = std::fs::read_to_string(&path).map_err(|why| {
        let offset = table
            .get("cost_model")
            .and_then(|section| section.get_ref().get("calibration"))
            .map_or(0, |value: &toml::Spanned<DeValue<'_>>| value.span().start);
        source.refuse(
            offset,
            &format!("`calibration` in [cost_model] names {}, which cannot be read: {why}", path.display()),
        )
    })?;
    Calibration::parse(&text, &path.display().to_string())
}
