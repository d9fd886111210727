//! The bare axum handlers: a process of its own each, as `platform serve` is. One reads the request and sends one answer, the
//! other asks Redis for what it sends.

use std::process::ExitCode;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use testbed::{Program, free_port};

use crate::failed;
use crate::servers::SHOWN;
use crate::sold_out::Answer;

/// The first word of the command line that makes this program that server.
pub(crate) const WORD: &str = "bare-server";

/// Starts it, with this answer to every checkout.
pub(crate) fn start(answer: &Answer) -> Result<Program, String> {
    let this = std::env::current_exe().map_err(failed)?;
    let port = free_port().map_err(failed)?;
    let number = port.number().to_string();
    let answer = format!("{} {}", answer.status, answer.body);
    let command = [this.to_str().ok_or("this program's path is not UTF-8")?, WORD, &number, &answer];
    Program::start("bare-axum", port, &command, &[]).map_err(failed)
}

/// The first word of the command line that makes this program the server with a Redis behind it.
pub(crate) const CACHED: &str = "bare-cached";
/// Where the page lies.
const KEY: &str = "bare:page";

/// Starts the server that finds this page in that Redis.
pub(crate) fn start_cached(redis: &str, page: &str) -> Result<Program, String> {
    let this = std::env::current_exe().map_err(failed)?;
    let port = free_port().map_err(failed)?;
    let number = port.number().to_string();
    let command = [this.to_str().ok_or("this program's path is not UTF-8")?, CACHED, &number, redis, page];
    Program::start("bare-cached", port, &command, &[]).map_err(failed)
}

/// That process: serves until it is killed.
pub(crate) fn main_cached(port: &str, redis: &str, page: &str) -> ExitCode {
    run(serve_cached(port, redis, page))
}

async fn serve_cached(port: &str, redis: &str, page: &str) -> Result<(), String> {
    let client = redis::Client::open(redis).map_err(failed)?;
    let mut connection = client.get_multiplexed_async_connection().await.map_err(failed)?;
    redis::cmd("SET").arg(KEY).arg(page).exec_async(&mut connection).await.map_err(failed)?;
    let handler = async move || {
        let page: Result<Vec<u8>, _> = redis::cmd("GET").arg(KEY).query_async(&mut connection.clone()).await;
        page.map(|page| ([(CONTENT_TYPE, "application/json")], page)).map_err(|_| StatusCode::BAD_GATEWAY)
    };
    listen(port, Router::new().route(&format!("/v1/products/{SHOWN}"), get(handler))).await
}

/// The process: serves until it is killed.
pub(crate) fn main(port: &str, answer: &str) -> ExitCode {
    run(serve(port, answer))
}

fn run(serving: impl Future<Output = Result<(), String>>) -> ExitCode {
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failed)
        .and_then(|runtime| runtime.block_on(serving));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bare-axum: {why}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(port: &str, answer: &str) -> Result<(), String> {
    let (status, body) = answer.split_once(' ').ok_or("the answer is a status and a body")?;
    let status: StatusCode = status.parse().map_err(failed)?;
    let body = Bytes::from(body.to_owned());
    let handler = async move |_request: Bytes| (status, [(CONTENT_TYPE, "application/problem+json")], body);
    listen(port, Router::new().route("/v1/checkouts", post(handler))).await
}

async fn listen(port: &str, router: Router) -> Result<(), String> {
    let router = router.route("/livez", get(async || "alive"));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.map_err(failed)?;
    axum::serve(listener, router).await.map_err(failed)
}
