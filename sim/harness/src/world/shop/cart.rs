//! A visitor's carts: perhaps their own, filled on another device, then a guest's, then both in one when they sign in.
//!
//! Lines are put in as impatient people with two tabs do it: all at once, some of them twice. What the cart shows is told to
//! the checkers only when no request of this visitor is under way.

use std::collections::BTreeMap;

use bytes::Bytes;
use checkers::history::{CartEnd, CartRef, ShopEvent, Sku};
use http::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use http::{HeaderValue, Method, Request, StatusCode};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::visitor::Visitor;
use super::{happens, up_to};
use crate::world::stage::Stage;

/// How often a request about a cart is sent that nothing came of.
const TRIES: u32 = 6;
/// Wait before it is sent again, in microseconds.
const RETRY_US: i64 = 200_000;
/// Most units of one line.
const MOST: u32 = 5;

#[derive(Deserialize)]
struct Cart {
    cart_id: String,
    lines: Vec<Line>,
}

#[derive(Deserialize)]
struct Line {
    sku: String,
    quantity: u8,
    price_cents: Option<i64>,
}

/// As whom a visitor acts.
#[derive(Clone)]
enum As {
    Guest {
        cookie: Option<HeaderValue>,
    },
    Shopper,
    /// Signing in with a guest's cookie.
    SigningIn {
        cookie: HeaderValue,
    },
}

/// One request about a cart.
#[derive(Clone)]
struct Call {
    method: Method,
    path: String,
    body: Bytes,
    as_whom: As,
}

/// How a request ended.
struct Ended {
    status: StatusCode,
    cart: Option<Cart>,
    cookie: Option<HeaderValue>,
}

impl<S: Stage> Visitor<S> {
    /// Fills carts and signs in; the price of `wanted` as the cart shows it.
    pub(super) async fn fill_cart(&mut self, wanted: &str) -> Option<i64> {
        self.shop.figure(|figures| figures.carts += 1);
        if happens(&mut self.rng, self.shop.browsing().second_device_ratio) {
            let own = self.open(As::Shopper).await?;
            let lines = self.draw_lines(wanted);
            self.put_all(&own.0, false, &As::Shopper, lines).await;
            self.look_into(&own.0, false, &As::Shopper).await;
        }
        let guest = self.open(As::Guest { cookie: None }).await?;
        let cookie = guest.1?;
        let as_guest = As::Guest { cookie: Some(cookie.clone()) };
        let lines = self.draw_lines(wanted);
        self.put_all(&guest.0, true, &as_guest, lines).await;
        self.look_into(&guest.0, true, &as_guest).await;
        self.think().await;
        let own_id = self.sign_in(cookie).await?;
        let cart = self.look_into(&own_id, false, &As::Shopper).await?;
        cart.lines.iter().find(|line| line.sku == wanted).and_then(|line| line.price_cents)
    }

    /// What goes into a cart: what is wanted, and some of what others want.
    fn draw_lines(&mut self, wanted: &str) -> BTreeMap<String, u8> {
        let mut lines = BTreeMap::new();
        let count = up_to(&mut self.rng, self.shop.browsing().cart_lines);
        let mut sku = wanted.to_owned();
        for _ in 0..count {
            lines.insert(sku, u8::try_from(up_to(&mut self.rng, MOST)).expect("small"));
            let products = u32::try_from(self.shop.skus.len()).expect("fewer than 65,536 products");
            sku = self.shop.skus[up_to(&mut self.rng, products) as usize - 1].clone();
        }
        lines
    }

    /// Opens a cart: its id, and a guest's cookie.
    async fn open(&mut self, as_whom: As) -> Option<(String, Option<HeaderValue>)> {
        let call = Call { method: Method::POST, path: "/v1/carts".to_owned(), body: Bytes::new(), as_whom };
        let ended = self.call(&call).await?;
        ended.cart.map(|cart| (cart.cart_id, ended.cookie))
    }

    /// Takes the guest's cart over, some of the times twice; the id of the visitor's own cart.
    async fn sign_in(&mut self, cookie: HeaderValue) -> Option<String> {
        let as_whom = As::SigningIn { cookie };
        let call = Call { method: Method::POST, path: "/v1/carts".to_owned(), body: Bytes::new(), as_whom };
        let times = 1 + u32::from(happens(&mut self.rng, self.shop.browsing().cart_repeat_ratio));
        let mut id = None;
        for time in 0..times {
            if time > 0 {
                self.shop.observer.probe("merge-repeated");
            }
            let sent_us = self.shop.timeline.now_us();
            let ended = self.call(&call).await;
            let end = if ended.is_some() { CartEnd::Done } else { CartEnd::Unknown };
            let took_us = self.shop.since(sent_us);
            self.shop.observe(ShopEvent::Merged { visitor: self.number, end, took_us });
            id = ended.and_then(|ended| ended.cart).map(|cart| cart.cart_id).or(id);
        }
        id
    }

    /// Puts lines in, all at once.
    async fn put_all(&mut self, cart_id: &str, guest: bool, as_whom: &As, lines: BTreeMap<String, u8>) {
        let sent_us = self.shop.timeline.now_us();
        let mut tabs = Vec::new();
        for (sku, quantity) in lines {
            let path = format!("/v1/carts/{cart_id}/items/{sku}");
            let body = Bytes::from(serde_json::json!({ "quantity": quantity }).to_string());
            let call = Call { method: Method::PUT, path, body, as_whom: as_whom.clone() };
            let times = 1 + u32::from(happens(&mut self.rng, self.shop.browsing().cart_repeat_ratio));
            let sku = self.sku(&sku);
            for _ in 0..times {
                let mut tab = self.tab();
                let call = call.clone();
                tabs.push(tokio::spawn(
                    async move { (sku, quantity, tab.call(&call).await.map(|ended| ended.status)) },
                ));
            }
        }
        let cart = CartRef { visitor: self.number, guest };
        for tab in tabs {
            let (sku, quantity, status) = tab.await.expect("a tab does not panic");
            let end = match status {
                Some(StatusCode::OK) => CartEnd::Done,
                Some(_refused) => continue,
                None => CartEnd::Unknown,
            };
            let took_us = self.shop.since(sent_us);
            self.shop.observe(ShopEvent::LineSet { cart, sku, quantity, end, took_us });
        }
    }

    /// Looks into a cart, and tells the checkers what it shows.
    async fn look_into(&mut self, cart_id: &str, guest: bool, as_whom: &As) -> Option<Cart> {
        let (path, as_whom) = (format!("/v1/carts/{cart_id}"), as_whom.clone());
        let call = Call { method: Method::GET, path, body: Bytes::new(), as_whom };
        let cart = self.call(&call).await?.cart?;
        let seen = CartRef { visitor: self.number, guest };
        for line in &cart.lines {
            let sku = self.sku(&line.sku);
            self.shop.observe(ShopEvent::LineSeen { cart: seen, sku, quantity: line.quantity });
        }
        self.shop.observe(ShopEvent::CartSeen { cart: seen });
        Some(cart)
    }

    fn sku(&self, sku: &str) -> Sku {
        let place = self.shop.skus.iter().position(|known| known == sku).expect("a cart holds what is for sale");
        Sku(u16::try_from(place).expect("fewer than 65,536 products"))
    }

    fn tab(&mut self) -> Tab<S> {
        use rand_chacha::rand_core::{Rng, SeedableRng};
        Tab { shop: self.shop.clone(), number: self.number, rng: ChaCha8Rng::seed_from_u64(self.rng.next_u64()) }
    }

    async fn call(&mut self, call: &Call) -> Option<Ended> {
        self.tab().call(call).await
    }
}

/// One tab of a visitor's browser.
struct Tab<S: Stage> {
    shop: std::sync::Arc<super::Inner<S>>,
    number: u32,
    rng: ChaCha8Rng,
}

impl<S: Stage> Tab<S> {
    /// Sends a request until it is answered for good; none when it never was.
    async fn call(&mut self, call: &Call) -> Option<Ended> {
        for _ in 0..TRIES {
            let request = self.request(call);
            let answer = self.shop.ask(&mut self.rng, request).await;
            if let Ok(answer) = answer
                && !answer.status().is_server_error()
            {
                let cookie = answer.headers().get(SET_COOKIE).and_then(sent_back);
                let cart = serde_json::from_slice(answer.body()).ok();
                return Some(Ended { status: answer.status(), cart, cookie });
            }
            self.shop.observer.probe("cart-request-repeated");
            self.shop.pause(RETRY_US).await;
        }
        None
    }

    fn request(&self, call: &Call) -> Request<Bytes> {
        let mut request = Request::new(call.body.clone());
        *request.method_mut() = call.method.clone();
        *request.uri_mut() = call.path.parse().expect("cart ids and SKUs fit an address");
        let headers = request.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let (cookie, signed_in) = match &call.as_whom {
            As::Guest { cookie } => (cookie.as_ref(), false),
            As::Shopper => (None, true),
            As::SigningIn { cookie } => (Some(cookie), true),
        };
        if let Some(cookie) = cookie {
            headers.insert(COOKIE, cookie.clone());
        }
        if signed_in {
            let shopper = HeaderValue::from_str(&format!("s{}", self.number)).expect("letters and digits");
            headers.insert("x-shopper-id", shopper);
        }
        request
    }
}

/// A cookie as a browser sends it back: its name and its value.
fn sent_back(set: &HeaderValue) -> Option<HeaderValue> {
    let pair = set.to_str().ok()?.split(';').next()?;
    HeaderValue::from_str(pair).ok()
}
