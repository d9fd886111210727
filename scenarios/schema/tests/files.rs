//! The scenario files of this repository, read as they stand.

use std::path::{Path, PathBuf};

use scenario::Scenario;

fn scenarios() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the scenarios' folder")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .collect();
    files.sort();
    files
}

#[test]
fn every_file_is_a_scenario_named_as_its_file() {
    let files = scenarios();
    assert!(!files.is_empty());
    for file in files {
        for scenario in Scenario::load_variants(&file).unwrap_or_else(|error| panic!("{error}")) {
            assert_eq!(Some(scenario.name.as_str()), file.file_stem().and_then(|stem| stem.to_str()));
        }
    }
}
