//! Where the console reads: all of a file, or of a cluster what this worker has published since it started.

use std::{collections::HashSet, path::PathBuf};

use serde::Serialize;
use serde_json::Value;

#[cfg(feature = "kafka")]
use crate::{config::KafkaConfig, kafka::KafkaReader};
use crate::{
    config::{Config, LedgerKind},
    ledger::{LedgerError, Outlet, Position, PublishedRecord},
    record::Article,
    sqlite::SqliteReader,
};

/// Entries that were set aside, at most.
// A person reads the newest; `dateline set-aside list` has them all.
const SET_ASIDE: usize = 500;

/// The ledger that the worker writes to, as the console reads it.
#[derive(Debug, Clone)]
pub enum LedgerSource {
    /// A file.
    File(PathBuf),
    /// A cluster.
    #[cfg(feature = "kafka")]
    Cluster(Box<KafkaConfig>),
    /// None that this build can read.
    None,
}

/// An event with the article it was read in, as published last.
#[derive(Debug, Serialize)]
pub struct WholeEvent {
    /// The event's record.
    pub event: Value,
    /// The article's record; null where it is not kept.
    pub article: Option<Value>,
}

/// An article of which events were held back.
#[derive(Debug, Serialize)]
pub struct Withholding {
    /// Its id.
    pub article_id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its address.
    pub url: Option<String>,
    /// The site.
    pub source: Option<String>,
    /// The instant of the commit.
    pub recorded: String,
    /// Events held back.
    pub withheld: u32,
    /// Events published.
    pub events: u32,
    /// Ask with `before` this for the ones after it.
    pub position: u64,
}

impl Withholding {
    /// The row of an article at a place.
    pub fn of_article(article: &Article, position: u64) -> Self {
        Self {
            article_id: article.id.clone(),
            title: article.title.clone(),
            url: article.url.clone(),
            source: article.source.site.clone(),
            recorded: article.recorded.to_string(),
            withheld: article.coding.withheld,
            events: article.coding.events,
            position,
        }
    }
}

impl LedgerSource {
    /// The ledger of a configuration.
    pub fn of_config(config: &Config) -> Self {
        match config.ledger.kind {
            LedgerKind::Sqlite => Self::File(config.ledger.path.clone()),
            #[cfg(feature = "kafka")]
            LedgerKind::Kafka => Self::Cluster(Box::new(config.kafka.clone())),
            #[cfg(not(feature = "kafka"))]
            LedgerKind::Kafka => Self::None,
        }
    }

    /// Its kind as the page names it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::File(_) => "sqlite",
            #[cfg(feature = "kafka")]
            Self::Cluster(_) => "kafka",
            Self::None => "none",
        }
    }

    /// The file, where it is one: all that was ever published can be asked for.
    pub fn open_file(&self) -> Option<Result<SqliteReader, LedgerError>> {
        match self {
            Self::File(path) => Some(SqliteReader::open(path)),
            _ => None,
        }
    }

    /// The entries that were set aside last, the newest first, each once; those that were published since are left out
    /// where the ledger can be asked at once.
    pub async fn list_set_aside(&self) -> Result<Vec<Value>, LedgerError> {
        let mut known = HashSet::new();
        let records = match self {
            Self::File(path) => {
                let path = path.clone();
                ask_file(move || read_unpublished(&SqliteReader::open(&path)?)).await?
            }
            #[cfg(feature = "kafka")]
            Self::Cluster(config) => {
                let reader = KafkaReader::open(config).await?;
                reader.read_newest(Outlet::SetAside, SET_ASIDE).await?
            }
            Self::None => Vec::new(),
        };
        let newest = records.iter().filter(|record| known.insert(&record.id));
        newest.map(parse_record).collect()
    }

    /// Asks that what was set aside under an id be read again; `false` where nothing was.
    pub async fn request_retry(&self, id: &str) -> Result<bool, LedgerError> {
        match self {
            Self::File(path) => {
                let (path, id) = (path.clone(), id.to_owned());
                ask_file(move || SqliteReader::open(&path)?.request_retry(&id)).await
            }
            #[cfg(feature = "kafka")]
            Self::Cluster(config) => KafkaReader::open(config).await?.request_retry(id).await,
            Self::None => Ok(false),
        }
    }
}

/// Asks a file off the threads that serve.
async fn ask_file<T: Send + 'static>(
    question: impl FnOnce() -> Result<T, LedgerError> + Send + 'static,
) -> Result<T, LedgerError> {
    let asked = tokio::task::spawn_blocking(question).await;
    asked.map_err(|error| LedgerError::Fault {
        detail: format!("a question to the file ended badly: {error}"),
    })?
}

/// What was set aside last and is no article yet.
fn read_unpublished(reader: &SqliteReader) -> Result<Vec<PublishedRecord>, LedgerError> {
    let mut left = Vec::new();
    for record in reader.read_newest(Outlet::SetAside, SET_ASIDE)? {
        let article = reader.find_record(Outlet::Articles, &record.id)?;
        if article.is_none_or(|article| article.position < record.position) {
            left.push(record);
        }
    }
    Ok(left)
}

/// An event of a file with its article.
pub(super) fn find_in_file(
    reader: &SqliteReader,
    id: &str,
) -> Result<Option<WholeEvent>, LedgerError> {
    let Some(record) = reader.find_record(Outlet::Events, id)? else {
        return Ok(None);
    };
    let event: Value = parse_record(&record)?;
    let article = event["article"]["id"].as_str().unwrap_or_default();
    let article = reader.find_record(Outlet::Articles, article)?;
    let article = article.as_ref().map(parse_record).transpose()?;
    Ok(Some(WholeEvent { event, article }))
}

/// An article of a file, as published last.
pub(super) fn find_article_in_file(
    reader: &SqliteReader,
    id: &str,
) -> Result<Option<Article>, LedgerError> {
    let record = reader.find_record(Outlet::Articles, id)?;
    record.as_ref().map(parse_record).transpose()
}

/// The articles of a file of which events were held back.
pub(super) fn list_withholding_in_file(
    reader: &SqliteReader,
    before: Option<u64>,
    limit: usize,
) -> Result<Vec<Withholding>, LedgerError> {
    let records = reader.read_withholding_articles(before.map(Position), limit)?;
    let of_record = |record: &PublishedRecord| {
        let article: Article = parse_record(record)?;
        Ok(Withholding::of_article(&article, record.position.0))
    };
    records.iter().map(of_record).collect()
}

/// A record of the ledger as what it is.
pub(super) fn parse_record<T: serde::de::DeserializeOwned>(
    record: &PublishedRecord,
) -> Result<T, LedgerError> {
    serde_json::from_str(&record.json).map_err(|error| LedgerError::Fault {
        detail: format!("the record of {} cannot be read: {error}", record.id),
    })
}
