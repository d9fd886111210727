//! `echo`: keep-alive requests to a bare axum echo, over turmoil and over turmoil-net, and what each costs in CPU time. A command
//! given after `--` is run in the same go and set against them.

mod cpu;
mod http;
mod over_turmoil;
mod over_turmoil_net;

use std::process::{Command, ExitCode};

use clap::Parser;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keep-alive requests to a bare axum echo, over turmoil and over turmoil-net.
#[derive(Parser)]
#[command(version, after_help = "Example: echo -- target/release/wire run scenarios/prime-day.toml --seed 42")]
struct Args {
    /// Requests in all.
    #[arg(long, default_value_t = 500_000)]
    requests: usize,
    /// Connections, each with one request at a time.
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u16).range(1..))]
    connections: u16,
    /// A command to run beside, whose CPU time is set against the echoes'.
    #[arg(last = true)]
    command: Vec<String>,
}

fn main() -> ExitCode {
    match act(&Args::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("echo: {error}");
            ExitCode::from(2)
        }
    }
}

fn act(args: &Args) -> Result<ExitCode, Box<dyn std::error::Error>> {
    let connections = usize::from(args.connections);
    let requests = args.requests.div_ceil(connections);
    let asked = requests * connections;
    println!("{asked} requests over {connections} connections, CPU time");
    let (answered, turmoil_s) = cpu::of_this_process(|| over_turmoil::run(connections, requests))?;
    assert_eq!(answered?, asked, "each request is answered");
    println!("  turmoil 0.7.2       {turmoil_s:>8.2} s");
    let (answered, net_s) = cpu::of_this_process(|| over_turmoil_net::run(connections, requests))?;
    assert_eq!(answered, asked, "each request is answered");
    println!("  turmoil-net 0.1.0   {net_s:>8.2} s   {:.2} of turmoil's", net_s / turmoil_s);
    let Some((program, arguments)) = args.command.split_first() else { return Ok(ExitCode::SUCCESS) };
    let (status, command_s) = cpu::of_children(|| Command::new(program).args(arguments).status())?;
    println!("  {}", args.command.join(" "));
    println!("                      {command_s:>8.2} s   {:.2} of turmoil's", command_s / turmoil_s);
    Ok(if status?.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
