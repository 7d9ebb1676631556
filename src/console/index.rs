//! The events that the console knows, one row each, the newest first; counted by day, place, type, country and source.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use jiff::civil::Date;
use serde::Serialize;

use super::{
    filter::Filter,
    row::{Row, Words},
};
use crate::record::Event;

/// Places on the map, at most.
// More points than a screen of a map shows apart.
const PLACES: usize = 2_000;
/// Types, countries and sources that are named, at most.
const NAMED: usize = 200;
/// The status of an event that was taken back.
const RETRACTED: &str = "retracted";

/// Events by verbal cooperation, material cooperation, verbal conflict and material conflict.
pub type QuadCounts = [u32; 4];

/// Rows by their place in the order of commits.
#[derive(Debug)]
pub struct EventIndex {
    rows: BTreeMap<i64, Row>,
    places: HashMap<Arc<str>, i64>,
    /// Taken back while older records are still being read, which tell of them as they were.
    taken_back: HashSet<String>,
    words: Words,
    most: usize,
    /// Events that were known and are past the bound now.
    past_the_bound: bool,
}

/// A page of rows.
#[derive(Debug, Serialize)]
pub struct Page {
    /// The newest first.
    pub events: Vec<Row>,
    /// Ask with `before` this for the next ones; null at the end.
    pub next: Option<i64>,
}

/// What the rows that a filter admits tell together.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// Events.
    pub total: usize,
    /// By day of the happening, in order.
    pub days: Vec<DayCounts>,
    /// By place with coordinates, the greatest first.
    pub places: Vec<PlaceCounts>,
    /// By PLOVER type.
    pub types: Vec<Named>,
    /// By country of a party or the place.
    pub countries: Vec<Named>,
    /// By site.
    pub sources: Vec<Named>,
}

/// The events of a day.
#[derive(Debug, PartialEq, Serialize)]
pub struct DayCounts {
    /// The day.
    pub day: Date,
    /// By quad class.
    pub quads: QuadCounts,
}

/// The events of a place.
#[derive(Debug, PartialEq, Serialize)]
pub struct PlaceCounts {
    /// Its name.
    pub name: Arc<str>,
    /// Its country.
    pub country: Option<Arc<str>>,
    /// Degrees north.
    pub lat: f64,
    /// Degrees east.
    pub lon: f64,
    /// By quad class.
    pub quads: QuadCounts,
}

/// A name and how many events have it.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The name.
    pub name: Arc<str>,
    /// Events.
    pub count: usize,
}

impl EventIndex {
    /// An index that keeps the newest `most` events.
    pub fn new(most: usize) -> Self {
        Self {
            rows: BTreeMap::new(),
            places: HashMap::new(),
            taken_back: HashSet::new(),
            words: Words::default(),
            most,
            past_the_bound: false,
        }
    }

    /// Enters an event that was committed now: it comes first; an earlier revision of it, or what was taken back, goes.
    /// Gives its row, where there is one.
    pub fn enter_new(&mut self, event: &Event) -> Option<Row> {
        self.forget(&event.id);
        if event.status == RETRACTED {
            self.taken_back.insert(event.id.clone());
            return None;
        }
        let place = self.rows.last_key_value().map_or(0, |(last, _)| last + 1);
        let row = self.enter_at(place, event);
        if self.rows.len() > self.most {
            self.drop_oldest();
        }
        Some(row)
    }

    /// Enters an event that was committed before all that is known, as the ledger has it last; `false` where there is no
    /// room for it.
    pub fn enter_older(&mut self, event: &Event) -> bool {
        if self.rows.len() >= self.most {
            self.past_the_bound = true;
            return false;
        }
        let is_known = self.places.contains_key(event.id.as_str());
        if !is_known && !self.taken_back.contains(&event.id) && event.status != RETRACTED {
            let place = self
                .rows
                .first_key_value()
                .map_or(-1, |(first, _)| first - 1);
            self.enter_at(place, event);
        }
        true
    }

    /// All older records have been read.
    pub fn end_reading(&mut self) {
        self.taken_back = HashSet::new();
    }

    fn enter_at(&mut self, place: i64, event: &Event) -> Row {
        let row = Row::of_event(event, &mut self.words);
        self.places.insert(Arc::clone(&row.id), place);
        self.rows.insert(place, row.clone());
        row
    }

    /// Forgets an event.
    pub fn forget(&mut self, id: &str) {
        if let Some(place) = self.places.remove(id) {
            self.rows.remove(&place);
        }
    }

    fn drop_oldest(&mut self) {
        if let Some((_, row)) = self.rows.pop_first() {
            self.places.remove(&row.id);
            self.past_the_bound = true;
        }
    }

    /// Events known.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether none is known.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether older ones were left out for want of room.
    pub fn is_cut(&self) -> bool {
        self.past_the_bound
    }

    /// The newest events that a filter admits, those before a place where one is given.
    pub fn read_page(&self, filter: &Filter, before: Option<i64>, limit: usize) -> Page {
        let older = self.rows.range(..before.unwrap_or(i64::MAX)).rev();
        let mut admitted = older.filter(|(_, row)| filter.admits(row)).peekable();
        let (mut events, mut last) = (Vec::new(), None);
        while events.len() < limit
            && let Some((place, row)) = admitted.next()
        {
            events.push(row.clone());
            last = Some(*place);
        }
        let next = last.filter(|_| admitted.peek().is_some());
        Page { events, next }
    }

    /// Other events of the same happening, the newest first.
    pub fn find_same(&self, id: &str, dedup_key: &str, limit: usize) -> Vec<Row> {
        let others = self.rows.values().rev();
        others
            .filter(|row| *row.dedup_key == *dedup_key && *row.id != *id)
            .take(limit)
            .cloned()
            .collect()
    }

    /// Counts the events that a filter admits.
    pub fn summarise(&self, filter: &Filter) -> Summary {
        let mut counts = Counts::default();
        for row in self.rows.values().filter(|row| filter.admits(row)) {
            counts.count(row);
        }
        counts.into_summary()
    }
}

/// Counts while they are made.
#[derive(Debug, Default)]
struct Counts {
    total: usize,
    days: BTreeMap<Date, QuadCounts>,
    places: HashMap<(Arc<str>, u64, u64), PlaceCounts>,
    types: HashMap<Arc<str>, usize>,
    countries: HashMap<Arc<str>, usize>,
    sources: HashMap<Arc<str>, usize>,
}

impl Counts {
    fn count(&mut self, row: &Row) {
        self.total += 1;
        let quad = usize::from(row.quad.clamp(1, 4)) - 1;
        if let Some(day) = row.day {
            self.days.entry(day).or_default()[quad] += 1;
        }
        if let (Some(name), Some(lat), Some(lon)) = (&row.place, row.lat, row.lon) {
            let new = || PlaceCounts {
                name: Arc::clone(name),
                country: row.place_country.clone(),
                lat,
                lon,
                quads: QuadCounts::default(),
            };
            let key = (Arc::clone(name), lat.to_bits(), lon.to_bits());
            self.places.entry(key).or_insert_with(new).quads[quad] += 1;
        }
        *self.types.entry(Arc::clone(&row.r#type)).or_default() += 1;
        if let Some(source) = &row.source {
            *self.sources.entry(Arc::clone(source)).or_default() += 1;
        }
        let mut counted: Vec<&Arc<str>> = Vec::new();
        for country in row.countries() {
            // Turkey in Turkey is one event of Turkey.
            if !counted.contains(&country) {
                counted.push(country);
                *self.countries.entry(Arc::clone(country)).or_default() += 1;
            }
        }
    }

    fn into_summary(self) -> Summary {
        let days = self.days.into_iter();
        let mut places: Vec<PlaceCounts> = self.places.into_values().collect();
        let sum = |place: &PlaceCounts| place.quads.iter().sum::<u32>();
        places.sort_by(|a, b| sum(b).cmp(&sum(a)).then_with(|| a.name.cmp(&b.name)));
        places.truncate(PLACES);
        Summary {
            total: self.total,
            days: days.map(|(day, quads)| DayCounts { day, quads }).collect(),
            places,
            types: list_greatest(self.types),
            countries: list_greatest(self.countries),
            sources: list_greatest(self.sources),
        }
    }
}

fn list_greatest(counts: HashMap<Arc<str>, usize>) -> Vec<Named> {
    let named = counts
        .into_iter()
        .map(|(name, count)| Named { name, count });
    let mut named: Vec<Named> = named.collect();
    named.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    named.truncate(NAMED);
    named
}
