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

const fn page_file(name: &'static str, kind: &'static str, bytes: &'static [u8]) -> PageFile {
    PageFile { name, kind, bytes }
}

static FILES: [PageFile; 15] = [
    page_file(
        "index.html",
        HTML,
        include_bytes!("../console/page/index.html"),
    ),
    page_file(
        "console.css",
        CSS,
        include_bytes!("../console/page/console.css"),
    ),
    page_file(
        "console.js",
        JS,
        include_bytes!("../console/page/console.js"),
    ),
    page_file("ask.js", JS, include_bytes!("../console/page/ask.js")),
    page_file("events.js", JS, include_bytes!("../console/page/events.js")),
    page_file("event.js", JS, include_bytes!("../console/page/event.js")),
    page_file("chart.js", JS, include_bytes!("../console/page/chart.js")),
    page_file("feeds.js", JS, include_bytes!("../console/page/feeds.js")),
    page_file("map.js", JS, include_bytes!("../console/page/map.js")),
    page_file(
        "metrics.js",
        JS,
        include_bytes!("../console/page/metrics.js"),
    ),
    page_file(
        "unpublished.js",
        JS,
        include_bytes!("../console/page/unpublished.js"),
    ),
    page_file("worker.js", JS, include_bytes!("../console/page/worker.js")),
    page_file("words.js", JS, include_bytes!("../console/page/words.js")),
    page_file("zoom.js", JS, include_bytes!("../console/page/zoom.js")),
    page_file(
        "vendor/countries-110m.json",
        JSON,
        include_bytes!("../console/page/vendor/countries-110m.json"),
    ),
];

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
