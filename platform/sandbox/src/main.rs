//! The card gateway as a process: flags, socket, signals.

use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use payment_sandbox::cli::Flags;
use payment_sandbox::{Access, Sandbox, webhooks};
use payments_engine::Config;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use tracing_subscriber::EnvFilter;

/// How long requests under way may take to end after the signal; those that hang on purpose never do.
const DRAIN: Duration = Duration::from_secs(2);

#[tokio::main]
async fn main() -> ExitCode {
    let flags = Flags::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(flags).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("payment-sandbox: {message}");
            ExitCode::FAILURE
        }
    }
}

async fn run(flags: Flags) -> Result<(), String> {
    let config = Config {
        webhook_secret: flags.webhook_url.as_ref().and(flags.webhook_secret),
        search_lag_ms: flags.search_lag_ms.into(),
        ..Config::default()
    };
    let access = Access { api_key: flags.api_key, admin_token: flags.admin_token };
    let sandbox = Sandbox::new(config, access, flags.switches, flags.seed);
    let listener = TcpListener::bind(flags.listen).await;
    let listener = listener.map_err(|error| format!("cannot listen on {}: {error}", flags.listen))?;
    let address = listener.local_addr().map_err(|error| error.to_string())?;
    if let Some(target) = flags.webhook_url {
        drop(tokio::spawn(webhooks::deliver(sandbox.clone(), target)));
    }
    tracing::info!(%address, "listening; all payments end with this process");
    let mut stopping = stop_signal()?;
    let mut stopped = stopping.clone();
    let serving = axum::serve(listener, sandbox.router()).with_graceful_shutdown(async move {
        // A sender that is gone is a signal that came.
        drop(stopping.wait_for(|stop| *stop).await);
    });
    let drained = async move {
        drop(stopped.wait_for(|stop| *stop).await);
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        biased;
        served = serving => served.map_err(|error| error.to_string())?,
        () = drained => tracing::info!("requests that do not end are left behind"),
    }
    tracing::info!("stopped");
    Ok(())
}

/// Becomes true at the first SIGTERM or SIGINT.
fn stop_signal() -> Result<watch::Receiver<bool>, String> {
    let listen = |kind| signal(kind).map_err(|error| format!("cannot listen for signals: {error}"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let (sender, receiver) = watch::channel(false);
    drop(tokio::spawn(async move {
        tokio::select! {
            biased;
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        sender.send_replace(true);
    }));
    Ok(receiver)
}
