//! What a query of the console asks: filter, number and place of the answers.

use axum::extract::Query;

use super::{ConsoleRefusal, refuse_query};
use crate::console::{EventFilter, KEYS};

/// Events of one answer, at most; and where nothing is asked.
const MOST_EVENTS: usize = 500;
const USUAL_EVENTS: usize = 50;
/// Keys and values in the order in which they are asked; a key may come several times.
pub(super) type QueryPairs = Query<Vec<(String, String)>>;

/// What a query asks.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) filter: EventFilter,
    pub(super) limit: usize,
    before: Option<String>,
}

impl Wanted {
    pub(super) fn parse_query(
        pairs: Vec<(String, String)>,
        paged: bool,
    ) -> Result<Self, ConsoleRefusal> {
        let mut wanted = Self {
            filter: EventFilter::default(),
            limit: USUAL_EVENTS,
            before: None,
        };
        for (key, value) in pairs {
            match key.as_str() {
                "limit" if paged => {
                    let limit = value
                        .parse()
                        .ok()
                        .filter(|it| (1..=MOST_EVENTS).contains(it));
                    let wrong = || format!("limit: `{value}` is no number from 1 to {MOST_EVENTS}");
                    wanted.limit = limit.ok_or_else(|| refuse_query(wrong()))?;
                }
                "before" if paged => wanted.before = Some(value),
                _ if wanted
                    .filter
                    .take_pair(&key, &value)
                    .map_err(refuse_query)? => {}
                _ => {
                    let known = KEYS.join(", ");
                    return Err(refuse_query(format!("{key}: is none of {known}")));
                }
            }
        }
        Ok(wanted)
    }

    pub(super) fn parse_before<T: std::str::FromStr>(&self) -> Result<Option<T>, ConsoleRefusal> {
        let Some(before) = &self.before else {
            return Ok(None);
        };
        let wrong = |_| refuse_query(format!("before: `{before}` is none that an answer gave"));
        before.parse().map(Some).map_err(wrong)
    }
}
