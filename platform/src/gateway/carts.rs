//! `/v1/carts`: whose cart it is, and the way to it.
//!
//! A guest's cart is known by a signed cookie; a shopper's own is derived from who they are, so that it is the same on
//! each of their devices. Somebody else's cart is answered exactly as one that does not exist. A shopper who comes with a
//! guest's cookie takes that cart over (the rule stands in `lua/cart/merge.lua`).

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CONTENT_TYPE, LOCATION, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde::Serialize;

use super::availability::path_segment;
use super::cart_cookie::{self, CartCookies};
use super::problem::{Problem, ProblemKind};
use super::{Gateway, READ_TIMEOUT, answers, request};
use crate::messages::{CartMerge, CartPut, CartView, ORDERS};

/// The parts of an address; an error when they are no UTF-8.
pub(super) type Parts<T> = Result<Path<T>, PathRejection>;

/// The caller's cart: a new one, the one of their cookie, or their own with that one merged into it.
pub(super) async fn open(State(gateway): State<Arc<Gateway>>, headers: HeaderMap) -> Response {
    opened(&gateway, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn opened(gateway: &Gateway, headers: &HeaderMap) -> Result<Response, Problem> {
    let cookies = gateway.cart_cookies();
    let guest = cookies.of(headers);
    if gateway.names_somebody(headers) {
        let own = cookies.own(&gateway.shopper(headers).await?);
        let cart = match guest.filter(|guest| *guest != own) {
            Some(guest_cart_id) => {
                let path = format!("/internal/carts/{own}/merge");
                call(gateway, Method::POST, path, Some(&CartMerge { guest_cart_id })).await?
            }
            None => call::<()>(gateway, Method::GET, format!("/internal/carts/{own}"), None).await?,
        };
        let mut response = answers::json(StatusCode::OK, &cart);
        response.headers_mut().insert(SET_COOKIE, cart_cookie::forgotten());
        return Ok(response);
    }
    let (status, cart_id) = match guest {
        Some(cart_id) => (StatusCode::OK, cart_id),
        None => (StatusCode::CREATED, CartCookies::new_id(&gateway.ctx.entropy)),
    };
    let cart = call::<()>(gateway, Method::GET, format!("/internal/carts/{cart_id}"), None).await?;
    let mut response = answers::json(status, &cart);
    let location = HeaderValue::from_str(&format!("/v1/carts/{cart_id}")).expect("cart ids are visible ASCII");
    response.headers_mut().insert(LOCATION, location);
    response.headers_mut().insert(SET_COOKIE, cookies.issue(&cart_id, gateway.ctx.config.shop.cart.life));
    Ok(response)
}

/// What is in a cart.
pub(super) async fn show(State(gateway): State<Arc<Gateway>>, path: Parts<String>, headers: HeaderMap) -> Response {
    simple(&gateway, Method::GET, path, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

/// Empties a cart.
pub(super) async fn clear(State(gateway): State<Arc<Gateway>>, path: Parts<String>, headers: HeaderMap) -> Response {
    simple(&gateway, Method::DELETE, path, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn simple(
    gateway: &Gateway,
    method: Method,
    path: Parts<String>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let Ok(Path(id)) = path else { return Err(ProblemKind::UnknownCart.into()) };
    let id = allowed(gateway, id, headers).await?;
    let cart = call::<()>(gateway, method, format!("/internal/carts/{id}"), None).await?;
    Ok(with_cookie(gateway, &id, headers, &cart))
}

/// Sets how many of a product a cart has.
pub(super) async fn put(
    State(gateway): State<Arc<Gateway>>,
    path: Parts<(String, String)>,
    request: Request,
) -> Response {
    put_item(&gateway, path, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn put_item(gateway: &Gateway, path: Parts<(String, String)>, request: Request) -> Result<Response, Problem> {
    let Ok(Path((id, sku))) = path else { return Err(ProblemKind::UnknownCart.into()) };
    let (head, body) = request.into_parts();
    let id = allowed(gateway, id, &head.headers).await?;
    request::require_json(&head.headers)?;
    let bytes = request::read_body(body, gateway.ctx.config.gateway.max_body_bytes).await?;
    let put: CartPut = request::json(&bytes)?;
    let max_quantity = gateway.ctx.config.gateway.max_quantity;
    if !(1..=max_quantity).contains(&put.quantity) {
        return Err(Problem::from(ProblemKind::InvalidQuantity)
            .detail(format!("The quantity must lie between 1 and {max_quantity}; a line is taken out by DELETE.")));
    }
    match gateway.catalog.knows(&sku) {
        Some(true) => {}
        Some(false) => return Err(ProblemKind::UnknownProduct.into()),
        None => return Err(answers::unavailable(0)),
    }
    let path = format!("/internal/carts/{id}/items/{}", path_segment(&sku));
    let cart = call(gateway, Method::PUT, path, Some(&put)).await?;
    Ok(with_cookie(gateway, &id, &head.headers, &cart))
}

/// Takes a product out of a cart. One that is not in it is out already.
pub(super) async fn remove(
    State(gateway): State<Arc<Gateway>>,
    path: Parts<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let removed = async {
        let Ok(Path((id, sku))) = path else { return Err(ProblemKind::UnknownCart.into()) };
        let id = allowed(&gateway, id, &headers).await?;
        let path = format!("/internal/carts/{id}/items/{}", path_segment(&sku));
        let cart = call::<()>(&gateway, Method::DELETE, path, None).await?;
        Ok::<_, Problem>(with_cookie(&gateway, &id, &headers, &cart))
    };
    removed.await.unwrap_or_else(IntoResponse::into_response)
}

/// The cart's id, if it is the caller's.
pub(super) async fn allowed(gateway: &Gateway, id: String, headers: &HeaderMap) -> Result<String, Problem> {
    let cookies = gateway.cart_cookies();
    if cookies.of(headers).as_ref() == Some(&id) {
        return Ok(id);
    }
    let is_theirs = gateway.names_somebody(headers) && cookies.own(&gateway.shopper(headers).await?) == id;
    if is_theirs { Ok(id) } else { Err(ProblemKind::UnknownCart.into()) }
}

/// The cart, and for a guest the cookie with its life begun anew, as the cart's is.
fn with_cookie(gateway: &Gateway, id: &str, headers: &HeaderMap, cart: &CartView) -> Response {
    let mut response = answers::json(StatusCode::OK, cart);
    let cookies = gateway.cart_cookies();
    if cookies.of(headers).as_deref() == Some(id) {
        response.headers_mut().insert(SET_COOKIE, cookies.issue(id, gateway.ctx.config.shop.cart.life));
    }
    response
}

pub(super) async fn call<T: Serialize>(
    gateway: &Gateway,
    method: Method,
    path: String,
    body: Option<&T>,
) -> Result<CartView, Problem> {
    let body = body.map_or_else(Vec::new, |body| {
        serde_json::to_vec(body).expect("what carts are told has string keys and no failing parts")
    });
    let message = http::Request::builder()
        .method(method)
        .uri(path)
        .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
        .body(Bytes::from(body))
        .expect("ids and encoded SKUs are path segments");
    let answer = gateway.ctx.http.call(ORDERS, message, READ_TIMEOUT).await.map_err(|_| answers::unavailable(0))?;
    match answer.status() {
        StatusCode::OK => serde_json::from_slice(answer.body()).map_err(|_| answers::unavailable(0)),
        StatusCode::NOT_FOUND => Err(ProblemKind::UnknownProduct.into()),
        StatusCode::CONFLICT => Err(ProblemKind::CartFull.into()),
        _ => Err(answers::unavailable(0)),
    }
}
