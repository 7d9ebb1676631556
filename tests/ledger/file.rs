//! What only a ledger in a file has to promise: its lock, its versions, its disk, its views and its readers.
#![allow(
    dead_code,
    reason = "each test crate includes this module and uses its own part of it"
)]

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use dateline::{
    ledger::{Batch, Ledger, LedgerError, Outlet, Position, Take, Why},
    record::Record,
    site::Site,
    sqlite::{SqliteLedger, SqliteReader},
};
use rusqlite::Connection;

use super::File;
use crate::support::{
    conformance::{self, Bench, batch, hours, id, post, post_all, records, settled, start, turn},
    skip,
};

fn site() -> Site {
    Site::of_host("one.test")
}

/// Publishes records as the owner of a site would.
async fn publish(ledger: &SqliteLedger, records: Vec<Record>) -> Result<(), LedgerError> {
    let published = Batch {
        records,
        ..batch(ledger, &site())
    };
    ledger.commit(published).await.map(drop)
}

fn unfit(path: &Path) -> String {
    match SqliteLedger::open(path, None) {
        Err(LedgerError::Unfit { detail }) => detail,
        other => panic!("the file was to be unfit, not {other:?}"),
    }
}

#[tokio::test]
async fn a_second_worker_on_the_same_file_is_refused_until_the_first_ends() {
    let mut file = File::new();
    let first = file.open().await;
    let second = SqliteLedger::open(&file.path, None);
    let Err(LedgerError::Taken { detail }) = second else {
        panic!("{second:?}")
    };
    assert!(detail.contains(&std::process::id().to_string()), "{detail}");
    drop(first);
    file.open().await;
}

#[tokio::test]
async fn a_file_of_an_unknown_version_is_refused_and_left_as_it_is() {
    let mut file = File::new();
    file.open().await.close().await.expect("closed");
    let tamper = Connection::open(&file.path).expect("the file opens");
    tamper
        .pragma_update(None, "user_version", 9)
        .expect("the version can be set");
    drop(tamper);
    let before = fs::read(&file.path).expect("the file can be read");
    let detail = unfit(&file.path);
    assert!(
        detail.contains("version is 9") && detail.contains("version 1"),
        "{detail}"
    );
    assert!(matches!(
        SqliteReader::open(&file.path),
        Err(LedgerError::Unfit { .. })
    ));
    assert_eq!(fs::read(&file.path).expect("the file can be read"), before);
}

#[test]
fn a_database_of_another_program_is_refused() {
    let file = File::new();
    let other = Connection::open(&file.path).expect("a new database");
    other
        .execute_batch("CREATE TABLE theirs (a)")
        .expect("a table");
    drop(other);
    assert!(unfit(&file.path).contains("another program"));
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let file = File::new();
    fs::write(&file.path, "this is a diary, not a database\n".repeat(99)).expect("a text file");
    assert!(unfit(&file.path).contains("not an SQLite database"));
}

#[test]
fn a_folder_that_cannot_be_written_is_a_fault_of_the_disk() {
    let opened = SqliteLedger::open(Path::new("/proc/dateline.db"), None);
    assert!(
        matches!(opened, Err(LedgerError::Disk { .. })),
        "{opened:?}"
    );
}

/// A small file system of memory's; only root may mount one.
struct Disk(PathBuf);

impl Disk {
    fn of_kib(kib: u32) -> Option<(Self, tempfile::TempDir)> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let size = format!("size={kib}k");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(folder.path())
            .status();
        if !mounted.is_ok_and(|status| status.success()) {
            skip::left_out("only root may mount the small disk that this test fills");
            return None;
        }
        Some((Self(folder.path().to_owned()), folder))
    }

    fn read_only(&self) {
        let mount = Command::new("mount")
            .args(["-o", "remount,ro"])
            .arg(&self.0)
            .status();
        assert!(
            mount.is_ok_and(|status| status.success()),
            "the disk could not be made read-only"
        );
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        Command::new("umount").arg("-l").arg(&self.0).status().ok();
    }
}

#[tokio::test]
async fn a_full_disk_refuses_the_batch_and_loses_nothing() {
    let Some((disk, _folder)) = Disk::of_kib(4096) else {
        return;
    };
    let path = disk.0.join("dateline.db");
    let ballast = disk.0.join("ballast");
    fs::write(&ballast, vec![0; 1 << 20]).expect("ballast");
    let ledger = SqliteLedger::open(&path, None).expect("the file can be opened");
    let mut taken = 0;
    let refused = loop {
        let article = records::article_of_bytes(&format!("{taken}"), 100_000);
        match publish(&ledger, vec![article]).await {
            Ok(()) => taken += 1,
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, LedgerError::Disk { .. }), "{refused:?}");
    assert!(taken > 5 && ledger.health().unreachable_since.is_some());
    let reader = SqliteReader::open(&path).expect("a full disk can be read");
    let read = |reader: &SqliteReader| {
        let all = reader.read_after(Outlet::Articles, Position::default(), 1_000);
        all.expect("records can be read").len()
    };
    assert_eq!(read(&reader), taken);
    fs::remove_file(&ballast).expect("room is made");
    let again = records::article_of_bytes(&format!("{taken}"), 100_000);
    publish(&ledger, vec![again])
        .await
        .expect("the same batch passes once there is room");
    assert_eq!(read(&reader), taken + 1);
    assert_eq!(ledger.health().unreachable_since, None);
}

#[tokio::test]
async fn a_batch_too_large_for_the_disk_does_not_take_others_down() {
    let Some((disk, _folder)) = Disk::of_kib(4096) else {
        return;
    };
    let path = disk.0.join("dateline.db");
    let ledger = SqliteLedger::open(&path, None).expect("the file can be opened");
    let article = |n: u32| records::article_of_bytes(&format!("large {n}"), 100_000);
    let (first, large, small) = tokio::join!(
        publish(&ledger, vec![records::article("first", 1)]),
        publish(&ledger, (0..60).map(article).collect()),
        publish(&ledger, vec![records::article("small", 1)]),
    );
    first.expect("committed");
    assert!(matches!(large, Err(LedgerError::Disk { .. })), "{large:?}");
    small.expect("committed");
    let reader = SqliteReader::open(&path).expect("the file can be read");
    let all = reader
        .read_after(Outlet::Articles, Position::default(), 100)
        .expect("records can be read");
    assert_eq!(all.len(), 2);
}

#[tokio::test]
async fn a_read_only_disk_is_a_fault_of_the_disk_and_loses_nothing() {
    let Some((disk, _folder)) = Disk::of_kib(4096) else {
        return;
    };
    let path = disk.0.join("dateline.db");
    let ledger = SqliteLedger::open(&path, None).expect("the file can be opened");
    publish(&ledger, vec![records::article("a", 1)])
        .await
        .expect("a record");
    ledger.close().await.expect("closed");
    drop(ledger);
    disk.read_only();
    let opened = SqliteLedger::open(&path, None);
    assert!(
        matches!(opened, Err(LedgerError::Disk { .. })),
        "{opened:?}"
    );
    let reader = SqliteReader::open(&path).expect("a read-only disk can be read");
    let all = reader
        .read_after(Outlet::Articles, Position::default(), 10)
        .expect("records can be read");
    assert_eq!(all.len(), 1);
}

#[tokio::test]
async fn a_reader_follows_beside_the_writer_in_commit_order() {
    let mut file = File::new();
    let ledger = file.open().await;
    publish(
        &ledger,
        vec![records::event("a", 0, 1, "coded"), records::article("a", 1)],
    )
    .await
    .expect("records");
    let reader = SqliteReader::open(&file.path).expect("the file can be read");
    let first = reader
        .read_after(Outlet::Events, Position::default(), 10)
        .expect("events");
    assert_eq!(
        (first.len(), first[0].ce_source.as_str()),
        (1, "/dateline/dateline.db")
    );
    assert_eq!(first[0].ce_id(), format!("{}.1", records::event_id("a", 0)));
    let end = reader.end_position().expect("the end");
    assert!(
        reader
            .read_after(Outlet::Events, end, 10)
            .expect("nothing yet")
            .is_empty()
    );
    publish(
        &ledger,
        vec![
            records::event("a", 0, 2, "revised"),
            records::event("b", 0, 1, "coded"),
        ],
    )
    .await
    .expect("records");
    let next = reader.read_after(Outlet::Events, end, 10).expect("events");
    assert_eq!(
        next.iter().map(|event| event.revision).collect::<Vec<_>>(),
        [2, 1]
    );
    let since = |hour| {
        reader
            .position_since(Outlet::Events, hours(next[0].recorded, hour))
            .expect("a place")
    };
    assert_eq!(
        (since(-1), since(1) >= next[1].position),
        (Position(0), true)
    );
    let newest = reader.read_newest(Outlet::Events, 1).expect("events");
    assert_eq!(newest[0].position, next[1].position);
}

#[tokio::test]
async fn a_running_worker_notices_what_another_process_asks_for_again() {
    let mut file = File::new();
    let ledger = file.open().await;
    let address = "https://one.test/a";
    let aside = records::set_aside("a", address, 3);
    let batch = Batch {
        seen: vec![(id("a"), settled(start(), 0))],
        records: vec![aside],
        ..batch(&ledger, &site())
    };
    ledger.commit(batch).await.expect("set aside");
    while ledger.next_change().await.sites.contains(&site()) {}
    let reader = SqliteReader::open(&file.path).expect("the file can be read");
    assert!(
        !reader
            .request_retry("ar_unknown")
            .expect("an id that nobody set aside")
    );
    assert!(reader.request_retry(&id("a").to_string()).expect("asked"));
    while !ledger.next_change().await.sites.contains(&site()) {}
    let now = hours(jiff::Timestamp::now(), 1);
    let asked = turn(&ledger, &site(), now).await;
    assert_eq!(
        (asked.waiting.why, asked.waiting.url.as_str()),
        (Why::Asked, address)
    );
}

#[tokio::test]
async fn what_was_asked_for_while_no_worker_ran_waits_at_the_next_start() {
    let mut file = File::new();
    let ledger = file.open().await;
    let aside = records::set_aside("a", "https://one.test/a", 3);
    publish(&ledger, vec![aside]).await.expect("set aside");
    ledger.close().await.expect("closed");
    drop(ledger);
    let reader = SqliteReader::open(&file.path).expect("the file can be read");
    assert!(reader.request_retry(&id("a").to_string()).expect("asked"));
    let ledger = file.open().await;
    let now = hours(jiff::Timestamp::now(), 1);
    assert_eq!(turn(&ledger, &site(), now).await.waiting.why, Why::Asked);
}

#[tokio::test]
async fn the_views_are_flat_and_show_what_stands() {
    let mut file = File::new();
    let ledger = file.open().await;
    let records = vec![
        records::article("a", 1),
        records::event("a", 0, 1, "coded"),
        records::event("a", 1, 1, "coded"),
        records::event("a", 2, 1, "coded"),
    ];
    publish(&ledger, records).await.expect("records");
    let later = vec![
        records::article("a", 2),
        records::event("a", 0, 2, "revised"),
        records::event("a", 1, 2, "retracted"),
    ];
    publish(&ledger, later).await.expect("records");
    let sql = Connection::open(&file.path).expect("any program can read the file");
    let text = |query: &str| -> String {
        sql.query_row(query, [], |row| row.get(0))
            .expect("one row of text")
    };
    let count =
        |query: &str| -> i64 { sql.query_row(query, [], |row| row.get(0)).expect("a count") };
    assert_eq!(count("SELECT count(*) FROM events"), 2);
    assert_eq!(count("SELECT sum(revision) FROM events"), 3);
    assert_eq!(count("SELECT count(*) FROM event_log"), 5);
    assert_eq!(count("SELECT count(*) FROM actors"), 6);
    assert_eq!(count("SELECT max(revision) + count(*) FROM articles"), 3);
    let line = "SELECT event_date || ' ' || event_type || ' ' || actor || '>' || recipient_country
        || ' ' || place || ' ' || latitude || ' ' || dead_min || '-' || dead_max || ' ' || confidence
        || ' ' || publisher || ' ' || sentence FROM events WHERE url = 'https://one.test/a' LIMIT 1";
    assert_eq!(
        text(line),
        "2024-06-28 REQUEST Pakistan>USA Quetta 30.18 5-6 0.9 One Pakistan asked the United States."
    );
    let second = "SELECT role || position || country FROM actors WHERE name = 'China' LIMIT 1";
    assert_eq!(text(second), "actor1CHN");
    assert!(text("SELECT recorded FROM articles").ends_with('Z'));
}

#[tokio::test]
async fn batches_that_come_together_are_each_answered() {
    let mut file = File::new();
    let ledger = std::sync::Arc::new(file.open().await);
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..500 {
        let ledger = std::sync::Arc::clone(&ledger);
        tasks.spawn(async move {
            publish(
                &ledger,
                vec![records::event(&format!("{n}"), 0, 1, "coded")],
            )
            .await
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("a task that does not panic")
            .expect("committed");
    }
    assert_eq!(file.published(Outlet::Events).await.len(), 500);
}

#[tokio::test]
async fn a_mailbox_of_thousands_of_drops_is_worked_off_in_one_question() {
    let mut file = File::new();
    let (ledger, now) = (file.open().await, start());
    let names: Vec<String> = (0..3_000).map(|n| n.to_string()).collect();
    let seen = names
        .iter()
        .map(|name| (id(name), settled(now, 1)))
        .collect();
    let known = Batch {
        seen,
        ..batch(&ledger, &site())
    };
    ledger.commit(known).await.expect("marks");
    let posts = names
        .iter()
        .map(|name| post(&site(), name, Why::StillListed, now))
        .collect();
    post_all(&ledger, &site(), posts).await;
    assert_eq!(ledger.health().waiting, 3_000);
    assert!(matches!(
        conformance::take(&ledger, &site(), now).await,
        Take::Empty
    ));
    assert_eq!(ledger.health().waiting, 0);
}

/// Changes the file as somebody with an editor for databases would.
fn tamper(file: &File, statement: &str) {
    let open = Connection::open(&file.path).expect("the file opens");
    let rows = open.execute(statement, []).expect("a statement of a test");
    assert!(rows > 0, "{statement}");
}

#[tokio::test]
async fn a_record_that_cannot_be_read_stops_its_site_and_no_other() {
    let (one, two) = (site(), Site::of_host("two.test"));
    for broken in [
        "UPDATE _entries SET json = '{' WHERE site = 'one.test'",
        "UPDATE _entries SET json = json_set(json, '$.v', 9) WHERE site = 'one.test'",
    ] {
        let mut file = File::new();
        let ledger = file.open().await;
        for site in [&one, &two] {
            let posts = vec![post(site, &format!("a of {site}"), Why::New, start())];
            post_all(&ledger, site, posts).await;
        }
        ledger.close().await.expect("closed");
        drop(ledger);
        tamper(&file, broken);

        let ledger = file.open().await;
        assert!(
            ledger.find_tenure(&one).is_some(),
            "nothing is known of it yet"
        );
        let taken = ledger.take_entry(&one, start()).await;
        assert!(matches!(taken, Err(LedgerError::Stale { .. })), "{taken:?}");
        assert_eq!(ledger.find_tenure(&one), None, "it stands still");
        let health = ledger.health();
        assert_eq!(health.unreadable, 1);
        assert!(
            health
                .notes
                .iter()
                .any(|note| note.contains("one.test stands still")),
            "{:?}",
            health.notes
        );
        turn(&ledger, &two, start()).await;
        // Who posts to it goes on, and what stands there is left for whoever mends it.
        let again = vec![post(&one, "a of one.test", Why::Changed, start())];
        post_all(&ledger, &two, again).await;
        ledger.close().await.expect("closed");
        tamper(&file, broken);
    }
}

#[tokio::test]
async fn a_mark_of_a_much_newer_version_is_refused_and_says_so() {
    let mut file = File::new();
    let ledger = file.open().await;
    let seen = Batch {
        seen: vec![(id("a"), settled(start(), 1))],
        ..batch(&ledger, &site())
    };
    ledger.commit(seen).await.expect("committed");
    ledger.close().await.expect("closed");
    drop(ledger);
    tamper(&file, "UPDATE _seen SET json = json_set(json, '$.v', 2)");
    let ledger = file.open().await;
    let seen = ledger.read_seen(&site(), id("a")).await;
    assert!(matches!(seen, Ok(Some(_))), "the next version: {seen:?}");
    tamper(&file, "UPDATE _seen SET json = json_set(json, '$.v', 3)");
    let seen = ledger.read_seen(&site(), id("a")).await;
    assert!(matches!(seen, Err(LedgerError::Stale { .. })), "{seen:?}");
    let notes = ledger.health().notes.concat();
    assert!(
        notes.contains("version 3") && notes.contains("newer dateline"),
        "{notes}"
    );
}
