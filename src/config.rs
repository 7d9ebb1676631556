//! One file becomes one `Config`: every fault is listed together, unknown keys are refused.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use url::Url;

use crate::{
    fetch::{Policy, Range, TOKEN},
    record::Rights,
    site::Site,
};

mod fault;
mod feed_limits;
mod load;
mod near;
mod read;
mod reader;
mod secret;
mod shape;
mod site;
pub mod value;

pub(crate) use fault::unreadable_file;
pub use fault::{ConfigFault, Refused};
pub use feed_limits::{FeedLimits, MAX_ENTRIES};
pub(crate) use read::read_sites;
pub(crate) use reader::{ConfigDocument, ConfigTable, find_line};
pub use secret::Secret;
pub(crate) use shape::build_schema;
pub use site::{SiteRules, unverified_warnings};

/// The default configuration with a comment for every option; what `dateline init` writes.
pub const DEFAULT: &str = include_str!("../config/dateline.toml");

/// The whole configuration of a worker.
#[derive(Debug, Clone)]
pub struct Config {
    /// Goes into the User-Agent; `run` refuses to start without it.
    pub contact: Option<String>,
    /// The feed list.
    pub feeds: PathBuf,
    /// Where state and records are kept.
    pub ledger: LedgerConfig,
    /// Kafka, used when the ledger is there.
    pub kafka: KafkaConfig,
    /// How pages are fetched.
    pub fetch: FetchConfig,
    /// How feeds are polled.
    pub poll: PollConfig,
    /// How articles are read.
    pub article: ArticleConfig,
    /// How events are coded.
    pub coder: CoderConfig,
    /// Health, metrics and the status page.
    pub http: HttpConfig,
    /// How the worker itself runs.
    pub worker: WorkerConfig,
}

/// Which ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerKind {
    /// One file.
    Sqlite,
    /// A cluster.
    Kafka,
}

/// `[ledger]`.
#[derive(Debug, Clone)]
pub struct LedgerConfig {
    /// Which one.
    pub kind: LedgerKind,
    /// The SQLite file.
    pub path: PathBuf,
    /// Records older than this go; `None` keeps them for ever.
    pub keep: Option<Duration>,
}

/// `[kafka]`.
#[derive(Debug, Clone)]
pub struct KafkaConfig {
    /// `host:port`, comma-separated.
    pub brokers: String,
    /// Prefix of topics, group and transactional ids.
    pub prefix: String,
    /// A name of this worker's own; empty for none.
    pub instance: String,
    /// Partitions of the state topics, only at the first start.
    pub partitions: u32,
    /// Replicas of topics that are created.
    pub replication: u32,
    /// Minimum in-sync replicas of topics that are created; `None` for replicas - 1, at least 1.
    pub min_insync: Option<u32>,
    /// How long a start waits for the cluster before exit 69.
    pub start_timeout: Duration,
    /// Any librdkafka setting.
    pub client: BTreeMap<String, Secret>,
    /// Names of single topics, and of `group` and `transactional_id`, that differ from the prefix's.
    pub topics: BTreeMap<String, String>,
    /// Retention of outlets.
    pub retention: BTreeMap<String, Retention>,
    /// A command that prints an OAUTHBEARER token.
    pub token_command: Option<String>,
    /// A file that holds an OAUTHBEARER token.
    pub token_file: Option<PathBuf>,
}

impl KafkaConfig {
    /// The prefix without what separates it from what comes after; the group's name unless another is given.
    pub fn prefix_base(&self) -> &str {
        read::prefix_base(&self.prefix)
    }
}

/// How long an outlet keeps its records.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retention {
    /// `None` is for ever.
    pub kept: Option<Duration>,
    /// Whether the file says so, rather than a default.
    pub is_set: bool,
}

/// `[fetch]`.
#[derive(Debug, Clone)]
pub struct FetchConfig {
    /// Gap between two requests to one site.
    pub pace: Duration,
    /// Private ranges that may be reached.
    pub private: Vec<Range>,
    /// An explicit proxy.
    pub proxy: Option<Secret>,
    /// More certificate authorities, PEM.
    pub ca_file: Option<PathBuf>,
    /// Static addresses of host names.
    pub hosts: BTreeMap<String, IpAddr>,
    /// Rules of sites by name.
    pub sites: BTreeMap<String, SiteRules>,
    /// Waits before an entry that failed is tried again; after the last it is set aside.
    pub retries: Vec<Duration>,
    /// Requests in flight over all sites.
    pub concurrency: usize,
}

impl FetchConfig {
    /// What the operator says of a site: the rules of a feed list and these together, the list first.
    pub fn rules_of(&self, listed: &BTreeMap<String, SiteRules>, site: &Site) -> SiteRules {
        let own = self.sites.get(site.as_str());
        match (listed.get(site.as_str()), own) {
            (Some(listed), Some(own)) => listed.merged_with(own),
            (listed, own) => listed.or(own).cloned().unwrap_or_default(),
        }
    }
}

/// `[poll]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PollConfig {
    /// Start value of the interval.
    pub interval: Duration,
    /// Floor of the interval.
    pub min_interval: Duration,
    /// Ceiling of the interval.
    pub max_interval: Duration,
    /// Floor of the interval for servers that give no validators: each poll costs them the whole feed.
    pub no_validators_floor: Duration,
    /// Newest items a new feed's first poll takes, whatever their age.
    pub first_poll: usize,
    /// How much of one feed is read.
    pub limits: FeedLimits,
}

/// `[article]`.
#[derive(Debug, Clone)]
pub struct ArticleConfig {
    /// Whether records list what was stripped.
    pub keep_removed: bool,
    /// Whether lines that articles of one site have in common are learned, and taken out of its next ones.
    pub learn_site_lines: bool,
    /// Ages at which an article is read again.
    pub recheck: Vec<Duration>,
    /// Files of boilerplate phrases beside the shipped ones.
    pub boilerplate: Vec<PathBuf>,
    /// Directives of publishers by which an article is published without its text, and not coded.
    pub metadata_only: Vec<String>,
}

impl ArticleConfig {
    /// Whether the text of an article with these rights is left out.
    pub fn withholds_text(&self, rights: &Rights) -> bool {
        let mut directives = self.metadata_only.iter();
        directives.any(|directive| rights.say(directive))
    }
}

/// `[coder]`.
#[derive(Debug, Clone)]
pub struct CoderConfig {
    /// Events below are held back.
    pub min_confidence: f64,
    /// Modalities that are published.
    pub publish: Vec<String>,
    /// Files of a user's own actors.
    pub actors: Vec<PathBuf>,
    /// A folder that replaces files of the shipped lexicon.
    pub lexicon: Option<PathBuf>,
}

/// `[http]`.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// Where health, metrics and status are served; `None` for nowhere.
    pub listen: Option<SocketAddr>,
    /// Names by which the port is reached, beside those that only this network knows; `*` for any.
    pub hosts: Vec<String>,
}

/// `[worker]`.
#[derive(Debug, Clone)]
pub struct WorkerConfig {
    /// From SIGTERM to exit at most.
    pub grace: Duration,
    /// Threads for reading and coding; 0 for one a core.
    pub threads: usize,
}

impl Config {
    /// What an operator should know of settings that open a guard.
    pub fn list_warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        if !self.fetch.private.is_empty() {
            warnings
                .push("fetch.private: feeds and pages may reach these private ranges".to_owned());
        }
        if !self.fetch.hosts.is_empty() {
            warnings.push("fetch.hosts: these names are not looked up".to_owned());
        }
        if self.fetch.proxy.is_some() {
            warnings.push(
                "fetch.proxy: behind a proxy only the text of an address is checked, not where it leads".to_owned(),
            );
        }
        if self.fetch.pace < Duration::from_secs(1) {
            warnings.push(
                "fetch.pace: publishers expect at least a second between two requests".to_owned(),
            );
        }
        warnings.extend(unverified_warnings(&self.fetch.sites));
        warnings
    }

    /// What requests may do, and who asks.
    pub fn fetch_policy(&self) -> Policy {
        let contact = self.contact.as_deref().unwrap_or("contact not set");
        let agent = format!("{}/{} (+{contact})", TOKEN, env!("CARGO_PKG_VERSION"));
        let proxy = self.fetch.proxy.as_ref();
        Policy {
            private: self.fetch.private.clone(),
            hosts: self.fetch.hosts.clone(),
            proxy: proxy.and_then(|proxy| Url::parse(proxy.expose()).ok()),
            ca_file: self.fetch.ca_file.clone(),
            concurrency: self.fetch.concurrency,
            ..Policy::new(agent)
        }
    }
}
