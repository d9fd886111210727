//! Both ends of the echo: an axum router behind hyper's server, and hyper's client with one request at a time.

use std::pin::pin;

use axum::Router;
use axum::body::Body;
use axum::routing::post;
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tower::Service;

/// About as large as a checkout.
const BODY: &[u8] = br#"{"sku":"DOORBUSTER-TV","quantity":1,"payment_method":"pm_card_visa"}"#;

pub(crate) fn router() -> Router {
    Router::new().route("/v1/echo", post(async |body: Bytes| body))
}

/// Answers the requests of one connection.
pub(crate) async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, router: Router) {
    let answer = service_fn(move |request: Request<Incoming>| router.clone().call(request.map(Body::new)));
    // It ends when the client has all its answers, and closes.
    drop(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), answer).await);
}

/// Asks so many times, one after the other, and returns how often the answer was right.
pub(crate) async fn ask(stream: impl AsyncRead + AsyncWrite + Unpin, requests: usize) -> usize {
    let handshake = hyper::client::conn::http1::handshake(TokioIo::new(stream));
    let Ok((mut sender, connection)) = handshake.await else { return 0 };
    let asking = async {
        let mut right = 0;
        for _ in 0..requests {
            let request = Request::post("/v1/echo").header("host", "shop").body(Full::new(Bytes::from_static(BODY)));
            let request = request.expect("a fixed request");
            let Ok(answer) = sender.send_request(request).await else { break };
            let Ok(body) = answer.into_body().collect().await else { break };
            right += usize::from(body.to_bytes() == BODY);
        }
        right
    };
    let mut connection = pin!(connection);
    let mut asking = pin!(asking);
    tokio::select! {
        biased;
        right = &mut asking => right,
        _ended = &mut connection => asking.await,
    }
}
