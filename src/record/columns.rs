//! Records as rows of flat columns, for tables and files of analysts; events and articles as the views of an SQLite ledger.

use serde_json::Value;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnKind {
    /// Text; lists as JSON, days and instants as they are written in the record.
    Text,
    /// A whole number.
    Whole,
    /// A number.
    Real,
}

/// A column: where in the record its value stands.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name, as in the views.
    pub name: &'static str,
    /// What it holds.
    pub kind: ColumnKind,
    /// JSON pointers (RFC 6901); the first that leads to a value counts.
    paths: &'static [&'static str],
}

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Of a [`ColumnKind::Text`].
    Text(String),
    /// Of a [`ColumnKind::Whole`].
    Whole(i64),
    /// Of a [`ColumnKind::Real`].
    Real(f64),
}

/// Those of an event: the first actor, the first recipient, and what the event itself says.
pub const EVENT_COLUMNS: &[Column] = &[
    text("event_id", &["/id"]),
    text("event_date", &["/date/start"]),
    text("event_date_end", &["/date/end"]),
    text("event_date_source", &["/date/source"]),
    text("event_type", &["/type"]),
    text("event_mode", &["/mode"]),
    text("contexts", &["/contexts"]),
    text("cameo", &["/cameo"]),
    whole("quad", &["/quad"]),
    real("plover_score", &["/plover_score"]),
    real("goldstein", &["/goldstein"]),
    text("modality", &["/modality"]),
    text("attribution", &["/attribution/kind"]),
    text("actor", &["/actors/0/name", "/actors/0/text"]),
    text("actor_country", &["/actors/0/country"]),
    text("actor_group", &["/actors/0/group"]),
    text("actor_sectors", &["/actors/0/sectors"]),
    text("recipient", &["/recipients/0/name", "/recipients/0/text"]),
    text("recipient_country", &["/recipients/0/country"]),
    text("recipient_group", &["/recipients/0/group"]),
    text("recipient_sectors", &["/recipients/0/sectors"]),
    text("place", &["/location/name"]),
    text("place_country", &["/location/country"]),
    text("place_admin1", &["/location/admin1_name"]),
    text("place_level", &["/location/level"]),
    real("latitude", &["/location/lat"]),
    real("longitude", &["/location/lon"]),
    whole("geonameid", &["/location/geonameid"]),
    whole("dead_min", &["/size/dead/min"]),
    whole("dead_max", &["/size/dead/max"]),
    whole("injured_min", &["/size/injured/min"]),
    whole("injured_max", &["/size/injured/max"]),
    whole("arrested_min", &["/size/arrested/min"]),
    whole("arrested_max", &["/size/arrested/max"]),
    whole("participants_min", &["/size/participants/min"]),
    whole("participants_max", &["/size/participants/max"]),
    real("confidence", &["/confidence/overall"]),
    text("trigger_text", &["/trigger/text"]),
    text("sentence", &["/sentence/text"]),
    text("url", &["/article/url"]),
    text("title", &["/article/title"]),
    text("published", &["/article/published"]),
    text("language", &["/article/language"]),
    text("publisher", &["/source/publisher"]),
    text("site", &["/source/site"]),
    text("feed_id", &["/source/feed/id"]),
    text("recorded", &["/recorded"]),
    text("status", &["/status"]),
    whole("revision", &["/revision"]),
    text("dedup_key", &["/dedup_key"]),
    text("article_id", &["/article/id"]),
];

/// Those of an article.
pub const ARTICLE_COLUMNS: &[Column] = &[
    text("article_id", &["/id"]),
    text("url", &["/url"]),
    text("title", &["/title"]),
    text("text", &["/text"]),
    text("authors", &["/authors"]),
    text("published_at", &["/published/at"]),
    text("published_day", &["/published/day"]),
    text("modified", &["/modified"]),
    text("first_seen", &["/first_seen"]),
    text("fetched", &["/fetched"]),
    text("language", &["/language/used"]),
    text("section", &["/section"]),
    text("image", &["/image"]),
    text("publisher", &["/publisher"]),
    text("site", &["/source/site"]),
    text("feed_id", &["/source/feed/id"]),
    text("source_country", &["/source/country"]),
    text("agency", &["/agency"]),
    text("access", &["/access/state"]),
    text("body_source", &["/body_source"]),
    text("coding_status", &["/coding/status"]),
    whole("events", &["/coding/events"]),
    whole("withheld", &["/coding/withheld"]),
    text("text_sha256", &["/text_sha256"]),
    text("simhash", &["/simhash"]),
    text("copy_of", &["/copy_of"]),
    text("recorded", &["/recorded"]),
    text("status", &["/status"]),
    whole("revision", &["/revision"]),
];

/// Those of an entry that was set aside.
pub const SET_ASIDE_COLUMNS: &[Column] = &[
    text("article_id", &["/id"]),
    text("url", &["/url"]),
    text("stage", &["/stage"]),
    text("reason", &["/reason"]),
    text("detail", &["/detail"]),
    text("feed_id", &["/feed"]),
    whole("attempts", &["/attempts"]),
    text("first_at", &["/first_at"]),
    text("last_at", &["/last_at"]),
    text("retry_at", &["/retry_at"]),
    text("recorded", &["/recorded"]),
];

const fn text(name: &'static str, paths: &'static [&'static str]) -> Column {
    column(name, ColumnKind::Text, paths)
}

const fn whole(name: &'static str, paths: &'static [&'static str]) -> Column {
    column(name, ColumnKind::Whole, paths)
}

const fn real(name: &'static str, paths: &'static [&'static str]) -> Column {
    column(name, ColumnKind::Real, paths)
}

const fn column(name: &'static str, kind: ColumnKind, paths: &'static [&'static str]) -> Column {
    Column { name, kind, paths }
}

impl Column {
    /// Its value in a record; `None` where there is none, or of another kind.
    pub fn read_cell(&self, record: &Value) -> Option<Cell> {
        let mut found = self.paths.iter().filter_map(|path| record.pointer(path));
        let value = found.find(|value| !value.is_null())?;
        match self.kind {
            ColumnKind::Text => Some(Cell::Text(
                value
                    .as_str()
                    .map_or_else(|| value.to_string(), str::to_owned),
            )),
            ColumnKind::Whole => value.as_i64().map(Cell::Whole),
            ColumnKind::Real => value.as_f64().map(Cell::Real),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_the_first_value_there_is_and_a_list_is_json() {
        let record = serde_json::json!({
            "actors": [{"name": null, "text": "the army", "sectors": ["MIL"]}],
            "size": {"dead": {"min": 3}},
            "confidence": {"overall": 0.9},
        });
        let cell = |name: &str| {
            let column = EVENT_COLUMNS.iter().find(|column| column.name == name);
            column.expect("a column").read_cell(&record)
        };
        assert_eq!(cell("actor"), Some(Cell::Text("the army".to_owned())));
        assert_eq!(
            cell("actor_sectors"),
            Some(Cell::Text("[\"MIL\"]".to_owned()))
        );
        assert_eq!(cell("dead_min"), Some(Cell::Whole(3)));
        assert_eq!(cell("confidence"), Some(Cell::Real(0.9)));
        assert_eq!(cell("recipient"), None);
    }
}
