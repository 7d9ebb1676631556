//! `dateline ledger copy`: whatever kind and partition count the two ledgers have, the copy remembers what the first did,
//! and a worker that goes on with it publishes nothing again and fetches nothing again.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use dateline::{
    config::KafkaConfig,
    copy::{LedgerPlace, copy_ledger},
    feed::{
        memory::FeedMemory,
        state::{FeedState, Listed, ListedItem},
    },
    fetch::SiteState,
    id::FeedId,
    kafka::{self, KafkaLedger},
    ledger::{
        Batch, EventMark, Ledger, LedgerError, Outlet, Position, PublishedRecord, Seen, Settled,
        Take, Why,
    },
    site::Site,
    sqlite::{self, SqliteLedger},
};
use jiff::Timestamp;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, Consumer as _},
};

use crate::support::{
    broker,
    conformance::{batch, hours, id, post, records, settled, start},
    folder::{self, Folder},
    news::{News, Plan},
};

/// Sites of the ledger that is copied.
const SITES: u32 = 40;
/// The outlets.
const OUTLETS: [Outlet; 3] = [Outlet::Articles, Outlet::Events, Outlet::SetAside];

fn site(n: u32) -> Site {
    Site::of_host(&format!("site{n}.test"))
}

fn feed(n: u32) -> FeedId {
    FeedId::configured(&format!("feed-{n}"))
}

fn name(n: u32, what: &str) -> String {
    format!("site{n}-{what}")
}

/// Everything a ledger can hold of one site.
async fn fill(ledger: &impl Ledger, n: u32, now: Timestamp) {
    let site = site(n);
    let (published, alias) = (name(n, "published"), name(n, "alias"));
    let marks = vec![EventMark {
        id: format!("ev_{n}"),
        revision: 2,
        content: "c".to_owned(),
        recorded: now,
        retracted: true,
    }];
    let whole = Settled {
        outcome: dateline::ledger::SettledAs::Published,
        when: now,
        settled: now,
        same_as: None,
        moved_to: None,
        tries: 2,
        unchanged: 1,
        from_feed: false,
        revision: 2,
        text_sha256: Some("00".to_owned()),
        simhash: Some("ff".to_owned()),
        story: Some(dateline::ledger::StoryMark {
            title: id("title"),
            text: id("text"),
            day: Some(jiff::civil::date(2026, 3, 2)),
            address: None,
            copy_of: Some(id("first")),
        }),
        events: marks,
    };
    let same = Settled {
        outcome: dateline::ledger::SettledAs::Same,
        same_as: Some(id(&published)),
        revision: 0,
        events: Vec::new(),
        ..whole.clone()
    };
    let retry = Seen::Retry {
        attempt: 3,
        kills: 1,
        due: now,
        first_at: hours(now, -2),
        why: "server_error".to_owned(),
        before: Some(Box::new(whole.clone())),
    };
    let with_address = n.is_multiple_of(2).then(|| format!("https://{site}/feed"));
    let state = FeedState::from(FeedMemory {
        v: 1,
        polls: u64::from(n),
        address: with_address,
        ..FeedMemory::default()
    });
    let item = ListedItem {
        key: 1,
        content: u64::from(n),
        id: id(&published),
        posted: Some(now),
    };
    let waiting =
        ["waits", "fails", "waits-too"].map(|what| post(&site, &name(n, what), Why::New, now));
    let posts = Batch {
        posts: waiting.to_vec(),
        ..batch(ledger, &site)
    };
    ledger.commit(posts).await.expect("posted");
    let step = Batch {
        seen: vec![
            (id(&published), Seen::Settled(whole)),
            (id(&alias), Seen::Settled(same)),
            (id(&name(n, "fails")), retry),
        ],
        feed: Some((feed(n), state)),
        listed: Some((
            feed(n),
            Listed {
                v: 1,
                items: vec![item],
            },
        )),
        site: Some((site.clone(), SiteState::default())),
        records: vec![
            records::article(&published, 1),
            records::event(&published, 0, 1, "coded"),
            records::article(&published, 2),
            records::event(&published, 0, 2, "retracted"),
        ],
        ..batch(ledger, &site)
    };
    ledger.commit(step).await.expect("committed");
}

/// What a worker would be told of everything.
async fn view(ledger: &impl Ledger, now: Timestamp) -> Vec<String> {
    let mut view = Vec::new();
    for n in 0..SITES {
        let site = site(n);
        view.push(format!(
            "{:?}",
            ledger.read_site(&site).await.expect("a site")
        ));
        view.push(format!(
            "{:?}",
            ledger.read_feed(&site, &feed(n)).await.expect("a feed")
        ));
        view.push(format!(
            "{:?}",
            ledger.read_listed(&site, &feed(n)).await.expect("a list")
        ));
        for what in ["published", "alias", "fails", "waits", "nothing"] {
            let seen = ledger
                .read_seen(&site, id(&name(n, what)))
                .await
                .expect("a mark");
            view.push(format!("{n} {what} {seen:?}"));
        }
        let mut turns = Vec::new();
        while let Take::Turn(turn) = ledger.take_entry(&site, now).await.expect("a mailbox") {
            let (tries, before) = (turn.attempt, &turn.before);
            view.push(format!("{n} {:?} {tries} {before:?}", turn.waiting));
            turns.push(turn);
        }
        assert_eq!(turns.len(), 3, "{site}");
    }
    view
}

/// Records by outlet and id, in the order of their commits.
type Records = BTreeMap<(String, String), Vec<(String, String, String, Timestamp, String)>>;

fn by_id(published: Vec<PublishedRecord>, into: &mut Records) {
    for record in published {
        let key = (record.outlet.name().to_owned(), record.id.clone());
        let ce_id = record.ce_id();
        let row = (
            ce_id,
            record.ce_type,
            record.ce_source,
            record.recorded,
            record.json,
        );
        into.entry(key).or_default().push(row);
    }
}

fn in_file(path: &Path) -> Records {
    let reader = sqlite::SqliteReader::open(path).expect("a ledger");
    let mut all = Records::new();
    for outlet in OUTLETS {
        let records = reader.read_after(outlet, Position::default(), 1_000_000);
        by_id(records.expect("records"), &mut all);
    }
    all
}

async fn on_topics(config: &KafkaConfig) -> Records {
    let reader = kafka::KafkaReader::open(config)
        .await
        .expect("the broker answers");
    let mut all = Records::new();
    for outlet in OUTLETS {
        by_id(reader.read_all(outlet).await.expect("records"), &mut all);
    }
    all
}

async fn open(config: &KafkaConfig) -> KafkaLedger {
    let ledger = KafkaLedger::open(config).await.expect("the broker answers");
    while ledger.owned_partitions().len() < config.partitions as usize {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    ledger
}

fn on_broker<F: Future<Output = ()>>(test: impl FnOnce(String) -> F) {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(test(broker.address.clone()));
}

#[test]
fn a_ledger_copied_from_file_to_six_and_four_partitions_and_back_remembers_the_same() {
    on_broker(|address| async move {
        let folder = tempfile::tempdir().expect("a folder");
        let (first, last) = (
            folder.path().join("first.db"),
            folder.path().join("last.db"),
        );
        let six = KafkaConfig {
            partitions: 6,
            ..broker::config(&address, "copy-six")
        };
        let four = KafkaConfig {
            partitions: 4,
            ..broker::config(&address, "copy-four")
        };
        let (begun, now) = (start(), Timestamp::now());
        let ledger = SqliteLedger::open(&first, None).expect("a new file");
        for n in 0..SITES {
            fill(&ledger, n, begun).await;
        }
        let mut expected = view(&ledger, now).await;
        ledger.close().await.expect("closed");
        drop(ledger);
        let mut published = in_file(&first);

        let copied = copy_ledger(LedgerPlace::File(&first), LedgerPlace::Cluster(&six))
            .await
            .expect("copied");
        assert_eq!((copied.sites, copied.feeds, copied.entries), (40, 40, 120));
        assert_eq!(
            (copied.marks, copied.articles, copied.events),
            (120, 80, 80)
        );
        assert_eq!(on_topics(&six).await, published);
        let ledger = open(&six).await;
        assert_eq!(view(&ledger, now).await, expected);
        // What is written on the copy goes before what the copy left in other partitions.
        let later = Batch {
            seen: vec![(id(&name(3, "published")), settled(hours(begun, 5), 3))],
            records: vec![records::article(&name(3, "published"), 3)],
            ..batch(&ledger, &site(3))
        };
        ledger.commit(later).await.expect("committed");
        expected = view(&ledger, now).await;
        let refused = copy_ledger(LedgerPlace::Cluster(&six), LedgerPlace::Cluster(&four)).await;
        assert!(
            matches!(refused, Err(LedgerError::Taken { .. })),
            "{refused:?}"
        );
        ledger.close().await.expect("closed");
        drop(ledger);
        published = on_topics(&six).await;

        copy_ledger(LedgerPlace::Cluster(&six), LedgerPlace::Cluster(&four))
            .await
            .expect("copied");
        assert_eq!(on_topics(&four).await, published);
        let ledger = open(&four).await;
        assert_eq!(view(&ledger, now).await, expected);
        ledger.close().await.expect("closed");
        drop(ledger);

        copy_ledger(LedgerPlace::Cluster(&four), LedgerPlace::File(&last))
            .await
            .expect("copied");
        assert_eq!(in_file(&last), published);
        let ledger = SqliteLedger::open(&last, None).expect("the copy opens");
        assert_eq!(view(&ledger, now).await, expected);
        let refused = copy_ledger(LedgerPlace::File(&first), LedgerPlace::File(&last)).await;
        assert!(
            matches!(refused, Err(LedgerError::Taken { .. })),
            "{refused:?}"
        );
        drop(ledger);
        let refused = copy_ledger(LedgerPlace::File(&first), LedgerPlace::File(&last)).await;
        assert!(
            matches!(refused, Err(LedgerError::Unfit { .. })),
            "{refused:?}"
        );
        let refused = copy_ledger(LedgerPlace::File(&first), LedgerPlace::Cluster(&four)).await;
        assert!(
            matches!(refused, Err(LedgerError::Unfit { .. })),
            "{refused:?}"
        );
    });
}

/// Sets a number in the header of a file.
fn set_version(path: &Path, version: i32) {
    let file = rusqlite::Connection::open(path).expect("the file opens");
    file.pragma_update(None, "user_version", version)
        .expect("set");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_next_version_is_copied_into_one_of_this() {
    let folder = tempfile::tempdir().expect("a folder");
    let (old, new) = (folder.path().join("old.db"), folder.path().join("new.db"));
    let ledger = SqliteLedger::open(&old, None).expect("a new file");
    for n in 0..SITES {
        fill(&ledger, n, start()).await;
    }
    let now = Timestamp::now();
    let expected = view(&ledger, now).await;
    ledger.close().await.expect("closed");
    drop(ledger);
    let published = in_file(&old);
    set_version(&old, 2);
    let file = rusqlite::Connection::open(&old).expect("the file opens");
    file.execute_batch("ALTER TABLE _seen ADD COLUMN more TEXT; CREATE TABLE _new (a)")
        .expect("what a later version might add");
    drop(file);
    let refused = SqliteLedger::open(&old, None).expect_err("its version is not ours");
    assert!(
        refused.to_string().contains("dateline ledger copy"),
        "{refused}"
    );
    copy_ledger(LedgerPlace::File(&old), LedgerPlace::File(&new))
        .await
        .expect("copied");
    assert_eq!(in_file(&new), published);
    let ledger = SqliteLedger::open(&new, None).expect("the copy opens");
    assert_eq!(view(&ledger, now).await, expected);
    set_version(&old, 3);
    let refused = copy_ledger(
        LedgerPlace::File(&old),
        LedgerPlace::File(&folder.path().join("c.db")),
    )
    .await;
    assert!(
        matches!(refused, Err(LedgerError::Unfit { .. })),
        "{refused:?}"
    );
}

/// `dateline ledger copy`: exit code and what it says.
fn copied(from: &Path, to: &Path) -> (i32, String) {
    let args = [
        "ledger",
        "copy",
        "--from",
        &from.to_string_lossy(),
        "--to",
        &to.to_string_lossy(),
    ];
    let (code, out, err) = folder::dateline(Path::new("."), &args);
    (code, out + &err)
}

/// A configuration for the same sites on another ledger, beside that of the folder.
fn other(folder: &Folder, file: &str, tables: &str) -> std::path::PathBuf {
    let text = fs::read_to_string(folder.path("dateline.toml")).expect("written before");
    let path = folder.path(file);
    fs::write(&path, format!("{text}\n{tables}")).expect("a writable folder");
    path
}

fn cluster(address: &str, prefix: &str, partitions: u32) -> String {
    format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{address}\"\nprefix = \"{prefix}.\"\npartitions = {partitions}\n"
    )
}

fn articles(records: &Records) -> usize {
    records
        .keys()
        .filter(|(outlet, _)| outlet == "articles")
        .count()
}

/// Runs a worker with a configuration until so many articles are published, and ends it.
fn work(config: &Path, published: &dyn Fn() -> Records, at_least: usize) {
    let log = config.with_extension("log");
    let mut child = Command::new(folder::BINARY)
        .args(["run", "--config"])
        .arg(config)
        .env("DATELINE_LOG", "info")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(fs::File::create(&log).expect("a writable folder"))
        .spawn()
        .expect("the built binary starts");
    let said = || fs::read_to_string(&log).unwrap_or_default();
    let began = Instant::now();
    while articles(&published()) < at_least {
        std::thread::sleep(Duration::from_millis(100));
        assert!(
            began.elapsed() < Duration::from_secs(120),
            "{at_least} articles: {}",
            said()
        );
    }
    let id = child.id().to_string();
    Command::new("kill")
        .args(["-TERM", &id])
        .status()
        .expect("kill");
    assert!(child.wait().expect("a child").success(), "{}", said());
}

/// Host and path of every article that is published.
fn pages(records: &Records) -> HashSet<String> {
    let articles = records
        .iter()
        .filter(|((outlet, _), _)| outlet == "articles");
    let page = |json: &str| {
        let article: serde_json::Value = serde_json::from_str(json).expect("records are JSON");
        let url = url::Url::parse(article["url"].as_str().expect("an address")).expect("one");
        format!("{}{}", url.host_str().unwrap_or_default(), url.path())
    };
    articles
        .flat_map(|(_, rows)| rows.iter().map(|row| page(&row.4)))
        .collect()
}

/// The same as [`work`]; nothing that was settled before the worker began is asked for by it.
fn go_on(news: &News, config: &Path, published: &dyn Fn() -> Records, at_least: usize) {
    let (settled, visits) = (pages(&published()), news.visits().len());
    assert!(settled.len() >= 40, "{} are settled", settled.len());
    work(config, published, at_least);
    let since = &news.visits()[visits..];
    let page = |visit: &dateline::demo::server::Visit| format!("{}{}", visit.host, visit.path);
    let again: Vec<String> = since
        .iter()
        .map(page)
        .filter(|page| settled.contains(page))
        .collect();
    assert!(again.is_empty(), "settled and asked for again: {again:?}");
}

/// Copies a ledger, which must succeed, also right after the worker on it has ended.
fn copy_whole(from: &Path, to: &Path) {
    let (code, said) = copied(from, to);
    assert_eq!(code, 0, "{said}");
}

/// Some of what waits in a file, and some of its marks: enough to see why a page was asked for again.
fn waiting_and_marks(path: &Path) -> Vec<String> {
    let ledger = rusqlite::Connection::open(path).expect("the copy");
    let read = |query: &str| -> Vec<String> {
        let mut rows = ledger.prepare(query).expect("a query");
        let rows = rows.query_map([], |row| row.get(0)).expect("rows");
        rows.map(|row| row.expect("a row")).collect()
    };
    let mut kept = read("SELECT id || ' ' || turn || ' ' || json FROM _entries LIMIT 5");
    kept.extend(read(
        "SELECT id || ' ' || json FROM _seen ORDER BY rowid DESC LIMIT 5",
    ));
    kept
}

fn doubles(records: &Records) -> Vec<String> {
    let mut seen = HashSet::new();
    let rows = records.values().flatten();
    rows.filter(|(ce_id, ..)| !seen.insert(ce_id.clone()))
        .map(|(ce_id, ..)| ce_id.clone())
        .collect()
}

#[test]
fn a_worker_that_goes_on_with_a_copy_publishes_and_fetches_nothing_again() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let news = runtime
        .block_on(News::start(Plan::flow(5, 200)))
        .expect("a local news server");
    let pace = Duration::from_millis(400);
    let folder = Folder::new(
        &news.hosts(),
        &news.feeds(),
        pace,
        "[poll]\nfirst_poll = 2000\n",
    );
    let file = other(&folder, "file.toml", "[ledger]\npath = \"dateline.db\"\n");
    let six = other(
        &folder,
        "six.toml",
        &cluster(&broker.address, "work-six", 6),
    );
    let four = other(
        &folder,
        "four.toml",
        &cluster(&broker.address, "work-four", 4),
    );
    let back = other(&folder, "back.toml", "[ledger]\npath = \"back.db\"\n");
    let topics = |prefix: &str| {
        let config = broker::config(&broker.address, prefix);
        let runtime = &runtime;
        move || runtime.block_on(on_topics(&config))
    };
    let own = |name: &str| {
        let path = folder.path(name);
        move || {
            // Not there yet, or just being made.
            match sqlite::SqliteReader::open(&path) {
                Ok(_) => in_file(&path),
                Err(_) => Records::new(),
            }
        }
    };
    // Each worker is ended in the middle: what waits is copied too.
    work(&file, &own("dateline.db"), 40);
    assert!(articles(&in_file(&folder.path("dateline.db"))) < 200);
    copy_whole(&file, &six);
    go_on(&news, &six, &topics("work-six"), 80);
    copy_whole(&six, &four);
    go_on(&news, &four, &topics("work-four"), 120);
    copy_whole(&four, &back);
    assert!(articles(&in_file(&folder.path("back.db"))) < 200);
    // The feeds are read anew and list everything: only the marks tell what was read.
    let ledger = rusqlite::Connection::open(folder.path("back.db")).expect("the copy");
    ledger
        .execute_batch("DELETE FROM _feeds; DELETE FROM _listed")
        .expect("two tables");
    drop(ledger);
    go_on(&news, &back, &own("back.db"), 200);
    let waiting = || {
        let ledger = rusqlite::Connection::open(folder.path("back.db")).expect("the copy");
        let query = "SELECT (SELECT count(*) FROM _entries) + 20 - (SELECT count(*) FROM _listed)";
        ledger
            .query_row(query, [], |row| row.get::<_, i64>(0))
            .expect("two counts")
    };
    let all_are_settled = pages(&in_file(&folder.path("back.db")));
    let kept = waiting_and_marks(&folder.path("back.db"));
    let visits = news.visits().len();
    work(
        &back,
        &|| {
            if waiting() == 0 {
                in_file(&folder.path("back.db"))
            } else {
                Records::new()
            }
        },
        200,
    );

    assert_eq!(all_are_settled.len(), 200);
    let since = &news.visits()[visits..];
    let again: Vec<_> = since
        .iter()
        .filter(|visit| visit.path.starts_with("/a/"))
        .collect();
    assert!(
        again.is_empty(),
        "all was settled, {} pages were asked for again: {again:?}\nwhat the ledger kept: {kept:#?}\n{}",
        again.len(),
        fs::read_to_string(back.with_extension("log")).unwrap_or_default()
    );
    let all = in_file(&folder.path("back.db"));
    assert_eq!(articles(&all), 200);
    assert!(doubles(&all).is_empty(), "{:?}", doubles(&all));
    assert!(all.values().flatten().count() > 300, "articles and events");
    // A target that holds a ledger already.
    let (code, said) = copied(&four, &six);
    assert_eq!(code, 64, "{said}");
    let (code, said) = copied(&four, &back);
    assert_eq!(code, 64, "{said}");
    runtime.block_on(news.stop());
}

#[test]
fn half_of_a_copy_is_refused_by_workers_and_named_with_what_mends_it() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let folder = Folder::new(
        &[],
        &["http://one.test/feed".to_owned()],
        Duration::from_millis(5),
        "",
    );
    let file = other(&folder, "file.toml", "[ledger]\npath = \"dateline.db\"\n");
    let half = other(&folder, "half.toml", &cluster(&broker.address, "half", 4));
    let file_again = other(&folder, "again.toml", "[ledger]\npath = \"again.db\"\n");
    runtime.block_on(async {
        let ledger = SqliteLedger::open(&folder.path("dateline.db"), None).expect("a new file");
        for chunk in 0..200_u32 {
            let events = (0..200).map(|n| records::event(&format!("{chunk}"), n, 1, "coded"));
            let published = Batch {
                records: events.collect(),
                ..batch(&ledger, &site(1))
            };
            ledger.commit(published).await.expect("committed");
        }
        ledger.close().await.expect("closed");
    });
    let begin = |to: &Path| {
        Command::new(folder::BINARY)
            .args(["ledger", "copy", "--from"])
            .arg(&file)
            .arg("--to")
            .arg(to)
            .stdout(Stdio::null())
            .spawn()
            .expect("the built binary starts")
    };
    // Killed as soon as the first record of the outlet is there.
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", &broker.address)
        .create()
        .expect("a consumer");
    let mut child = begin(&half);
    let some = || {
        (0..12).any(|partition| {
            let marks = consumer.fetch_watermarks("half.events", partition, Duration::from_secs(1));
            marks.is_ok_and(|(_, high)| high > 0)
        })
    };
    while !some() {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "the copy ended before it was killed"
        );
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("a child that runs");
    child.wait().expect("a child that was killed");

    let (code, said) = copied(&file, &half);
    assert_eq!(code, 64, "{said}");
    assert!(said.contains("--delete --topic half.events"), "{said}");
    let config = half.to_string_lossy();
    let (code, _, said) = folder::dateline(Path::new("."), &["run", "--config", &config]);
    assert_eq!(code, 64, "{said}");
    assert!(said.contains("half of a copy"), "{said}");
    let (code, said) = copied(&half, &file_again);
    assert_eq!(code, 64, "{said}");
    // As it says: deleted, and copied again.
    for topic in [
        "articles",
        "entries",
        "events",
        "feeds",
        "seen",
        "set-aside",
        "sites",
    ] {
        let topic = format!("half.{topic}");
        let arguments = [
            "--bootstrap-server",
            &broker.address,
            "--delete",
            "--topic",
            &topic,
        ];
        assert!(
            broker.tool("org.apache.kafka.tools.TopicCommand", &arguments),
            "{topic}"
        );
    }
    let (code, said) = copied(&file, &half);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("40000 events"), "{said}");

    // A file that is half a copy has another name, and the next copy begins anew.
    let mut child = begin(&file_again);
    let unfinished = folder.path("again.db.copying");
    while !unfinished.exists() {
        assert!(
            child.try_wait().expect("a child").is_none(),
            "the copy ended before it was killed"
        );
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().expect("a child that runs");
    child.wait().expect("a child that was killed");
    assert!(!folder.path("again.db").exists());
    let (code, said) = copied(&file, &file_again);
    assert_eq!(code, 0, "{said}");
    assert!(!unfinished.exists());
    assert_eq!(
        in_file(&folder.path("again.db")),
        in_file(&folder.path("dateline.db"))
    );
}

#[test]
fn a_copy_waits_for_workers_on_either_side_to_be_stopped() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let folder = Folder::new(
        &[],
        &["http://one.test/feed".to_owned()],
        Duration::from_millis(5),
        "",
    );
    let file = folder.path("dateline.toml");
    let topics = other(&folder, "topics.toml", &cluster(&broker.address, "busy", 4));
    let empty = other(
        &folder,
        "empty.toml",
        &cluster(&broker.address, "busy-not", 4),
    );
    let worker = folder.run();
    folder.wait("the ledger", Duration::from_secs(60), |folder| {
        folder.log().contains("status page open")
    });
    let (code, said) = copied(&file, &empty);
    assert_eq!(code, 75, "{said}");
    assert!(worker.terminate().success());

    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ledger = runtime.block_on(open(&broker::config(&broker.address, "busy")));
    for (from, to) in [(&topics, &empty), (&file, &topics)] {
        let (code, said) = copied(from, to);
        assert_eq!(code, 75, "{said}");
        assert!(said.contains("busy"), "{said}");
    }
    runtime.block_on(ledger.close()).expect("closed");
}
