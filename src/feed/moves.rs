//! Where a feed has moved: learned from redirects and from what it says of itself, given up when nothing is there.

use jiff::{SignedDuration, Timestamp};

use super::{
    list,
    memory::{Asks, FeedMemory, GivenUp, Moving},
};
use crate::site::Site;

/// A new address is believed after this many polls …
// A login page, a maintenance page or a hijacked name redirects for a day or so, and then no more.
const MOVED_POLLS: u32 = 5;
/// … over at least this long.
const MOVED_FOR: SignedDuration = SignedDuration::from_hours(48);
/// An address that was learned is given up after this many failures in a row …
const GIVEN_UP: u32 = 3;
/// … and after this long where its server only ever asks to wait, which is no failure.
const PUT_OFF_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// An address that is only named may be believed again so long after it was given up.
// What failed may have been mended, and the old address goes one day.
const GIVEN_UP_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The new address that a feed names (`itunes:new-feed-url`), where it can be polled: one of the web, of a site that
/// this worker owns, and not by http where the feed came by https.
pub fn named_address(asks: &Asks, end: &str, owned: impl Fn(&Site) -> bool) -> Option<String> {
    let named = asks.new_address.as_deref().filter(|to| *to != end)?;
    let url = list::address(named).ok()?;
    let safe = url.scheme() == "https" || !end.starts_with("https:");
    let ours = Site::of_url(&url).is_some_and(|site| owned(&site));
    (safe && ours).then(|| named.to_owned())
}

/// Enters where permanent redirects led to a feed, `None` where it answered at its own address, and the address that it
/// names. The redirects count first, for a feed was seen at their end; what is only named and was given up is not believed
/// again for 30 days, unless another address is named meanwhile. Returns the new address once it is believed.
pub fn learn_move(
    state: &mut FeedMemory,
    led_to: Option<&str>,
    named: Option<&str>,
    now: Timestamp,
) -> Option<String> {
    let named_on = |given_up: &GivenUp| {
        named.is_none_or(|named| given_up.to == named)
            && now.duration_since(given_up.at) < GIVEN_UP_FOR
    };
    state.given_up = state.given_up.take().filter(named_on);
    let named = named.filter(|_| state.given_up.is_none());
    let Some(to) = led_to.or(named) else {
        state.moving = None;
        return None;
    };
    match &mut state.moving {
        Some(moving) if moving.to == to => moving.polls += 1,
        moving => {
            *moving = Some(Moving {
                to: to.to_owned(),
                polls: 1,
                since: now,
            });
        }
    }
    let moving = state.moving.as_ref()?;
    if moving.polls < MOVED_POLLS || now.duration_since(moving.since) < MOVED_FOR {
        return None;
    }
    state.moved_to = Some(to.to_owned());
    (state.moving, state.given_up) = (None, None);
    state.moved_to.clone()
}

/// Enters a failure that is counted already: one too many at a learned address, and the feed is asked at its old one; at
/// once where the learned one is another worker's to ask, which says nothing of it.
pub(super) fn note_failure(state: &mut FeedMemory, reason: &str, now: Timestamp) {
    if state.moved_to.is_some() && reason == "other_site" {
        state.moved_to = None;
        state.forget_body();
    } else if state.moved_to.is_some() && state.failures >= GIVEN_UP {
        give_up(state, now);
    } else if state.failures > GIVEN_UP {
        // The old address fails as well: an outage, which says nothing of the new one.
        state.given_up = None;
    }
}

/// Enters that the server asks to wait: once too long at a learned address, and the feed is asked at its old one.
pub(super) fn put_off(state: &mut FeedMemory, now: Timestamp) {
    let since = *state.held_since.get_or_insert(now);
    if state.moved_to.is_some() && now.duration_since(since) > PUT_OFF_FOR {
        give_up(state, now);
    }
}

fn give_up(state: &mut FeedMemory, now: Timestamp) {
    state.given_up = state.moved_to.take().map(|to| GivenUp { to, at: now });
    state.forget_body();
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::feed::poll::{
        PollOutcome,
        samples::{config, feed, now, with_validators},
        settle_poll,
    };

    const NEW: &str = "https://new.example.org/feed";
    const OTHER: &str = "https://other.example.org/feed";

    fn hour(hours: i64) -> Timestamp {
        now() + SignedDuration::from_hours(hours)
    }

    fn fail(state: &mut FeedMemory) {
        refuse(state, None, now());
    }

    fn refuse(state: &mut FeedMemory, asked_to_wait: Option<Duration>, now: Timestamp) {
        let outcome = PollOutcome::Failed {
            reason: "unreachable",
            detail: String::new(),
            asked_to_wait,
        };
        settle_poll(&feed(), state, &outcome, None, &config(), now);
    }

    /// Polls at the old address that end well, each hour, while the feed names an address: whether it is believed.
    fn believes(state: &mut FeedMemory, named: &str) -> bool {
        settle_poll(
            &feed(),
            state,
            &PollOutcome::Unchanged,
            None,
            &config(),
            now(),
        );
        (0..60).any(|hours| learn_move(state, None, Some(named), hour(hours)).is_some())
    }

    /// A feed whose new address was given up.
    fn given_up() -> FeedMemory {
        let mut state = with_validators();
        assert!(believes(&mut state, NEW));
        for _ in 0..2 {
            fail(&mut state);
        }
        assert_eq!(state.moved_to.as_deref(), Some(NEW));
        fail(&mut state);
        assert!(state.moved_to.is_none() && state.validators.is_none());
        state
    }

    #[test]
    fn a_move_is_believed_after_five_polls_over_two_days() {
        let mut state = with_validators();
        for hours in [0, 1, 2, 3, 4, 24, 47] {
            assert_eq!(learn_move(&mut state, Some(NEW), None, hour(hours)), None);
        }
        assert!(learn_move(&mut state, Some(NEW), None, hour(49)).is_some());
    }

    #[test]
    fn a_move_that_flips_back_starts_anew() {
        let mut state = with_validators();
        for hours in 0..60 {
            let to = (hours % 4 != 3).then_some(NEW);
            assert_eq!(learn_move(&mut state, to, None, hour(hours)), None);
        }
    }

    #[test]
    fn an_address_that_was_given_up_is_not_believed_again_until_the_feed_names_another_one() {
        let mut state = given_up();
        assert!(!believes(&mut state, NEW));
        assert_eq!(state.moving, None);
        assert_eq!(learn_move(&mut state, None, Some(OTHER), now()), None);
        assert!(believes(&mut state, NEW));
    }

    #[test]
    fn an_address_whose_server_only_ever_asks_to_wait_is_given_up_after_a_week() {
        let mut state = with_validators();
        assert!(believes(&mut state, NEW));
        // A week without a poll says nothing; a week of waits does.
        for (hours, kept) in [(200, true), (300, true), (380, false)] {
            refuse(&mut state, Some(Duration::ZERO), hour(hours));
            assert_eq!(state.moved_to.is_some(), kept, "{hours}");
        }
        assert!(!believes(&mut state, NEW));
    }

    #[test]
    fn an_address_that_was_given_up_is_believed_again_after_a_month() {
        let mut state = given_up();
        let mut named = |hours| learn_move(&mut state, None, Some(NEW), hour(hours));
        assert!((0..719).all(|hours| named(hours).is_none()));
        assert!((720..780).any(|hours| named(hours).is_some()));
    }

    #[test]
    fn an_address_that_is_another_workers_to_ask_is_left_at_once_and_may_be_believed_again() {
        let mut state = with_validators();
        assert!(believes(&mut state, NEW));
        let elsewhere = PollOutcome::Failed {
            reason: "other_site",
            detail: String::new(),
            asked_to_wait: None,
        };
        settle_poll(&feed(), &mut state, &elsewhere, None, &config(), now());
        assert!(state.moved_to.is_none() && state.given_up.is_none());
        assert!(believes(&mut state, NEW));
    }

    #[test]
    fn permanent_redirects_that_end_at_a_feed_are_believed_though_the_address_was_given_up() {
        let mut state = given_up();
        let mut led = |hours| learn_move(&mut state, Some(NEW), Some(NEW), hour(hours));
        assert!((0..60).any(|hours| led(hours).is_some()));
        assert_eq!(state.given_up, None);
    }

    #[test]
    fn an_outage_of_both_addresses_is_not_held_against_the_new_one() {
        let mut state = given_up();
        fail(&mut state);
        assert!(believes(&mut state, NEW));
    }

    #[test]
    fn an_address_of_another_workers_site_or_less_safe_or_of_no_site_is_not_learned() {
        let says = |to: &str| Asks {
            new_address: Some(to.to_owned()),
            ..Asks::default()
        };
        let ours = |site: &Site| site.as_str() == "example.org";
        let end = "https://example.org/feed";
        let learned = |to: &str| named_address(&says(to), end, ours);
        assert_eq!(learned(NEW).as_deref(), Some(NEW));
        for to in [
            end,
            "http://example.org/new",
            "https://example.net/feed",
            "mailto:a@example.org",
        ] {
            assert_eq!(learned(to), None, "{to}");
        }
        let plain = named_address(
            &says("http://example.org/new"),
            "http://example.org/feed",
            ours,
        );
        assert!(plain.is_some());
    }
}
