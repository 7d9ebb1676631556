//! The smallest HTTP client that can look at a local site: one request, one connection.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test crate includes this module and uses its own part of it"
)]
use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub body: String,
}

impl Reply {
    /// A header's value, empty when it is missing.
    pub fn header(&self, name: &str) -> &str {
        let named = |line: &'_ str| {
            let (key, _) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then_some(key.len() + 1)
        };
        let mut lines = self.head.lines();
        lines
            .find_map(|line| named(line).map(|at| line[at..].trim()))
            .unwrap_or_default()
    }
}

/// Asks `host` at `address` for `path`, with more header lines that each end in CRLF.
pub async fn get(address: SocketAddr, host: &str, path: &str, more: &str) -> Reply {
    ask("GET", address, host, path, more).await
}

/// The same with another method, and no body.
pub async fn ask(method: &str, address: SocketAddr, host: &str, path: &str, more: &str) -> Reply {
    let port = address.port();
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n{more}\r\n"
    );
    let mut stream = TcpStream::connect(address).await.expect("the site listens");
    stream
        .write_all(request.as_bytes())
        .await
        .expect("the site reads");
    let mut text = String::new();
    stream
        .read_to_string(&mut text)
        .await
        .expect("the site answers in UTF-8");
    let (head, body) = text.split_once("\r\n\r\n").expect("an answer has a head");
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .expect("a status");
    Reply {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

/// Host and path of an address on a local site.
pub fn split(url: &str) -> (&str, &str) {
    let rest = url
        .strip_prefix("http://")
        .expect("a local address is http");
    let slash = rest.find('/').expect("a local address has a path");
    (
        rest[..slash]
            .split(':')
            .next()
            .expect("a split has a first part"),
        &rest[slash..],
    )
}
