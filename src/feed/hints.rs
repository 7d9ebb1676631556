//! What a feed in markup asks of pollers, gathered element by element.

use std::time::Duration;

use url::Url;

use super::{FeedHints, links::read_address};

/// `ttl` and update periods past a week are mistakes.
const LONGEST_HINT: Duration = Duration::from_secs(7 * 86_400);

/// Hints of a feed that is being read.
#[derive(Debug, Default)]
pub(super) struct GatheredHints {
    hints: FeedHints,
    period: Option<Duration>,
    frequency: Option<u32>,
}

impl GatheredHints {
    /// Takes in the text of an element.
    pub(super) fn take_element(&mut self, local: &str, text: &str, base: &Url) {
        let hints = &mut self.hints;
        match local {
            "ttl" => {
                hints.ttl = text
                    .parse()
                    .ok()
                    .map(|minutes: u32| Duration::from_secs(60 * u64::from(minutes)));
            }
            "hour" => add_once(
                &mut hints.skip_hours,
                // Hours go from 0 to 23, and some feeds write midnight as 24.
                text.parse().ok().map(|hour: u8| hour % 24),
            ),
            "day" => add_once(&mut hints.skip_days, read_weekday(text)),
            "updateperiod" => self.period = read_period(text),
            "updatefrequency" => self.frequency = text.parse().ok(),
            "new-feed-url" => hints.new_address = read_address(text, base),
            _ => {}
        }
    }

    /// Takes in the feed's own address.
    pub(super) fn take_own_address(&mut self, address: Option<Url>) {
        self.hints.own_address = address;
    }

    /// The hints, those past a week left out.
    pub(super) fn into_hints(self) -> FeedHints {
        let frequency = self.frequency.unwrap_or(1).max(1);
        let every = self.period.map(|period| period / frequency);
        FeedHints {
            update_every: every.filter(|every| *every <= LONGEST_HINT),
            ttl: self.hints.ttl.filter(|ttl| *ttl <= LONGEST_HINT),
            ..self.hints
        }
    }
}

/// Adds an hour or a day that is not among them yet: there are only so many.
fn add_once(known: &mut Vec<u8>, new: Option<u8>) {
    if let Some(new) = new.filter(|new| !known.contains(new)) {
        known.push(new);
    }
}

fn read_period(text: &str) -> Option<Duration> {
    let hours = match text {
        "hourly" => 1,
        "daily" => 24,
        "weekly" => 7 * 24,
        "monthly" => 30 * 24,
        "yearly" => 365 * 24,
        _ => return None,
    };
    Some(Duration::from_secs(hours * 3_600))
}

fn read_weekday(text: &str) -> Option<u8> {
    let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let start = text.get(..3)?.to_ascii_lowercase();
    days.iter()
        .position(|day| *day == start)
        .map(|day| day as u8)
}
