//! Fills a cart as a guest, and buys all that is in it as one order, as the storefront does.
//!
//! The cart is known by a cookie, which this shopper keeps by hand: the connections are everybody's.

use bytes::Bytes;
use http::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use http::{HeaderValue, Method, Request};
use http_body_util::Full;
use record::Outcome;

use super::look::looked;
use super::{Visitor, checkout};
use crate::answer;
use crate::endpoint::Endpoint;
use crate::shop::Cart;

/// Most lines beside the first.
const FURTHER_LINES: u32 = 2;

/// Fills a cart and buys it.
pub(super) async fn fill_and_buy(visitor: &mut Visitor) -> Outcome {
    match fill(visitor).await {
        Ok(cart) => visitor.cart = Some(cart),
        Err(outcome) => return outcome,
    }
    visitor.clicked_us = visitor.after_thinking().await - visitor.on_its_way_us();
    checkout::buy(visitor).await
}

/// Opens a cart and puts its lines in.
async fn fill(visitor: &mut Visitor) -> Result<Cart, Outcome> {
    let due_us = visitor.clicked_us + visitor.on_its_way_us();
    visitor.wait_until(due_us).await;
    let mut open = Request::new(Full::new(Bytes::new()));
    *open.method_mut() = Method::POST;
    *open.uri_mut() = http::Uri::from_static("/v1/carts");
    let (mut address, mut cookie) = (None, None);
    let answer = visitor
        .ask(Endpoint::CartOpen, open, due_us, |response| {
            let text = |name| response.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
            address = text(LOCATION).map(str::to_owned);
            cookie = text(SET_COOKIE)
                .and_then(|cookie| cookie.split(';').next())
                .and_then(|pair| HeaderValue::from_str(pair).ok());
            answer::plain(response)
        })
        .await;
    looked(answer)?;
    let (Some(address), Some(cookie)) = (address, cookie) else { return Err(Outcome::Failed) };
    let mut lines = vec![visitor.product];
    for _ in 0..visitor.choose(FURTHER_LINES) {
        let draw = visitor.draw();
        let line = visitor.shop.catalogue.pick(draw);
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    for line in &lines {
        let due_us = visitor.after_thinking().await;
        let sku = &visitor.shop.catalogue.products[*line].sku;
        let mut put = Request::new(Full::new(Bytes::from_static(br#"{"quantity":1}"#)));
        *put.method_mut() = Method::PUT;
        *put.uri_mut() = format!("{address}/items/{sku}").parse().map_err(|_| Outcome::Failed)?;
        put.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        put.headers_mut().insert(COOKIE, cookie.clone());
        looked(visitor.ask(Endpoint::CartItem, put, due_us, answer::plain).await)?;
    }
    let checkout = format!("{address}/checkout").parse().map_err(|_| Outcome::Failed)?;
    Ok(Cart { checkout, cookie })
}
