//! Calls over real sockets.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use live::http::{BaseUrl, LiveHttp};
use ports::http_port::{HttpClient, HttpError, ServiceName};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

const SHOP: ServiceName = ServiceName("shop");
const PATIENCE: Duration = Duration::from_millis(300);

fn client(address: SocketAddr) -> LiveHttp {
    let base = BaseUrl::parse(&format!("http://{address}/base")).unwrap();
    LiveHttp::new(BTreeMap::from([(SHOP, base)]), PATIENCE).unwrap()
}

async fn call(client: &LiveHttp, service: ServiceName) -> Result<http::Response<Bytes>, HttpError> {
    let request = Request::post("/v1/orders?x=1").header("idempotency-key", "k").body(Bytes::from("hello")).unwrap();
    client.call(service, request, PATIENCE).await
}

/// A server that answers each request on its connections with `answer`, or hangs up when there is none; it reports what it
/// read, with the number of the connection.
async fn server(answer: Option<&'static str>) -> (SocketAddr, tokio::sync::mpsc::UnboundedReceiver<(u32, String)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (seen, reports) = tokio::sync::mpsc::unbounded_channel();
    tokio::spawn(async move {
        for number in 1.. {
            let (mut socket, _) = listener.accept().await.unwrap();
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut buffer = vec![0; 4_096];
                while let Ok(read @ 1..) = socket.read(&mut buffer).await {
                    seen.send((number, String::from_utf8_lossy(&buffer[..read]).into_owned())).unwrap();
                    let Some(answer) = answer else { return };
                    socket.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    (address, reports)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_arrives_whole_and_any_status_is_an_answer() {
    let answer = "HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\ncontent-length: 4\r\n\r\nbusy";
    let (address, mut reports) = server(Some(answer)).await;
    let client = client(address);
    for _ in 0..2 {
        let response = call(&client, SHOP).await.unwrap();
        assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (429, &"1".parse().unwrap()));
        assert_eq!(response.body(), "busy");
        let (connection, request) = reports.recv().await.unwrap();
        assert_eq!(connection, 1, "connections are kept");
        assert!(request.starts_with("POST /base/v1/orders?x=1 HTTP/1.1\r\n"), "{request}");
        assert!(request.contains("idempotency-key: k\r\n") && request.ends_with("\r\n\r\nhello"), "{request}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let (address, _reports) = server(Some("HTTP/1.1 302 Found\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n")).await;
    assert_eq!(call(&client(address), SHOP).await.unwrap().status(), 302);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listening_is_unreachable_and_so_is_a_service_without_an_address() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert_eq!(call(&client(address), SHOP).await.unwrap_err(), HttpError::Unreachable { service: SHOP });
    let other = ServiceName("other");
    assert_eq!(call(&client(address), other).await.unwrap_err(), HttpError::Unreachable { service: other });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_ends_without_an_answer_is_reset_and_not_tried_again() {
    let (address, mut reports) = server(None).await;
    assert_eq!(call(&client(address), SHOP).await.unwrap_err(), HttpError::Reset { service: SHOP });
    assert!(reports.recv().await.is_some());
    assert!(reports.try_recv().is_err(), "one request, one send");
}

#[tokio::test(flavor = "multi_thread")]
async fn half_an_answer_is_waited_for_and_timed_out() {
    let (address, _reports) =
        server(Some("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\nhal")).await;
    let failure = call(&client(address), SHOP).await.unwrap_err();
    // The server keeps the socket open, so the rest of the body is waited for in vain.
    assert_eq!(failure, HttpError::TimedOut { service: SHOP, waited_ms: 300 });
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_is_timed_out() {
    let (address, _reports) = server(Some("")).await;
    let failure = call(&client(address), SHOP).await.unwrap_err();
    assert_eq!(failure, HttpError::TimedOut { service: SHOP, waited_ms: 300 });
}
