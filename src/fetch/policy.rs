//! Where the fetcher may go: the guard's rules, checked on an address before anything is sent.

use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, ToSocketAddrs},
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use url::{Host, Url};

use super::{
    address::{Range, is_private_by, may_be_reached},
    error::{FetchError, Refusal},
};

/// Ports on which web sites are served; others are refused unless the operator opened the address.
pub const WEB_PORTS: [u16; 4] = [80, 443, 8080, 8443];
/// Longest address that is asked, bytes; what browsers and servers agree on.
pub const MAX_URL_BYTES: usize = 2048;
/// Name lookup, connection and TLS together.
// A lost first packet is sent again after 1, 3 and 7 s (RFC 6298 with the usual start of 1 s).
const CONNECT: Duration = Duration::from_secs(10);
/// Requests in flight over all sites.
const CONCURRENCY: usize = 256;

type LookUp = dyn Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync;

/// Looks a name up: blocking, called on threads for that.
#[derive(Clone)]
pub struct Lookup(Arc<LookUp>);

impl Lookup {
    /// The system's own: hosts file, then DNS.
    pub fn system() -> Self {
        Self::with(|name| {
            Ok((name, 0)
                .to_socket_addrs()?
                .map(|address| address.ip())
                .collect())
        })
    }

    /// Another one, for tests of names that change their address.
    pub fn with(lookup: impl Fn(&str) -> io::Result<Vec<IpAddr>> + Send + Sync + 'static) -> Self {
        Self(Arc::new(lookup))
    }

    pub(super) fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        (self.0)(name)
    }
}

impl fmt::Debug for Lookup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lookup")
    }
}

/// What the operator allows and who asks.
#[derive(Clone)]
pub struct Policy {
    /// Sent with every request; names the program and how to reach its operator.
    pub user_agent: String,
    /// Private ranges that may be reached, on any port.
    pub private: Vec<Range>,
    /// Names that are not looked up, in lower case; reached wherever they point, on any port.
    pub hosts: BTreeMap<String, IpAddr>,
    /// An explicit proxy; those of the environment are never used. Names in `hosts` go past it.
    pub proxy: Option<Url>,
    /// More certificate authorities, PEM.
    pub ca_file: Option<PathBuf>,
    /// Name lookup, connection and TLS together.
    pub connect: Duration,
    /// Requests in flight over all sites.
    pub concurrency: usize,
    /// How names are looked up.
    pub lookup: Lookup,
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A proxy's address may hold a password.
        f.debug_struct("Policy")
            .field("user_agent", &self.user_agent)
            .field("private", &self.private)
            .field("hosts", &self.hosts)
            .field("proxy", &self.proxy.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}

impl Policy {
    /// The public internet, nothing else.
    pub fn new(user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            private: Vec::new(),
            hosts: BTreeMap::new(),
            proxy: None,
            ca_file: None,
            connect: CONNECT,
            concurrency: CONCURRENCY,
            lookup: Lookup::system(),
        }
    }

    /// What the guard cannot check under this policy, for `dateline check` and the log at start.
    pub fn unchecked(&self) -> Option<&'static str> {
        let proxied = self.proxy.is_some();
        proxied.then_some("behind a proxy only the text of an address is checked, not the address its name leads to")
    }

    /// Whether an address may be dialled.
    pub(super) fn reaches(&self, address: IpAddr) -> bool {
        may_be_reached(address, &self.private)
    }

    /// Whether the operator opened a private range that holds an address.
    pub(super) fn opens(&self, address: IpAddr) -> bool {
        is_private_by(address, &self.private)
    }

    /// The operator's own address of a name.
    pub(super) fn pinned(&self, name: &str) -> Option<IpAddr> {
        self.hosts.get(without_dot(name)).copied()
    }

    /// Judges the text of an address: scheme, credentials, length, literal addresses, port. What a name leads to
    /// is judged by the resolver when it is dialled.
    pub(super) fn judge(&self, url: &Url) -> Result<Verdict, FetchError> {
        let refuse = |why| Err(forbidden(url, why));
        if !matches!(url.scheme(), "http" | "https") {
            return refuse(Refusal::Scheme);
        }
        // The library would send them, as `Authorization`, to whoever a feed or a redirect names.
        if !url.username().is_empty() || url.password().is_some() {
            return refuse(Refusal::Credentials);
        }
        if url.as_str().len() > MAX_URL_BYTES {
            return refuse(Refusal::Unreadable);
        }
        let web_port = url
            .port_or_known_default()
            .is_some_and(|port| WEB_PORTS.contains(&port));
        // The library asks no resolver for a literal address: of 9 spellings of loopback it dialled 8 (measured).
        let Some(literal) = literal_or_name(url) else {
            return refuse(Refusal::Unreadable);
        };
        match literal {
            Ok(address) if !self.reaches(address) => refuse(Refusal::Private),
            Ok(address) if self.opens(address) => Ok(Verdict::Ask),
            Ok(_) if !web_port => refuse(Refusal::Port),
            Ok(_) if self.proxy.is_some() => Ok(Verdict::Ask),
            Ok(address) => Ok(Verdict::AskAt(address)),
            Err(name) if self.pinned(&name).is_some() => Ok(Verdict::Ask),
            // The proxy looks names up by itself, on its own network: our resolver never sees where they lead.
            Err(name) if self.proxy.is_some() && is_local_name(&name) => refuse(Refusal::Private),
            Err(_) if self.proxy.is_some() && web_port => Ok(Verdict::Ask),
            // With no range opened no address can allow the port, so no lookup is needed to refuse it.
            Err(_) if !web_port && (self.private.is_empty() || self.proxy.is_some()) => {
                refuse(Refusal::Port)
            }
            Err(name) => Ok(Verdict::AskNamed { name, web_port }),
        }
    }
}

/// What the text of an address says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may be asked: at a place that the operator named, or by a proxy.
    Ask,
    /// It may be asked, at this address.
    AskAt(IpAddr),
    /// It may be asked where this name leads to; on another port than the web's only if each of its addresses is in a
    /// private range that the operator opened.
    AskNamed { name: String, web_port: bool },
}

/// The literal address, or the name, that an URL is dialled by.
fn literal_or_name(url: &Url) -> Option<Result<IpAddr, String>> {
    Some(match url.host()? {
        Host::Ipv4(v4) => Ok(IpAddr::V4(v4)),
        Host::Ipv6(v6) => Ok(IpAddr::V6(v6)),
        Host::Domain(name) => name.parse().map_err(|_| without_dot(name).to_owned()),
    })
}

/// Names that mean something only on the proxy's own network.
fn is_local_name(name: &str) -> bool {
    const LOCAL_ENDS: [&str; 6] = [
        "localhost",
        "local",
        "internal",
        "lan",
        "home.arpa",
        "intranet",
    ];
    let ends_in = |end: &str| {
        name.strip_suffix(end)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !name.contains('.') || LOCAL_ENDS.into_iter().any(ends_in)
}

/// A name as it is looked up: the dot that ends a whole name is no part of it.
pub(super) fn without_dot(name: &str) -> &str {
    name.strip_suffix('.').unwrap_or(name)
}

/// The host of an address as errors name it.
pub(super) fn host_of(url: &Url) -> String {
    url.host_str().unwrap_or(url.scheme()).to_owned()
}

pub(super) fn forbidden(url: &Url, why: Refusal) -> FetchError {
    FetchError::Forbidden {
        host: host_of(url),
        why,
    }
}
