//! The files of the console's page, out of the binary.

use std::sync::OnceLock;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use sha2::{Digest as _, Sha256};

/// What the page may load: nothing but itself.
// It shows words from outside: one that is taken for markup all the same can run nothing and reach no other server.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A file of the page.
struct PageFile {
    name: &'static str,
    kind: &'static str,
    bytes: &'static [u8],
}

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const JSON: &str = "application/json";

macro_rules! page_files {
    ($($name:literal: $kind:expr,)*) => {
        [$(PageFile {
            name: $name,
            kind: $kind,
            bytes: include_bytes!(concat!("../console/page/", $name)),
        }),*]
    };
}

static FILES: [PageFile; 15] = page_files! {
    "index.html": HTML,
    "console.css": CSS,
    "console.js": JS,
    "ask.js": JS,
    "events.js": JS,
    "event.js": JS,
    "chart.js": JS,
    "feeds.js": JS,
    "map.js": JS,
    "metrics.js": JS,
    "unpublished.js": JS,
    "worker.js": JS,
    "words.js": JS,
    "zoom.js": JS,
    "vendor/countries-110m.json": JSON,
};

/// A file of the page, or 304 where the browser has it.
pub(super) fn show_file(name: &str, headers: &HeaderMap) -> Response {
    let Some(place) = FILES.iter().position(|file| file.name == name) else {
        return (StatusCode::NOT_FOUND, "no such part of the console\n").into_response();
    };
    let (file, tag) = (&FILES[place], &tags()[place]);
    let known = headers
        .get(header::IF_NONE_MATCH)
        .map(HeaderValue::as_bytes);
    let mut response = if known == Some(tag.as_bytes()) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(header::CONTENT_TYPE, file.kind)], file.bytes).into_response()
    };
    let heads = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // Asked each time whether it is still the same: another version may answer here tomorrow.
        (header::CACHE_CONTROL, "no-cache"),
    ];
    for (head, value) in heads {
        response
            .headers_mut()
            .insert(head, HeaderValue::from_static(value));
    }
    if let Ok(tag) = HeaderValue::from_str(tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The tag of each file: a hash of what is in it.
fn tags() -> &'static [String] {
    static TAGS: OnceLock<Vec<String>> = OnceLock::new();
    TAGS.get_or_init(|| {
        let tag = |file: &PageFile| {
            let hash = Sha256::digest(file.bytes);
            let hex: String = hash[..12]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("\"{hex}\"")
        };
        FILES.iter().map(tag).collect()
    })
}
