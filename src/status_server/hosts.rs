//! The names that the port answers to: a page of elsewhere must not read it through the browser of who visits that page.
//!
//! Such a page gives its own name a new address, that of this machine, and its visitor's browser asks here under that name
//! (DNS rebinding). A name that only this network knows cannot be had by it.

use std::{net::IpAddr, sync::Arc};

use axum::{
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

/// Ends of names that are never registered (RFC 6762, RFC 6761, ICANN's `internal`), and those of clusters.
const LOCAL_ENDS: [&str; 7] = [
    ".localhost",
    ".local",
    ".internal",
    ".lan",
    ".home.arpa",
    ".svc",
    ".cluster.local",
];

/// The names that an operator listed.
#[derive(Debug, Clone, Default)]
pub(super) struct HostNames(Arc<[String]>);

impl HostNames {
    pub(super) fn of(listed: Vec<String>) -> Self {
        Self(listed.into())
    }

    /// Whether who asks under this name is answered.
    fn answers_to(&self, host: &str) -> bool {
        let name = host_of(host).to_ascii_lowercase();
        let is_listed = self.0.iter().any(|listed| listed == "*" || *listed == name);
        is_listed || is_local(&name)
    }
}

/// The name of a `Host` line, without its port.
fn host_of(line: &str) -> &str {
    if let Some(address) = line.strip_prefix('[') {
        return address.split(']').next().unwrap_or_default();
    }
    let name = line.split(':').next().unwrap_or_default();
    name.trim_end_matches('.')
}

fn is_local(name: &str) -> bool {
    let is_address = name.parse::<IpAddr>().is_ok();
    is_address || !name.contains('.') || LOCAL_ENDS.iter().any(|end| name.ends_with(end))
}

/// Refuses what is asked under another name. What names none is no browser.
pub(super) async fn refuse_other_names(
    State(names): State<HostNames>,
    request: Request,
    next: Next,
) -> Response {
    let host = request.headers().get(header::HOST);
    let is_answered =
        host.is_none_or(|host| host.to_str().is_ok_and(|host| names.answers_to(host)));
    if is_answered {
        return next.run(request).await;
    }
    let why = "this name is not one of [http] hosts\n";
    (StatusCode::MISDIRECTED_REQUEST, why).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_network_and_listed_ones_are_answered_and_others_are_not() {
        let names = HostNames::of(vec!["status.example.org".to_owned()]);
        for answered in [
            "127.0.0.1:9464",
            "[::1]:9464",
            "localhost",
            "dateline:9464",
            "dateline.news.svc.cluster.local:9464",
            "printer.local",
            "Status.Example.org.:80",
        ] {
            assert!(names.answers_to(answered), "{answered}");
        }
        for refused in [
            "evil.example",
            "status.example.org.evil.example:9464",
            "a.localhost.evil.example",
        ] {
            assert!(!names.answers_to(refused), "{refused}");
        }
        assert!(HostNames::of(vec!["*".to_owned()]).answers_to("any.example"));
    }
}
