//! A file as the source of a copy.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension as _, Row};

use crate::{
    ledger::{
        LedgerError, Outlet, Position, PublishedRecord,
        transfer::{MovedState, Spread, StateKind},
    },
    site::Site,
    sqlite::{apply::outlet_number, fault::ledger_error, lock::Lock, schema},
};

/// States in the order they are copied.
// Marks before entries, whose turns depend on them, and marks by id.
const STATES: [(StateKind, &str); 6] = [
    (
        StateKind::Site,
        "SELECT site, 0, site, written, json FROM _sites",
    ),
    (
        StateKind::Feed,
        "SELECT id, part, json ->> '$.address', written, json FROM _feeds ORDER BY id, written",
    ),
    (
        StateKind::Listed,
        "SELECT l.id, l.part, f.json ->> '$.address', l.written, l.json FROM _listed AS l
         LEFT JOIN _feeds AS f ON f.id = l.id AND f.part = l.part ORDER BY l.id, l.written",
    ),
    (
        StateKind::Mark,
        "SELECT s.id, s.part, (SELECT e.site FROM _entries AS e WHERE e.id = s.id), s.counts_from, s.json
         FROM _seen AS s ORDER BY s.id",
    ),
    (
        StateKind::Entry,
        "SELECT id, part, site, posted, json FROM _entries ORDER BY seq",
    ),
    // What `set-aside retry` asked for while no worker ran.
    (StateKind::Entry, "SELECT id, 0, site, 0, json FROM _asked"),
];

/// A ledger that nobody writes.
pub(crate) struct FileSource {
    pub(super) file: Connection,
    pub(super) spread: Spread,
    pub(super) sources: SourceTable,
    /// The order of its records.
    pub(super) order: &'static str,
    pub(super) _lock: Option<Lock>,
}

impl FileSource {
    /// Opens a file under its lock. One of the next version is read too: it keeps these tables and columns.
    pub(crate) fn open(path: &Path) -> Result<Self, LedgerError> {
        let file = schema::open_to_copy(path)?;
        let lock = Lock::take_lock_to_read(path)?;
        let meta = |key| {
            schema::read_meta(&file, key).map_err(|error| ledger_error("read the file", error))
        };
        let partitions = meta("partitions")?.and_then(|count| count.parse().ok());
        let clean = meta("clean")?.as_deref() == Some("1");
        Ok(Self {
            spread: Spread {
                partitions: partitions.unwrap_or(1),
                clean,
            },
            sources: SourceTable::read_sources(&file)?,
            file,
            order: "seq",
            _lock: lock,
        })
    }

    /// How its states are spread.
    pub(crate) fn spread(&self) -> Spread {
        self.spread
    }

    /// Every state.
    pub(crate) fn each_state(
        &self,
        mut each: impl FnMut(MovedState) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let cannot = |error| ledger_error("read the states", error);
        for (kind, query) in STATES {
            let mut query = self.file.prepare(query).map_err(cannot)?;
            let mut rows = query.query([]).map_err(cannot)?;
            while let Some(row) = rows.next().map_err(cannot)? {
                each(self.parse_state(kind, row).map_err(cannot)?)?;
            }
        }
        Ok(())
    }

    fn parse_state(&self, kind: StateKind, row: &Row<'_>) -> rusqlite::Result<MovedState> {
        let part = row.get(1)?;
        let site = row.get::<_, Option<String>>(2)?;
        let site = site.and_then(|text| match kind {
            StateKind::Feed | StateKind::Listed => Site::of_url(&url::Url::parse(&text).ok()?),
            StateKind::Site | StateKind::Mark | StateKind::Entry => Some(Site::of_host(&text)),
        });
        // A mark or a feed is of that site only when it lies where the site does.
        let lies_there = |site: &Site| site.partition_among(self.spread.partitions) == part;
        let certain = matches!(kind, StateKind::Site | StateKind::Entry);
        Ok(MovedState {
            kind,
            key: row.get(0)?,
            part,
            site: site.filter(|site| certain || lies_there(site)),
            written: Timestamp::from_microsecond(row.get(3)?).unwrap_or_default(),
            json: row.get(4)?,
        })
    }

    /// Every record, in the order of the commits.
    pub(crate) fn each_record(
        &self,
        mut each: impl FnMut(PublishedRecord) -> Result<(), LedgerError>,
    ) -> Result<(), LedgerError> {
        let cannot = |error| ledger_error("read the records", error);
        let query = format!(
            "SELECT seq, outlet, id, revision, recorded, type, json FROM _outlet ORDER BY {}",
            self.order
        );
        let mut query = self.file.prepare(&query).map_err(cannot)?;
        let mut rows = query.query([]).map_err(cannot)?;
        while let Some(row) = rows.next().map_err(cannot)? {
            if let Some(record) = self.parse_record(row).map_err(cannot)? {
                each(record)?;
            }
        }
        Ok(())
    }

    /// A record; `None` for one of an outlet that a later version has added.
    fn parse_record(&self, row: &Row<'_>) -> rusqlite::Result<Option<PublishedRecord>> {
        let (seq, outlet): (i64, i64) = (row.get(0)?, row.get(1)?);
        let all = [Outlet::Articles, Outlet::Events, Outlet::SetAside];
        let Some(outlet) = all.into_iter().find(|one| outlet_number(*one) == outlet) else {
            return Ok(None);
        };
        Ok(Some(PublishedRecord {
            position: Position(seq.try_into().unwrap_or(0)),
            outlet,
            id: row.get(2)?,
            revision: row.get(3)?,
            recorded: Timestamp::from_second(row.get(4)?).unwrap_or_default(),
            ce_type: row.get(5)?,
            ce_source: self.sources.source_at(seq).to_owned(),
            json: row.get(6)?,
        }))
    }
}

/// Under which CloudEvents source the records of a file were published: those up to a place that were copied into it
/// under that of the ledger they come from, the rest under its own.
#[derive(Debug, Default)]
pub(in crate::sqlite) struct SourceTable {
    own: String,
    copied: Vec<(i64, String)>,
}

impl SourceTable {
    pub(in crate::sqlite) fn read_sources(file: &Connection) -> Result<Self, LedgerError> {
        let cannot = |error| ledger_error("read the file", error);
        let own = schema::read_meta(file, "ce_source").map_err(cannot)?;
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
    pub(in crate::sqlite) fn source_at(&self, seq: i64) -> &str {
        let at = self.copied.partition_point(|(up_to, _)| *up_to < seq);
        self.copied.get(at).map_or(&self.own, |(_, source)| source)
    }
}
