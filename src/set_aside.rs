//! The reasons for which an entry is set aside: one table, since alerts name them.

/// A reason as it stands in records and metrics, and what it means.
pub const REASONS: &[(&str, &str)] = &[
    (
        "backlog",
        "more than 20,000 entries of its site waited; the oldest give way",
    ),
    ("expired", "it waited longer than 30 days"),
    (
        "killed_worker",
        "the process ended three times while it was being worked on",
    ),
    (
        "redirect_loop",
        "an address came round again, or there was a sixth hop",
    ),
    ("consent_wall", "the way to it ends at a consent page"),
    ("robots", "robots.txt does not allow it"),
    (
        "forbidden_address",
        "its address is private, has credentials, or is no web address",
    ),
    ("gone", "the page is not there: 404 or 410"),
    (
        "refused",
        "the server will not show it: 401, 402, 403 or 451",
    ),
    ("blocked", "a challenge page stands before it"),
    ("server_error", "the server failed each time it was asked"),
    (
        "unreachable",
        "no connection, or none in time, each time it was tried",
    ),
    (
        "too_large",
        "the page or its record is larger than the bound",
    ),
    (
        "too_complex",
        "the page is nested or built beyond the budget",
    ),
    (
        "bad_encoding",
        "the body cannot be decoded, or is cut short",
    ),
    (
        "not_html",
        "the address holds no page: a file of another kind",
    ),
    ("no_text", "no story was found on the page"),
    ("panicked", "a fault of ours while reading the page"),
];

/// The reason as it stands in the table; one that is not there counts as a fault of ours.
pub fn known_reason(reason: &str) -> &'static str {
    REASONS
        .iter()
        .find(|(name, _)| *name == reason)
        .map_or("panicked", |(name, _)| name)
}
