//! `GET /v1/orders/{id}/events`: where an order stands, told again each time it moves, as server-sent events.
//!
//! The order is asked for a few times a second while somebody listens, and no longer: a listener who has gone is noticed
//! at the next word. A stream ends when the order has come to its end, or after a minute; browsers then ask again.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue};
use http_body::Frame;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::problem::Problem;
use super::{Gateway, orders};
use crate::messages::OrderView;
use crate::order_status::OrderStatus;

/// How often the order is looked at.
const LOOK: Duration = Duration::from_millis(300);
/// How long nothing is said at most.
const BEAT: Duration = Duration::from_secs(10);
/// How long one stream lasts.
const LONGEST: Duration = Duration::from_secs(60);

/// Follows an order.
pub(super) async fn follow(
    State(gateway): State<Arc<Gateway>>,
    path: Result<Path<String>, PathRejection>,
    headers: HeaderMap,
) -> Response {
    begin(gateway, path, &headers).await.unwrap_or_else(IntoResponse::into_response)
}

async fn begin(
    gateway: Arc<Gateway>,
    path: Result<Path<String>, PathRejection>,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let shopper_id = gateway.shopper(headers).await?;
    let order_id = orders::order_id(path)?;
    let order = orders::find(&gateway, &order_id, &shopper_id).await?;
    let (sender, receiver) = mpsc::channel(4);
    tokio::spawn(tell(gateway, order, sender));
    let mut response = Response::new(Body::new(Told(receiver)));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(response)
}

async fn tell(gateway: Arc<Gateway>, mut order: OrderView, to: mpsc::Sender<Bytes>) {
    let began = Instant::now();
    let mut spoke = began;
    if to.send(event(&order)).await.is_err() {
        return;
    }
    while !has_ended(&order) && began.elapsed() < LONGEST {
        sleep(LOOK).await;
        // An order that cannot be read now is looked at again.
        let found = orders::find(&gateway, &order.order_id, &order.shopper_id).await.ok();
        let word = match found.filter(|found| *found != order) {
            Some(found) => {
                order = found;
                event(&order)
            }
            None if spoke.elapsed() >= BEAT => Bytes::from_static(b": still here\n\n"),
            None if to.is_closed() => return,
            None => continue,
        };
        spoke = Instant::now();
        if to.send(word).await.is_err() {
            return;
        }
    }
}

fn event(order: &OrderView) -> Bytes {
    let data = serde_json::to_string(order).expect("an order has string keys and no failing parts");
    format!("event: order\ndata: {data}\n\n").into()
}

/// Whether the order will not move any more.
fn has_ended(order: &OrderView) -> bool {
    OrderStatus::parse(&order.status).is_none_or(|status| {
        matches!(status, OrderStatus::Delivered | OrderStatus::Failed | OrderStatus::Refunded | OrderStatus::Cancelled)
    })
}

/// A body made of what is told.
struct Told(mpsc::Receiver<Bytes>);

impl http_body::Body for Told {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_recv(context).map(|word| word.map(|word| Ok(Frame::data(word))))
    }
}
