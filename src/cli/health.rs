//! `dateline health`: asks the running worker whether it is ready; the image's HEALTHCHECK, where there is no curl.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

use clap::Args;

use super::{CommandFailure, ConfigArgs};
use crate::config::Config;

/// The worker answers from memory, within a millisecond; a probe that waits longer is a failed one.
const PATIENCE: Duration = Duration::from_secs(3);
/// An answer is a line of status, a head and a few notes.
const MAX_ANSWER_BYTES: u64 = 64 * 1024;

/// Arguments of `health`.
#[derive(Debug, Args)]
pub(super) struct HealthArgs {
    /// Only whether it lives (`/livez`), not whether it is ready (`/readyz`)
    #[arg(long)]
    live: bool,
    /// Where it listens, instead of the configuration's `http.listen`
    #[arg(long, value_name = "HOST:PORT", env = "DATELINE_LISTEN")]
    listen: Option<SocketAddr>,
    #[command(flatten)]
    config: ConfigArgs,
}

/// Asks, and fails with what was answered.
pub(super) fn health(args: &HealthArgs) -> Result<(), CommandFailure> {
    let listen = match args.listen {
        Some(listen) => listen,
        None => Config::load(&args.config.config)?
            .http
            .listen
            .ok_or_else(|| {
                CommandFailure::Usage("http.listen: is off, so nobody can be asked".to_owned())
            })?,
    };
    let address = reachable(listen);
    let path = if args.live { "/livez" } else { "/readyz" };
    let (status, body) = ask(address, path).map_err(|error| {
        CommandFailure::Unavailable(format!("no worker answers at {address}: {error}"))
    })?;
    if status == "200" {
        return Ok(());
    }
    Err(CommandFailure::Unavailable(format!(
        "{address}{path} answered {status}: {}",
        body.trim()
    )))
}

/// An address to connect to, where a worker listens on all of them.
fn reachable(listen: SocketAddr) -> SocketAddr {
    let host = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
    };
    SocketAddr::new(host, listen.port())
}

fn ask(address: SocketAddr, path: &str) -> io::Result<(String, String)> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = Vec::new();
    stream.take(MAX_ANSWER_BYTES).read_to_end(&mut answer)?;
    let answer = String::from_utf8_lossy(&answer);
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    let status = head.split(' ').nth(1).unwrap_or("nothing").to_owned();
    Ok((status, body.to_owned()))
}
