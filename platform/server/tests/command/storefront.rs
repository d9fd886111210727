//! The storefront in a real browser, on `platform serve --embedded`: found, filled, bought, and watched until it arrives.
//! Needs Debian's package `chromium`, as the tests of reports do. With `REPORTS_SCREENSHOTS=FOLDER`, pictures are left.

use std::time::Duration;

use crate::devtools::Browser;
use crate::process::Serving;

const TAB: u32 = 9;
const ENTER: u32 = 13;

const QUICK: [&str; 6] =
    ["serve", "--embedded", "--set", "fulfilment.picking_ms=200", "--set", "fulfilment.transit_ms=200"];

/// Looks until an expression is true.
fn until(browser: &mut Browser, expression: &str) {
    for _ in 0..150 {
        if browser.value_of(expression) == true {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("{expression} did not come true: {}", browser.value_of("document.body.innerText"));
}

/// Presses Tab until the focus is on what the selector names.
fn reach(browser: &mut Browser, selector: &str) {
    for _ in 0..40 {
        browser.press("Tab", TAB);
        if browser.value_of(&format!("document.activeElement.matches('{selector}')")) == true {
            return;
        }
    }
    panic!("{selector} cannot be reached with the Tab key");
}

fn press_enter(browser: &mut Browser) {
    let event = serde_json::json!({ "type": "keyDown", "key": "Enter", "code": "Enter", "text": "\r",
                                    "windowsVirtualKeyCode": ENTER });
    browser.call("Input.dispatchKeyEvent", event);
}

/// Presses Tab until the focus is on what the selector names, then Enter.
fn enter(browser: &mut Browser, selector: &str) {
    reach(browser, selector);
    press_enter(browser);
}

fn keep_picture(browser: &mut Browser, name: &str) {
    let picture = browser.screenshot();
    assert!(picture.starts_with("iVBORw0KGgo"), "a PNG");
    if let Some(folder) = std::env::var_os("REPORTS_SCREENSHOTS") {
        let path = std::path::PathBuf::from(folder).join(format!("storefront-{name}.png.base64"));
        std::fs::write(path, picture).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_keyboard_alone_a_cart_is_filled_bought_as_one_order_and_watched_until_it_arrives() {
    let shop = Serving::start(&QUICK);
    let mut browser = Browser::start();
    browser.look(1_000, 800, false);
    browser.open_url(&shop.url);
    until(&mut browser, "document.querySelectorAll('.grid a').length === 3");
    keep_picture(&mut browser, "grid");
    enter(&mut browser, "a[data-sku=LAMP]");
    until(&mut browser, "document.querySelector('#stock')?.textContent === '1000 left'");
    enter(&mut browser, "#add");
    until(&mut browser, "document.querySelector('#cart-count').textContent === '1'");
    browser.value_of("document.querySelector('.brand').focus()");
    enter(&mut browser, "nav a");
    until(&mut browser, "document.querySelectorAll('.grid a').length === 3");
    enter(&mut browser, "a[data-sku=KETTLE]");
    until(&mut browser, "document.querySelector('#countdown') !== null");
    enter(&mut browser, "#add");
    until(&mut browser, "document.querySelector('#cart-count').textContent === '2'");
    browser.value_of("document.querySelector('.brand').focus()");
    enter(&mut browser, "#cart-link");
    until(&mut browser, "document.querySelector('#buy') !== null && !document.querySelector('#buy').disabled");
    keep_picture(&mut browser, "cart");
    enter(&mut browser, "#buy");
    until(&mut browser, "document.querySelectorAll('#results a.order').length === 1");
    until(&mut browser, "document.querySelector('#cart-count').textContent === '0'");
    enter(&mut browser, "#results a.order");
    until(&mut browser, "document.querySelector('#status')?.textContent === 'delivered'");
    keep_picture(&mut browser, "order");
    browser.value_of("location.hash = '#/p/LAMP'");
    until(&mut browser, "document.querySelector('section a[href=\"#/p/KETTLE\"]') !== null");
    assert!(browser.errors.is_empty(), "{:?}", browser.errors);
    let (_, lamps) = shop.get("/v1/products/LAMP/availability").await;
    assert_eq!(lamps["available"].as_i64(), Some(999));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_typed_is_completed_found_though_misspelt_and_narrowed() {
    let shop = Serving::start(&QUICK);
    let mut browser = Browser::start();
    browser.look(1_000, 800, false);
    browser.open_url(&shop.url);
    until(&mut browser, "document.querySelectorAll('.grid a').length === 3");
    reach(&mut browser, "#q");
    browser.call("Input.insertText", serde_json::json!({ "text": "desk l" }));
    until(&mut browser, "document.querySelector('#suggestions option')?.value === 'Desk lamp'");
    browser.value_of("document.querySelector('#q').select()");
    browser.call("Input.insertText", serde_json::json!({ "text": "ketle" }));
    press_enter(&mut browser);
    until(&mut browser, "document.querySelector('#hits a')?.dataset.sku === 'KETTLE'");
    assert_eq!(browser.value_of("document.querySelectorAll('#hits a').length"), 1);
    assert_eq!(browser.value_of("document.querySelector('#found').textContent"), "1 found");
    keep_picture(&mut browser, "search");
    browser.value_of("location.hash = '#/s/sort%3Dprice-asc'");
    until(&mut browser, "document.querySelectorAll('#hits a').length === 3");
    assert_eq!(browser.value_of("document.querySelector('#hits a').dataset.sku"), "LAMP");
    browser.value_of("document.querySelector('#main').focus()");
    enter(&mut browser, ".facets a[href*=category]");
    until(&mut browser, "document.querySelectorAll('#hits a').length === 1");
    browser.value_of("location.hash = '#/s/q%3D%253Cimg%2520src%253Dx%2520onerror%253Dalert(1)%253E'");
    until(&mut browser, "document.querySelector('#main').textContent.includes('Nothing found.')");
    assert_eq!(browser.value_of("document.querySelector('h1').textContent"), "“<img src=x onerror=alert(1)>”");
    assert!(browser.errors.is_empty(), "{:?}", browser.errors);
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_keyboard_alone_somebody_signs_up_and_out_and_their_cart_is_their_own() {
    let shop = Serving::start(&QUICK);
    let mut browser = Browser::start();
    browser.look(1_000, 800, false);
    browser.open_url(&shop.url);
    until(&mut browser, "document.querySelectorAll('.grid a').length === 3");
    enter(&mut browser, "a[data-sku=LAMP]");
    until(&mut browser, "document.querySelector('#add') !== null");
    enter(&mut browser, "#add");
    until(&mut browser, "document.querySelector('#cart-count').textContent === '1'");
    browser.value_of("location.hash = '#/me'");
    until(&mut browser, "document.querySelector('#sign-up') !== null");
    browser.value_of("document.querySelector('#email').value = 'ann@example.org'");
    browser.value_of("document.querySelector('#password').value = 'correct horse'");
    enter(&mut browser, "#sign-up");
    until(&mut browser, "document.querySelector('#sign-out') !== null");
    until(&mut browser, "document.querySelector('#cart-count').textContent === '1'");
    assert_eq!(browser.value_of("document.cookie"), "", "scripts see neither the cart's cookie nor the session's");
    enter(&mut browser, "#sign-out");
    until(&mut browser, "document.querySelector('#sign-in') !== null");
    until(&mut browser, "document.querySelector('#cart-count').textContent === '0'");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_counts_down_and_every_page_fits_a_phone() {
    let shop = Serving::start(&QUICK);
    let mut browser = Browser::start();
    browser.look(360, 640, true);
    browser.open_url(&shop.url);
    for (page, ready) in [
        ("#/", "document.querySelectorAll('.grid a').length === 3"),
        ("#/c/home", "document.querySelectorAll('.grid a').length === 1"),
        ("#/p/KETTLE", "document.querySelector('#countdown')?.textContent.startsWith('Deal ends in 01:59')"),
        ("#/s/q%3Dkettle", "document.querySelectorAll('#hits a').length === 1"),
        ("#/cart", "document.querySelector('h1')?.textContent === 'Cart'"),
        ("#/p/GHOST", "document.querySelector('.told') !== null"),
    ] {
        browser.value_of(&format!("location.hash = '{page}'"));
        until(&mut browser, ready);
        let fits = browser.value_of("document.documentElement.scrollWidth <= innerWidth");
        assert_eq!(fits, true, "{page} is wider than a phone");
    }
    browser.value_of("location.hash = '#/p/KETTLE'");
    until(&mut browser, "document.querySelector('#countdown') !== null");
    let first = browser.value_of("document.querySelector('#countdown').textContent");
    until(&mut browser, &format!("document.querySelector('#countdown').textContent !== {first}"));
    keep_picture(&mut browser, "phone");
}

#[tokio::test]
async fn an_orders_way_is_told_as_it_goes_and_to_its_shopper_only() {
    let shop = Serving::start(&QUICK);
    let (_, order) = shop.buy("k1", "KETTLE", "pm_card_visa").await;
    let url = format!("{}/v1/orders/{}/events", shop.url, order["order_id"].as_str().unwrap());
    let client = reqwest::Client::new();
    let mallory = client.get(&url).header("x-shopper-id", "mallory").send().await.unwrap();
    assert_eq!(mallory.status().as_u16(), 404);
    let told = client.get(&url).header("x-shopper-id", "ann").send().await.unwrap();
    assert_eq!(told.headers()["content-type"], "text/event-stream");
    let told = told.text().await.unwrap();
    let last = told.lines().rfind(|line| line.starts_with("data: ")).unwrap();
    assert!(last.contains("\"status\":\"delivered\""), "{told}");
    assert!(told.matches("event: order").count() >= 2, "{told}");
}
