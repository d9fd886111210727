//! Very many generated products, for looking at and searching through: to see what a page costs among a million of them. They
//! are in the catalog's database only, and cannot be bought.

use std::sync::Arc;

use ports::sql::{SqlError, SqlPool, SqlValue};

/// Products of one statement.
const AT_ONCE: u64 = 10_000;
const CATEGORIES: i64 = 50;
const SELLERS: i64 = 200;
const KINDS: [&str; 40] = [
    "lamp", "kettle", "table", "chair", "shelf", "mirror", "clock", "basket", "bucket", "bottle", "blanket", "pillow",
    "curtain", "carpet", "candle", "vase", "plate", "bowl", "spoon", "knife", "ladder", "hammer", "saw", "drill",
    "wrench", "bicycle", "helmet", "tent", "backpack", "lantern", "radio", "camera", "speaker", "keyboard", "monitor",
    "printer", "notebook", "pencil", "puzzle", "drum",
];
const MATERIALS: [&str; 12] =
    ["oak", "steel", "glass", "linen", "cotton", "leather", "bamboo", "copper", "marble", "wool", "cork", "clay"];
const MOODS: [&str; 20] = [
    "quiet", "bright", "sturdy", "gentle", "narrow", "generous", "folding", "nordic", "rustic", "modern", "tiny",
    "giant", "plain", "striped", "round", "square", "soft", "heavy", "light", "clever",
];

/// Adds the products with the numbers from 1 to `count` that are not there yet. `progress` hears how many are done.
///
/// # Errors
/// The database's own error; what was added before it stays.
pub async fn fill(sql: &dyn SqlPool, count: u64, mut progress: impl FnMut(u64)) -> Result<(), SqlError> {
    let parts = [CATEGORIES.into(), SELLERS.into()];
    sql.query(include_str!("../../sql/window/many_parts.sql"), &parts).await?;
    let words = |words: &[&str]| SqlValue::TextArray(words.iter().map(|word| Arc::from(*word)).collect());
    let number = |number: u64| SqlValue::Int(i64::try_from(number).unwrap_or(i64::MAX));
    let mut done = 0;
    while done < count {
        let last = count.min(done + AT_ONCE);
        let params = [
            number(done + 1),
            number(last),
            words(&KINDS),
            words(&MATERIALS),
            words(&MOODS),
            CATEGORIES.into(),
            SELLERS.into(),
        ];
        sql.query(include_str!("../../sql/window/many.sql"), &params).await?;
        done = last;
        progress(done);
    }
    Ok(())
}
