//! A file as the source or the target of a copy, and the temporary file into which a cluster's topics are read.

use std::{
    ffi::OsString,
    fs::{self, File},
    path::{Path, PathBuf},
};

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row, params};

use super::{
    apply::{self, number},
    barred::Barred,
    fault::{disk, fault, unreadable},
    lock::Lock,
    schema,
};
use crate::{
    id::ArticleId,
    ledger::{
        LedgerError, Outlet, Position, Post, Published, Seen, Waiting,
        copy::{Kind, Spread, State},
        rules,
    },
    site::Site,
};

pub(in crate::ledger) use schema::PARTITIONS;

/// Rows of the target that share one transaction.
const ROWS: usize = 5_000;

/// States in the order they are copied: marks before entries, whose turns depend on them, and marks by id.
const STATES: [(Kind, &str); 6] = [
    (
        Kind::Site,
        "SELECT site, 0, site, written, json FROM _sites",
    ),
    (
        Kind::Feed,
        "SELECT id, part, json ->> '$.address', written, json FROM _feeds ORDER BY id, written",
    ),
    (
        Kind::Listed,
        "SELECT l.id, l.part, f.json ->> '$.address', l.written, l.json FROM _listed AS l
         LEFT JOIN _feeds AS f ON f.id = l.id AND f.part = l.part ORDER BY l.id, l.written",
    ),
    (
        Kind::Mark,
        "SELECT s.id, s.part, (SELECT e.site FROM _entries AS e WHERE e.id = s.id), s.counts_from, s.json
         FROM _seen AS s ORDER BY s.id",
    ),
    (
        Kind::Entry,
        "SELECT id, part, site, posted, json FROM _entries ORDER BY seq",
    ),
    // What `set-aside retry` asked for while no worker ran.
    (Kind::Entry, "SELECT id, 0, site, 0, json FROM _asked"),
];

/// A ledger that nobody writes.
pub(in crate::ledger) struct Source {
    file: Connection,
    spread: Spread,
    sources: Sources,
    /// The order of its records.
    order: &'static str,
    _lock: Option<Lock>,
}

impl Source {
    /// Opens a file under its lock. One of the next version is read too: it keeps these tables and columns.
    pub(in crate::ledger) fn open(path: &Path) -> Result<Self, LedgerError> {
        let file = schema::open_to_copy(path)?;
        let lock = Lock::take(path)?;
        let meta = |key| schema::get(&file, key).map_err(|error| fault("read the file", error));
        let partitions = meta("partitions")?.and_then(|count| count.parse().ok());
        let clean = meta("clean")?.as_deref() == Some("1");
        Ok(Self {
            spread: Spread {
                partitions: partitions.unwrap_or(1),
                clean,
            },
            sources: Sources::of(&file)?,
            file,
            order: "seq",
            _lock: Some(lock),
        })
    }

    /// How its states are spread.
    pub(in crate::ledger) fn spread(&self) -> Spread {
        self.spread
    }

    /// Every state.
    pub(in crate::ledger) fn states(
        &self,
        mut each: impl FnMut(State) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let cannot = |error| fault("read the states", error);
        for (kind, query) in STATES {
            let mut query = self.file.prepare(query).map_err(cannot)?;
            let mut rows = query.query([]).map_err(cannot)?;
            while let Some(row) = rows.next().map_err(cannot)? {
                each(self.state(kind, row).map_err(cannot)?)?;
            }
        }
        Ok(())
    }

    fn state(&self, kind: Kind, row: &Row<'_>) -> rusqlite::Result<State> {
        let part = row.get(1)?;
        let site = row.get::<_, Option<String>>(2)?;
        let site = site.and_then(|text| match kind {
            Kind::Feed | Kind::Listed => Site::of_url(&url::Url::parse(&text).ok()?),
            Kind::Site | Kind::Mark | Kind::Entry => Some(Site::of_host(&text)),
        });
        // A mark or a feed is of that site only when it lies where the site does.
        let lies_there = |site: &Site| site.partition(self.spread.partitions) == part;
        let certain = matches!(kind, Kind::Site | Kind::Entry);
        Ok(State {
            kind,
            key: row.get(0)?,
            part,
            site: site.filter(|site| certain || lies_there(site)),
            written: Timestamp::from_microsecond(row.get(3)?).unwrap_or_default(),
            json: row.get(4)?,
        })
    }

    /// Every record, in the order of the commits.
    pub(in crate::ledger) fn records(
        &self,
        mut each: impl FnMut(Published) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let cannot = |error| fault("read the records", error);
        let query = format!(
            "SELECT seq, outlet, id, revision, recorded, type, json FROM _outlet ORDER BY {}",
            self.order
        );
        let mut query = self.file.prepare(&query).map_err(cannot)?;
        let mut rows = query.query([]).map_err(cannot)?;
        while let Some(row) = rows.next().map_err(cannot)? {
            if let Some(record) = self.record(row).map_err(cannot)? {
                each(record)?;
            }
        }
        Ok(())
    }

    /// A record; `None` for one of an outlet that a later version has added.
    fn record(&self, row: &Row<'_>) -> rusqlite::Result<Option<Published>> {
        let (seq, outlet): (i64, i64) = (row.get(0)?, row.get(1)?);
        let all = [Outlet::Articles, Outlet::Events, Outlet::SetAside];
        let Some(outlet) = all.into_iter().find(|one| number(*one) == outlet) else {
            return Ok(None);
        };
        Ok(Some(Published {
            position: Position(seq.try_into().unwrap_or(0)),
            outlet,
            id: row.get(2)?,
            revision: row.get(3)?,
            recorded: Timestamp::from_second(row.get(4)?).unwrap_or_default(),
            ce_type: row.get(5)?,
            ce_source: self.sources.at(seq).to_owned(),
            json: row.get(6)?,
        }))
    }
}

/// Under which CloudEvents source the records of a file were published: those up to a place that were copied into it
/// under that of the ledger they come from, the rest under its own.
#[derive(Debug, Default)]
pub(super) struct Sources {
    own: String,
    copied: Vec<(i64, String)>,
}

impl Sources {
    pub(super) fn of(file: &Connection) -> Result<Self, LedgerError> {
        let cannot = |error| fault("read the file", error);
        let own = schema::get(file, "ce_source").map_err(cannot)?;
        let known = "SELECT 1 FROM sqlite_schema WHERE name = '_sources'";
        let is_copy = file
            .query_row(known, [], |_| Ok(()))
            .optional()
            .map_err(cannot)?;
        let mut copied = Vec::new();
        if is_copy.is_some() {
            let query = "SELECT up_to, source FROM _sources ORDER BY up_to";
            let mut rows = file.prepare(query).map_err(cannot)?;
            let rows = rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)));
            copied = rows.and_then(Iterator::collect).map_err(cannot)?;
        }
        Ok(Self {
            own: own.unwrap_or_default(),
            copied,
        })
    }

    /// The source of the record at a place.
    pub(super) fn at(&self, seq: i64) -> &str {
        let at = self.copied.partition_point(|(up_to, _)| *up_to < seq);
        self.copied.get(at).map_or(&self.own, |(_, source)| source)
    }
}

/// A file that is being filled. It has its name only once it is complete: what is left of a copy that was broken off is
/// removed by the next.
pub(in crate::ledger) struct Target {
    path: PathBuf,
    rows: Rows,
    _lock: Lock,
}

/// Writes rows of a ledger's tables, some thousand to a transaction.
struct Rows {
    file: Connection,
    pending: usize,
    source: Option<String>,
}

impl Target {
    /// Takes the lock of a file that is not there, or holds nothing.
    pub(in crate::ledger) fn open(path: &Path) -> Result<Self, LedgerError> {
        let lock = Lock::take(path)?;
        if path.exists() && !is_empty(path)? {
            let detail = format!(
                "{} holds a ledger already; a copy needs a file that is not there",
                path.display()
            );
            return Err(LedgerError::Unfit { detail });
        }
        let unfinished = unfinished(path);
        remove(&unfinished)?;
        let file = schema::open(&unfinished)?;
        Ok(Self {
            path: path.to_owned(),
            rows: Rows::new(file)?,
            _lock: lock,
        })
    }

    pub(in crate::ledger) fn begin(&mut self, clean: bool) -> Result<(), LedgerError> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let set = |key, value: &str| schema::set(&self.rows.file, key, value);
        set("ce_source", &format!("/dateline/{name}"))
            .and_then(|()| set("clean", if clean { "1" } else { "0" }))
            .map_err(|error| fault("begin a copy", error))
    }

    pub(in crate::ledger) fn put(&mut self, state: &State, part: u32) -> Result<(), LedgerError> {
        self.rows.put(state, part)
    }

    pub(in crate::ledger) fn publish(&mut self, record: &Published) -> Result<(), LedgerError> {
        self.rows.publish(record)
    }

    /// Gives the file its name.
    pub(in crate::ledger) fn finish(self) -> Result<(), LedgerError> {
        let file = self.rows.finish()?;
        let cannot = |error| fault("finish the copy", error);
        file.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
            .map_err(cannot)?;
        file.close().map_err(|(_, error)| cannot(error))?;
        let unfinished = unfinished(&self.path);
        let what = format!("cannot finish {}", self.path.display());
        // What an empty file left beside it belongs to nothing.
        remove(&self.path)?;
        fs::rename(&unfinished, &self.path)
            .and_then(|()| {
                let folder = self.path.parent().filter(|p| !p.as_os_str().is_empty());
                File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
            })
            .map_err(|error| disk(&what, error))
    }
}

impl Rows {
    fn new(file: Connection) -> Result<Self, LedgerError> {
        file.execute_batch(
            "CREATE TABLE _sources (up_to INTEGER PRIMARY KEY, source TEXT NOT NULL); BEGIN",
        )
        .map_err(|error| fault("begin a copy", error))?;
        Ok(Self {
            file,
            pending: 0,
            source: None,
        })
    }

    /// One row more; now and then what was written so far is let go from memory.
    fn count(&mut self) -> Result<(), LedgerError> {
        self.pending += 1;
        if self.pending < ROWS {
            return Ok(());
        }
        self.pending = 0;
        self.file
            .execute_batch("COMMIT; BEGIN")
            .map_err(|error| fault("write the copy", error))
    }

    fn put(&mut self, state: &State, part: u32) -> Result<(), LedgerError> {
        let (key, json, file) = (&state.key, &state.json, &self.file);
        let written = state.written.as_microsecond();
        let insert = |query: &str, given: &[&dyn rusqlite::ToSql]| {
            file.prepare_cached(query)
                .and_then(|mut insert| insert.execute(given))
                .map(drop)
                .map_err(|error| fault("write the copy", error))
        };
        match state.kind {
            Kind::Site => insert(
                "INSERT OR REPLACE INTO _sites VALUES (?1, ?2, ?3)",
                params![key, written, json],
            ),
            Kind::Feed => insert(
                "INSERT OR REPLACE INTO _feeds VALUES (?1, ?2, ?3, ?4)",
                params![key, part, written, json],
            ),
            Kind::Listed => insert(
                "INSERT OR REPLACE INTO _listed VALUES (?1, ?2, ?3, ?4)",
                params![key, part, written, json],
            ),
            Kind::Mark => {
                let (counts_from, kills) = counts(key, json)?;
                insert(
                    "INSERT OR REPLACE INTO _seen VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![key, part, counts_from, kills, json],
                )
            }
            // A file that was empty has no row that cannot be read.
            Kind::Entry => apply::post(file, &post(state)?, &Barred::default()),
        }?;
        self.count()
    }

    fn publish(&mut self, record: &Published) -> Result<(), LedgerError> {
        let cannot = |error| fault("write the copy", error);
        if self.source.as_ref() != Some(&record.ce_source) {
            self.close_source().map_err(cannot)?;
            self.source = Some(record.ce_source.clone());
        }
        let article = (record.outlet == Outlet::Events)
            .then(|| article_of(&record.json))
            .flatten();
        let row = apply::Row {
            outlet: record.outlet,
            id: record.id.clone(),
            revision: record.revision,
            ce_type: record.ce_type.clone(),
            article,
            json: record.json.clone(),
        };
        apply::publish(&self.file, &[row], record.recorded).map_err(cannot)?;
        self.count()
    }

    /// Notes under which source the records up to the last were published.
    fn close_source(&mut self) -> rusqlite::Result<()> {
        let Some(source) = self.source.take() else {
            return Ok(());
        };
        let up_to = self.file.last_insert_rowid();
        self.file
            .execute(
                "INSERT INTO _sources VALUES (?1, ?2)",
                params![up_to, source],
            )
            .map(drop)
    }

    fn finish(mut self) -> Result<Connection, LedgerError> {
        self.close_source()
            .and_then(|()| self.file.execute_batch("COMMIT"))
            .map_err(|error| fault("write the copy", error))?;
        Ok(self.file)
    }
}

/// The states and records of a cluster, gathered in a temporary file of the system: the log of a topic holds a key many
/// times, and its partitions have no order among them.
#[cfg(feature = "kafka")]
pub(in crate::ledger) struct Stage {
    rows: Rows,
    partitions: u32,
    /// How the last owner of each partition ended.
    ends: std::collections::BTreeMap<u32, bool>,
}

#[cfg(feature = "kafka")]
impl Stage {
    /// An empty one; the system removes it with the last that has it open.
    pub(in crate::ledger) fn new(partitions: u32) -> Result<Self, LedgerError> {
        let file = schema::open_temporary()?;
        Ok(Self {
            rows: Rows::new(file)?,
            partitions,
            ends: std::collections::BTreeMap::new(),
        })
    }

    /// How an owner of a partition ended; the last one told stands.
    pub(in crate::ledger) fn ended(&mut self, part: u32, cleanly: bool) {
        self.ends.insert(part, cleanly);
    }

    /// A state over the one that stood there under its key.
    pub(in crate::ledger) fn put(&mut self, state: &State) -> Result<(), LedgerError> {
        self.rows.put(state, state.part)
    }

    /// An entry was cleared.
    pub(in crate::ledger) fn clear(&mut self, id: &str, part: u32) -> Result<(), LedgerError> {
        let cannot = |error| fault("write the copy", error);
        let query = "SELECT seq, site FROM _entries WHERE id = ?1";
        let rows: Vec<(i64, String)> = self
            .rows
            .file
            .prepare_cached(query)
            .and_then(|mut rows| {
                rows.query_map([id], |row| Ok((row.get(0)?, row.get(1)?)))?
                    .collect()
            })
            .map_err(cannot)?;
        for (seq, site) in rows {
            if Site::of_host(&site).partition(self.partitions) == part {
                self.rows
                    .file
                    .execute("DELETE FROM _entries WHERE seq = ?1", [seq])
                    .map_err(cannot)?;
            }
        }
        self.rows.count()
    }

    pub(in crate::ledger) fn publish(&mut self, record: &Published) -> Result<(), LedgerError> {
        self.rows.publish(record)
    }

    /// All is gathered.
    pub(in crate::ledger) fn finish(self) -> Result<Source, LedgerError> {
        let file = self.rows.finish()?;
        Ok(Source {
            sources: Sources::of(&file)?,
            spread: Spread {
                partitions: self.partitions,
                clean: self.ends.values().all(|cleanly| *cleanly),
            },
            file,
            order: "recorded, outlet, seq",
            _lock: None,
        })
    }
}

/// From when a mark's expiry counts, and its kills, as the columns of `_seen` have them.
fn counts(key: &str, json: &str) -> Result<(i64, u32), LedgerError> {
    let seen: Seen = serde_json::from_str(json)
        .map_err(|error| unreadable(&format!("the mark of {key}"), &error))?;
    Ok(match seen {
        Seen::Retry { due, kills, .. } => (due.as_microsecond(), kills),
        Seen::Settled(settled) => (settled.when.as_microsecond(), 0),
    })
}

fn post(state: &State) -> Result<Post, LedgerError> {
    let waiting: Waiting = apply::read_waiting(&state.json)?;
    let id = ArticleId::parse(&state.key).map_err(|error| unreadable("an entry", &error))?;
    let site = state.site.clone().ok_or_else(|| LedgerError::Fault {
        detail: format!("the entry {id} has no site"),
    })?;
    rules::state_json(&waiting, crate::ledger::MAX_RECORD_BYTES)?;
    Ok(Post { id, site, waiting })
}

/// The article of an event's record.
fn article_of(json: &str) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Event {
        article: Article,
    }
    #[derive(serde::Deserialize)]
    struct Article {
        id: String,
    }
    let event: Event = serde_json::from_str(json).ok()?;
    Some(event.article.id)
}

fn unfinished(path: &Path) -> PathBuf {
    with_ending(path, ".copying")
}

fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// Removes a database with its log.
fn remove(path: &Path) -> Result<(), LedgerError> {
    for ending in ["", "-wal", "-shm"] {
        let path = with_ending(path, ending);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(disk(&format!("cannot remove {}", path.display()), error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_empty(path: &Path) -> Result<bool, LedgerError> {
    if fs::metadata(path).is_ok_and(|file| file.len() == 0) {
        return Ok(true);
    }
    let file = schema::open_to_copy(path)?;
    let tables = [
        "_sites", "_feeds", "_listed", "_entries", "_asked", "_seen", "_outlet",
    ];
    has_any(&file, &tables).map(|any| !any)
}

fn has_any(file: &Connection, tables: &[&str]) -> Result<bool, LedgerError> {
    for table in tables {
        let query = format!("SELECT EXISTS (SELECT 1 FROM {table})");
        let any: bool = file
            .query_row(&query, [], |row| row.get(0))
            .map_err(|error| fault("read the file", error))?;
        if any {
            return Ok(true);
        }
    }
    Ok(false)
}
