//! Ledgers that the console reads, and the server that shows them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

use dateline::{
    console::{Console, LedgerSource},
    event::{Coder, LexiconSource, Publish, Story},
    ledger::Outlet,
    record::{Article, ArticleRef, Event},
    sqlite::SqliteReader,
    status::Board,
    status_server::StatusServer,
    telemetry::Metrics,
};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    demo,
    support::http::{self, Reply},
};

/// What is waited for comes within this, or the test fails; far above what it takes.
const PATIENCE: Duration = Duration::from_secs(120);

/// A console that is served.
pub(crate) struct Served {
    pub(crate) board: Arc<Board>,
    server: StatusServer,
}

impl Served {
    /// That of a ledger in a file.
    pub(crate) async fn file(path: &Path) -> Self {
        Self::start(LedgerSource::File(path.to_owned())).await
    }

    /// That of a worker whose ledger it cannot read.
    pub(crate) async fn nothing() -> Self {
        Self::start(LedgerSource::None).await
    }

    async fn start(source: LedgerSource) -> Self {
        let board = Arc::new(Board::default());
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let console = Console::new(source, Arc::clone(&board));
        let parts = (Arc::clone(&board), Metrics::default());
        let server = StatusServer::start_with_console(listen, Vec::new(), parts, console).await;
        Self {
            board,
            server: server.expect("a loopback port"),
        }
    }

    /// Gives it what codes an article again.
    pub(crate) fn code_again(&self) {
        let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
        let recode = move |article: &mut Article| {
            coder.code(&Story {
                text: &article.text,
                paragraphs: &article.paragraphs,
                title: article.title.as_deref(),
                published: article.published.clone(),
                language: article.language.clone(),
                dateline: article.dateline.clone(),
                article: ArticleRef::default(),
                source: article.source.clone(),
            })
        };
        let console = self.server.console();
        console.set_recoder(Box::new(recode), Publish::default());
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        http::get(self.address(), "localhost", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, heads: &str) -> Reply {
        http::ask("POST", self.address(), "localhost", path, heads).await
    }

    /// An answer as JSON.
    pub(crate) async fn json(&self, path: &str) -> Value {
        let reply = self.get(path).await;
        assert_eq!(reply.status, 200, "{path}: {}", reply.body);
        serde_json::from_str(&reply.body).expect("JSON")
    }

    /// The answer once all of the ledger has been read.
    pub(crate) async fn settled(&self, path: &str) -> Value {
        let begun = Instant::now();
        loop {
            let answer = self.json(path).await;
            if answer["scope"]["reading"] == false {
                return answer;
            }
            assert!(begun.elapsed() < PATIENCE, "{}", answer["scope"]);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn stop(self) {
        self.server.stop().await;
    }
}

/// The demo's ledger in a folder of its own.
pub(crate) fn copy_of_demo() -> (TempDir, PathBuf) {
    let folder = TempDir::new().expect("a temporary folder");
    let path = folder.path().join("dateline.db");
    std::fs::copy(demo::ledger(), &path).expect("the demo's ledger");
    (folder, path)
}

/// The demo's ledger with its first event a hundred thousand times instead of its own, at other places and days; made
/// once, and over the last one, for it takes 400 MB.
pub(crate) fn hundred_thousand() -> &'static Path {
    static MANY: OnceLock<PathBuf> = OnceLock::new();
    MANY.get_or_init(fill_with_events)
}

fn fill_with_events() -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hundred-thousand.db");
    for end in ["", "-wal", "-shm"] {
        let mut old = path.clone().into_os_string();
        old.push(end);
        // Mostly there is none.
        std::fs::remove_file(old).unwrap_or_default();
    }
    std::fs::copy(demo::ledger(), &path).expect("the demo's ledger");
    let file = Connection::open(&path).expect("a ledger");
    file.execute_batch(
        "UPDATE _outlet SET latest = 0 WHERE outlet = 2;
         WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < 100000),
              sample AS (SELECT * FROM _outlet WHERE outlet = 2 AND type = 'dateline.event.coded' LIMIT 1)
         INSERT INTO _outlet (outlet, id, revision, recorded, type, article, latest, json)
         SELECT 2, 'ev_many_' || n, 1, recorded + n, type, article, 1,
             json_set(json, '$.mentions', json('[]'), '$.coder.reasons', json('[]'), '$.id', 'ev_many_' || n, '$.dedup_key', 'd1:' || n, '$.date.start', date('2020-01-01', '+' || (n % 900) || ' days'),
                 '$.location', json_object('text', null, 'start', null, 'end', null, 'name', 'Place ' || (n % 700), 'country', 'FRA', 'admin1', null,
                     'admin1_name', null, 'lat', (n % 700) / 10.0, 'lon', (n % 350) / 5.0, 'level', 'city', 'geonameid', n % 700, 'from', 'clause'))
         FROM number, sample ORDER BY n;",
    )
    .expect("SQL");
    path
}

/// An event of a sentence, beside an article of the demo.
pub(crate) fn accusation() -> (Article, Vec<Event>) {
    let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("no faults");
    let events = coder.code(&Story::of_text("Turkey accused Greece of spying."));
    let reader = SqliteReader::open(Path::new(demo::ledger())).expect("the demo's ledger");
    let records = reader.read_newest(Outlet::Articles, 1).expect("an article");
    let article = serde_json::from_str(&records[0].json).expect("JSON");
    (article, events)
}
