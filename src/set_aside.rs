//! Why an entry is set aside, and at which stage: one table, since alerts name the words.

use std::fmt;

/// A reason for which an entry is set aside. Records and metrics show it as [`SetAsideReason::as_str`] writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SetAsideReason {
    /// Too many wait at its site.
    Backlog,
    /// It waited too long.
    Expired,
    /// It ended the process.
    KilledWorker,
    /// The way to it has no end.
    RedirectLoop,
    /// The way to it ends at a consent page.
    ConsentWall,
    /// robots.txt says no.
    Robots,
    /// Its address must not be asked.
    ForbiddenAddress,
    /// It is not there.
    Gone,
    /// It is not shown to us.
    Refused,
    /// It is shown to persons only.
    Blocked,
    /// The server failed.
    ServerError,
    /// The server did not answer.
    Unreachable,
    /// It is too large.
    TooLarge,
    /// It is built beyond the budget.
    TooComplex,
    /// Its bytes cannot be read.
    BadEncoding,
    /// It is no page.
    NotHtml,
    /// It holds no story.
    NoText,
    /// The page says it is not there.
    SoftNotFound,
    /// The page asks to log in.
    LogInPage,
    /// The page sells subscriptions.
    SubscriptionPage,
    /// It is a list of articles.
    IndexPage,
    /// It is a player or a gallery.
    MediaOnly,
    /// It breaks off at once.
    Stub,
    /// We failed.
    Panicked,
}

/// Each reason with its word and what it means, for people; in the order of an entry's way.
const TABLE: [(SetAsideReason, &str, &str); SetAsideReason::Panicked as usize + 1] = [
    (
        SetAsideReason::Backlog,
        "backlog",
        "more than 20,000 entries of its site waited; the oldest give way",
    ),
    (
        SetAsideReason::Expired,
        "expired",
        "it waited longer than 30 days",
    ),
    (
        SetAsideReason::KilledWorker,
        "killed_worker",
        "the process ended three times while it was being worked on",
    ),
    (
        SetAsideReason::RedirectLoop,
        "redirect_loop",
        "an address came round again, or there was a sixth hop",
    ),
    (
        SetAsideReason::ConsentWall,
        "consent_wall",
        "the way to it ends at a consent page",
    ),
    (
        SetAsideReason::Robots,
        "robots",
        "robots.txt does not allow it",
    ),
    (
        SetAsideReason::ForbiddenAddress,
        "forbidden_address",
        "its address is private, has credentials, or is no web address",
    ),
    (
        SetAsideReason::Gone,
        "gone",
        "the page is not there: 404 or 410",
    ),
    (
        SetAsideReason::Refused,
        "refused",
        "the server will not show it: 401, 402, 403 or 451",
    ),
    (
        SetAsideReason::Blocked,
        "blocked",
        "a challenge page stands before it",
    ),
    (
        SetAsideReason::ServerError,
        "server_error",
        "the server failed each time it was asked",
    ),
    (
        SetAsideReason::Unreachable,
        "unreachable",
        "no connection, or none in time, each time it was tried",
    ),
    (
        SetAsideReason::TooLarge,
        "too_large",
        "the page or its record is larger than the bound",
    ),
    (
        SetAsideReason::TooComplex,
        "too_complex",
        "the page is nested or built beyond the budget",
    ),
    (
        SetAsideReason::BadEncoding,
        "bad_encoding",
        "the body cannot be decoded, or is cut short",
    ),
    (
        SetAsideReason::NotHtml,
        "not_html",
        "the address holds no page: a file of another kind",
    ),
    (
        SetAsideReason::NoText,
        "no_text",
        "no story was found on the page",
    ),
    (
        SetAsideReason::SoftNotFound,
        "soft_404",
        "the page says that the article is not there, with a status that says it is",
    ),
    (
        SetAsideReason::LogInPage,
        "login_page",
        "the page asks to log in and shows nothing else",
    ),
    (
        SetAsideReason::SubscriptionPage,
        "subscription_page",
        "the page sells subscriptions and shows nothing else",
    ),
    (
        SetAsideReason::IndexPage,
        "index_page",
        "the page lists articles and is none",
    ),
    (
        SetAsideReason::MediaOnly,
        "media_only",
        "the page holds a video, sound or gallery and no story",
    ),
    (
        SetAsideReason::Stub,
        "stub",
        "the page holds no more than the beginning of a sentence",
    ),
    (
        SetAsideReason::Panicked,
        "panicked",
        "a fault of ours while reading the page",
    ),
];

impl SetAsideReason {
    /// All of them, in the order of an entry's way.
    pub const ALL: [Self; TABLE.len()] = {
        let mut all = [Self::Backlog; TABLE.len()];
        let mut at = 0;
        while at < all.len() {
            all[at] = TABLE[at].0;
            assert!(
                all[at] as usize == at,
                "the table is in the order of the reasons"
            );
            at += 1;
        }
        all
    };

    /// The word of records and metrics.
    pub fn as_str(self) -> &'static str {
        TABLE[self as usize].1
    }

    /// What it means, for people.
    pub fn meaning(self) -> &'static str {
        TABLE[self as usize].2
    }

    /// The reason behind a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }

    /// The reason behind a word of a stage; one that the table lacks is a fault of ours, and said to be one.
    pub fn of_stage(word: &str) -> Self {
        Self::parse(word).unwrap_or_else(|| {
            tracing::error!(reason = word, "a reason that no table has");
            Self::Panicked
        })
    }
}

impl fmt::Display for SetAsideReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The stage at which an entry was set aside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryStage {
    /// Before anything was asked for.
    Post,
    /// Asking for the page.
    Fetch,
    /// Taking the story out of it.
    Article,
    /// Coding the story.
    Code,
    /// Writing the records.
    Publish,
}

impl EntryStage {
    /// The word of the records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Post => "post",
            Self::Fetch => "fetch",
            Self::Article => "article",
            Self::Code => "code",
            Self::Publish => "publish",
        }
    }
}

/// What an entry is set aside for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAsideCause {
    /// The stage at which it ended.
    pub stage: EntryStage,
    /// Why.
    pub reason: SetAsideReason,
    /// The error in words.
    pub detail: String,
}
