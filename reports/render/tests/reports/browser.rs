//! The page in a real browser: charts are there, nothing is reported as an error, the keyboard and the pointer work, and it
//! fits a phone and a dark room. Needs Debian's package `chromium`, which `.ci/test` installs where it is missing.
//!
//! With `REPORTS_SCREENSHOTS=FOLDER`, pictures of what was seen are left there, to be looked at.

use std::path::PathBuf;

use crate::devtools::Browser;
use crate::sample::{file, record, reports};

const TAB: u32 = 9;
const END: u32 = 35;
const HOME: u32 = 36;
const RIGHT: u32 = 39;
const DOWN: u32 = 40;
const ESCAPE: u32 = 27;

/// A page, in a folder that lasts as long as the test.
fn page() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = file(folder.path(), "record.json", &record(7).to_json());
    let out = folder.path().join("out");
    let output = reports(["render".as_ref(), path.as_os_str(), "-o".as_ref(), out.as_os_str()]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    (folder, out.join("index.html"))
}

/// Leaves a picture where `REPORTS_SCREENSHOTS` says, as base64, which `base64 -d` turns into a PNG file.
fn keep_picture(browser: &mut Browser, name: &str) {
    let picture = browser.screenshot();
    assert!(picture.starts_with("iVBORw0KGgo"), "a PNG");
    if let Some(folder) = std::env::var_os("REPORTS_SCREENSHOTS") {
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png.base64")), picture).expect("the folder is there");
    }
}

fn count(browser: &mut Browser, selector: &str) -> u64 {
    let visible = "(one) => one.getBoundingClientRect().width > 100 && one.getBoundingClientRect().height > 100";
    let counted = browser.value_of(&format!("[...document.querySelectorAll('{selector}')].filter({visible}).length"));
    counted.as_u64().expect("a number")
}

fn readout(browser: &mut Browser) -> String {
    let told = browser.value_of("document.activeElement.parentElement.querySelector('.readout')?.textContent ?? ''");
    told.as_str().expect("text").to_owned()
}

/// Presses Tab until the focus is on what the selector names.
fn tab_to(browser: &mut Browser, selector: &str) {
    for _ in 0..60 {
        browser.press("Tab", TAB);
        if browser.value_of(&format!("document.activeElement.matches('{selector}')")) == true {
            return;
        }
    }
    panic!("{selector} cannot be reached with the Tab key");
}

#[test]
fn charts_are_there_and_nothing_is_reported_as_an_error() {
    let (_folder, page) = page();
    let mut browser = Browser::start();
    browser.look(1_000, 800, false);
    browser.open(&page);
    // Six charts and two timelines; the latter's narrow twins are hidden.
    assert_eq!(count(&mut browser, "svg"), 8);
    assert_eq!(count(&mut browser, "svg.narrow"), 0);
    let drawn = browser.value_of("document.querySelectorAll('#stock + figure svg.wide polyline').length");
    assert!(drawn.as_u64().is_some_and(|lines| lines >= 4), "{drawn}");
    keep_picture(&mut browser, "wide");
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn the_keyboard_alone_reads_charts_and_timelines() {
    let (_folder, page) = page();
    let mut browser = Browser::start();
    browser.look(1_000, 800, false);
    browser.open(&page);
    tab_to(&mut browser, ".timeline");
    browser.press("ArrowDown", DOWN);
    browser.press("ArrowDown", DOWN);
    assert_eq!(readout(&mut browser), "0.002000 s · redis · the order holds 1 × TV, the counter is 9");
    browser.press("End", END);
    assert!(readout(&mut browser).contains("the order and order 2 were under way at once"));
    tab_to(&mut browser, "#traffic + figure .plot");
    browser.press("ArrowRight", RIGHT);
    let first = readout(&mut browser);
    assert!(first.contains("arrivals (requests): 10,000"), "{first}");
    browser.press("ArrowRight", RIGHT);
    assert_ne!(readout(&mut browser), first, "the cursor moves on");
    browser.press("Home", HOME);
    assert_eq!(readout(&mut browser), first);
    browser.press("Escape", ESCAPE);
    let hidden = browser.value_of("document.activeElement.querySelector('.cursor').hidden");
    assert_eq!(hidden, true);
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn the_pointer_reads_the_chart_under_it() {
    let (_folder, page) = page();
    let mut browser = Browser::start();
    browser.look(1_000, 800, false);
    browser.open(&page);
    let place = "(() => { const plot = document.querySelector('#stock + figure .plot'); plot.scrollIntoView(); \
                 const box = plot.getBoundingClientRect(); return [box.left + box.width / 2, box.top + box.height / 2]; })()";
    let place = browser.value_of(place);
    browser.point_at(place[0].as_f64().expect("x"), place[1].as_f64().expect("y"));
    let told = browser.value_of("document.querySelector('#stock + figure .readout').textContent");
    assert!(told.as_str().is_some_and(|told| told.contains("Postgres has on hand: ")), "{told}");
    assert_eq!(browser.errors, [""; 0]);
}

#[test]
fn a_phone_in_the_dark_shows_all_of_it() {
    let (_folder, page) = page();
    let mut browser = Browser::start();
    browser.look(360, 740, true);
    browser.open(&page);
    assert_eq!(count(&mut browser, "svg.narrow"), 8);
    assert_eq!(count(&mut browser, "svg.wide"), 0);
    let wider = browser.value_of("document.documentElement.scrollWidth");
    assert_eq!(wider, 360, "nothing sticks out at the side");
    let paper = browser.value_of("getComputedStyle(document.body).backgroundColor");
    assert_eq!(paper, "rgb(13, 17, 23)");
    let ink = browser.value_of("getComputedStyle(document.querySelector('#stock + figure svg.narrow text')).fill");
    assert_eq!(ink, "rgb(230, 237, 243)", "a chart's text is light in the dark");
    keep_picture(&mut browser, "phone-dark");
    assert_eq!(browser.errors, [""; 0]);
}
