//! An event as a row of the console's table: what is shown, filtered and counted, in little memory.

use std::{collections::HashSet, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::Serialize;

use crate::record::{Actor, Event};

/// An event in one row; names are those of the ledger's `events` view.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventRow {
    /// The event's id.
    pub id: Arc<str>,
    /// The instant of the commit.
    pub recorded: Timestamp,
    /// First day of the happening.
    pub day: Option<Date>,
    /// PLOVER type.
    pub r#type: Arc<str>,
    /// PLOVER mode.
    pub mode: Option<Arc<str>>,
    /// 1 verbal cooperation, 2 material cooperation, 3 verbal conflict, 4 material conflict.
    pub quad: u8,
    /// The first actor: English name where known, else as written.
    pub actor: Option<Arc<str>>,
    /// Its country, ISO 3166-1 alpha-3.
    pub actor_country: Option<Arc<str>>,
    /// The first recipient.
    pub recipient: Option<Arc<str>>,
    /// Its country.
    pub recipient_country: Option<Arc<str>>,
    /// Where.
    pub place: Option<Arc<str>>,
    /// The place's country.
    pub place_country: Option<Arc<str>>,
    /// Degrees north.
    pub lat: Option<f64>,
    /// Degrees east.
    pub lon: Option<f64>,
    /// That the whole event is right, 0 to 1.
    pub confidence: f64,
    /// The words read as the act.
    pub trigger: Arc<str>,
    /// The sentence that tells it best.
    pub sentence: Arc<str>,
    /// The article's address.
    pub url: Option<Arc<str>>,
    /// The article's title.
    pub title: Option<Arc<str>>,
    /// The site it was published on.
    pub source: Option<Arc<str>>,
    /// `coded` or `revised`.
    pub status: Arc<str>,
    /// Joins the same happening across articles and outlets.
    #[serde(skip)]
    pub dedup_key: Arc<str>,
}

impl EventRow {
    /// The row of an event; words that many rows share are kept once.
    pub fn of_event(event: &Event, words: &mut SharedWords) -> Self {
        let (actor, recipient) = (event.actors.first(), event.recipients.first());
        let place = event.location.as_ref();
        Self {
            id: event.id.as_str().into(),
            recorded: event.recorded,
            day: event.date.start,
            r#type: words.share(&event.r#type),
            mode: words.share_some(event.mode.as_deref()),
            quad: event.quad,
            actor: words.share_some(actor.and_then(name_of)),
            actor_country: words.share_some(actor.and_then(|actor| actor.country.as_deref())),
            recipient: words.share_some(recipient.and_then(name_of)),
            recipient_country: words.share_some(recipient.and_then(|one| one.country.as_deref())),
            place: words.share_some(place.map(|place| place.name.as_str())),
            place_country: words.share_some(place.and_then(|place| place.country.as_deref())),
            lat: place.and_then(|place| place.lat),
            lon: place.and_then(|place| place.lon),
            confidence: event.confidence.overall,
            trigger: words.share(&event.trigger.text),
            sentence: words.share(event.sentence.text.as_deref().unwrap_or_default()),
            url: words.share_some(event.article.url.as_deref()),
            title: words.share_some(event.article.title.as_deref()),
            source: words.share_some(event.source.site.as_deref()),
            status: words.share(&event.status),
            dedup_key: event.dedup_key.as_str().into(),
        }
    }

    /// The countries of its parties and its place.
    pub fn countries(&self) -> impl Iterator<Item = &Arc<str>> {
        let all = [
            &self.actor_country,
            &self.recipient_country,
            &self.place_country,
        ];
        all.into_iter().flatten()
    }
}

fn name_of(actor: &Actor) -> Option<&str> {
    actor.name.as_deref().or(actor.text.as_deref())
}

/// Words that rows share.
#[derive(Debug, Default)]
pub struct SharedWords {
    kept: HashSet<Arc<str>>,
    /// Words at the last look for those that nobody holds any more.
    looked_at: usize,
}

/// Below so many words nothing is looked through.
const FEW: usize = 10_000;

impl SharedWords {
    fn share(&mut self, word: &str) -> Arc<str> {
        if let Some(kept) = self.kept.get(word) {
            return Arc::clone(kept);
        }
        // Looked through each time they have doubled, so that a word costs the same however many there are.
        if self.kept.len() > FEW.max(2 * self.looked_at) {
            self.kept.retain(|word| Arc::strong_count(word) > 1);
            self.looked_at = self.kept.len();
        }
        let word: Arc<str> = word.into();
        self.kept.insert(Arc::clone(&word));
        word
    }

    fn share_some(&mut self, word: Option<&str>) -> Option<Arc<str>> {
        word.map(|word| self.share(word))
    }
}
