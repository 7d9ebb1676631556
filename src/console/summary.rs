//! What events tell together: counts by day, place, type, country and source.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::civil::Date;
use serde::Serialize;

use super::row::EventRow;

/// Places on the map, at most.
// More points than a screen of a map shows apart.
const PLACES: usize = 2_000;
/// Types, countries and sources that are named, at most.
const NAMED: usize = 200;
/// Events by verbal cooperation, material cooperation, verbal conflict and material conflict.
pub type QuadCounts = [u32; 4];

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
    pub types: Vec<NamedCount>,
    /// By country of a party or the place.
    pub countries: Vec<NamedCount>,
    /// By site.
    pub sources: Vec<NamedCount>,
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
pub struct NamedCount {
    /// The name.
    pub name: Arc<str>,
    /// Events.
    pub count: usize,
}

/// Counts while they are made.
#[derive(Debug, Default)]
pub(super) struct EventCounts {
    total: usize,
    days: BTreeMap<Date, QuadCounts>,
    places: HashMap<(Arc<str>, u64, u64), PlaceCounts>,
    types: HashMap<Arc<str>, usize>,
    countries: HashMap<Arc<str>, usize>,
    sources: HashMap<Arc<str>, usize>,
}

impl EventCounts {
    pub(super) fn count(&mut self, row: &EventRow) {
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

    pub(super) fn into_summary(self) -> Summary {
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

fn list_greatest(counts: HashMap<Arc<str>, usize>) -> Vec<NamedCount> {
    let named = counts
        .into_iter()
        .map(|(name, count)| NamedCount { name, count });
    let mut named: Vec<NamedCount> = named.collect();
    named.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.name.cmp(&b.name)));
    named.truncate(NAMED);
    named
}
