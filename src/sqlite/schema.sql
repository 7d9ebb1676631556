-- Tables of the ledger, version 1. Names that begin with an underscore are private; the views are public (views.sql).
-- Times are microseconds since 1970 UTC unless said otherwise.

CREATE TABLE _meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE _sites (site TEXT PRIMARY KEY, written INTEGER NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;

-- State is kept by partition, as on Kafka: a feed whose address moves to another site starts anew there.
CREATE TABLE _feeds (
    id TEXT NOT NULL, part INTEGER NOT NULL, written INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (id, part)
);
CREATE TABLE _listed (
    id TEXT NOT NULL, part INTEGER NOT NULL, written INTEGER NOT NULL, json TEXT NOT NULL,
    PRIMARY KEY (id, part)
);

-- `turn`: when it may be handed out, `posted` or the due time of its retry. `version` rises with each new post.
CREATE TABLE _entries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    site TEXT NOT NULL,
    posted INTEGER NOT NULL,
    turn INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    json TEXT NOT NULL
);
CREATE UNIQUE INDEX _entries_id ON _entries (id, part);
CREATE INDEX _entries_turn ON _entries (site, turn, seq);
CREATE INDEX _entries_posted ON _entries (site, posted, seq);
CREATE INDEX _entries_oldest ON _entries (posted);

-- How many wait at a site, kept by the triggers below so that no count is ever a scan.
CREATE TABLE _mailboxes (site TEXT PRIMARY KEY, waiting INTEGER NOT NULL) WITHOUT ROWID;
CREATE TRIGGER _entries_in AFTER INSERT ON _entries BEGIN
    INSERT INTO _mailboxes VALUES (NEW.site, 1) ON CONFLICT (site) DO UPDATE SET waiting = waiting + 1;
END;
CREATE TRIGGER _entries_out AFTER DELETE ON _entries BEGIN
    UPDATE _mailboxes SET waiting = waiting - 1 WHERE site = OLD.site;
    DELETE FROM _mailboxes WHERE site = OLD.site AND waiting <= 0;
END;

-- Entries that another process asked for (`set-aside retry`); the worker moves them into `_entries`.
CREATE TABLE _asked (id TEXT PRIMARY KEY, site TEXT NOT NULL, json TEXT NOT NULL) WITHOUT ROWID;

-- `counts_from`: expiry counts from here. `kills`: tries alone that did not come back.
CREATE TABLE _seen (
    id TEXT NOT NULL,
    part INTEGER NOT NULL,
    counts_from INTEGER NOT NULL,
    kills INTEGER NOT NULL,
    json TEXT NOT NULL,
    PRIMARY KEY (id, part)
);
CREATE INDEX _seen_age ON _seen (counts_from);
CREATE INDEX _seen_kills ON _seen (kills) WHERE kills > 0;

-- All records in commit order. `outlet`: 1 articles, 2 events, 3 set-aside. `recorded` in seconds.
-- `article`: the article of an event. `latest`: no later record has its id.
CREATE TABLE _outlet (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    outlet INTEGER NOT NULL,
    id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    recorded INTEGER NOT NULL,
    type TEXT NOT NULL,
    article TEXT,
    latest INTEGER NOT NULL DEFAULT 1,
    json TEXT NOT NULL
);
CREATE INDEX _outlet_order ON _outlet (outlet, seq);
CREATE INDEX _outlet_id ON _outlet (outlet, id, revision);
CREATE INDEX _outlet_recorded ON _outlet (outlet, recorded);
CREATE INDEX _outlet_latest ON _outlet (outlet, seq) WHERE latest = 1;
CREATE INDEX _outlet_article ON _outlet (article) WHERE article IS NOT NULL;
