//! The bare axum handler: a process of its own, as `platform serve` is, that reads the request and sends one answer.

use std::process::ExitCode;

use axum::Router;
use axum::body::Bytes;
use axum::routing::{get, post};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use testbed::{Program, free_port};

use crate::failed;
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

/// The process: serves until it is killed.
pub(crate) fn main(port: &str, answer: &str) -> ExitCode {
    let served = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(failed)
        .and_then(|runtime| runtime.block_on(serve(port, answer)));
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
    let router = Router::new().route("/livez", get(async || "alive")).route("/v1/checkouts", post(handler));
    let listener = tokio::net::TcpListener::bind(format!("127.0.0.1:{port}")).await.map_err(failed)?;
    axum::serve(listener, router).await.map_err(failed)
}
