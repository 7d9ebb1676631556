//! A way of redirects, hop by hop: how feeds, pages and robots.txt come to the address that answers.

use url::Url;

use crate::fetch::{
    error::FetchError,
    jar::Jar,
    policy::host_of,
    reply::{Hop, Outcome, Response},
};

/// Redirects that are followed on the way to one page (RFC 9309 section 2.3.1.2 asks for five at least).
pub const MAX_HOPS: usize = 5;

/// Where a request was sent first, and where redirects have led since.
#[derive(Debug)]
pub struct Journey {
    start: Url,
    url: Url,
    /// Addresses that were asked on the way to the start: each counts as a hop, and none is asked again.
    before: Vec<String>,
    /// Addresses asked since, each with how often the cookies had changed: with other ones it may be asked again, for
    /// some gates lead back to where one came from, with a cookie.
    asked: Vec<(Url, u32)>,
    /// What the hosts of the way have set.
    jar: Jar,
    /// All redirects so far were permanent ones.
    permanent: bool,
}

impl Journey {
    /// A way that begins at an address.
    pub fn begin(start: Url) -> Self {
        Self::begin_after(&[], start)
    }

    /// A way that goes on at an address, after others were asked on the way to it.
    pub fn begin_after(before: &[String], start: Url) -> Self {
        Self {
            url: start.clone(),
            start,
            before: before.to_vec(),
            asked: Vec::new(),
            jar: Jar::default(),
            permanent: true,
        }
    }

    /// The address to ask next; after the arrival the one that answered.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The value of `Cookie` for the address to ask next.
    pub fn cookies(&self) -> Option<String> {
        self.jar.told(&self.url)
    }

    /// Where permanent redirects alone have led.
    pub fn permanently_led_to(&self) -> Option<String> {
        (self.permanent && self.url != self.start).then(|| self.url.to_string())
    }

    /// Enters that the address is asked now. One that comes round again, or a hop too many, is an error.
    pub fn set_out(&mut self) -> Result<(), FetchError> {
        let mut url = self.url.clone();
        // A fragment is not sent: addresses that differ in it alone are the same request.
        url.set_fragment(None);
        let hops = self.before.len() + self.asked.len();
        let was_asked = self.before.iter().any(|before| before == url.as_str());
        let here = (url, self.jar.changes());
        if hops > MAX_HOPS || was_asked || self.asked.contains(&here) {
            return Err(FetchError::Loop {
                host: host_of(&self.start),
                hops: MAX_HOPS,
            });
        }
        self.asked.push(here);
        Ok(())
    }

    /// The answer where the way ends; `None` where it is a redirect, whose address is then the one to ask next.
    pub fn arrive(&mut self, response: Response) -> Option<Response> {
        let Outcome::Moved(hop) = &response.outcome else {
            return Some(response);
        };
        self.jar
            .take(&self.url, &response.head.cookies, response.at);
        self.follow_hop(hop);
        None
    }

    fn follow_hop(&mut self, hop: &Hop) {
        self.permanent &= hop.permanent;
        self.url = hop.location.clone();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(n: usize) -> Url {
        Url::parse(&format!("https://a.example/{n}")).expect("an address of the test")
    }

    fn hop_to(n: usize) -> Hop {
        Hop {
            location: page(n),
            permanent: true,
        }
    }

    #[test]
    fn a_way_ends_where_it_comes_round_or_takes_a_sixth_hop() {
        let mut journey = Journey::begin(page(0));
        for n in 1..=MAX_HOPS {
            assert!(journey.set_out().is_ok(), "before hop {n}");
            journey.follow_hop(&hop_to(n));
        }
        assert!(journey.set_out().is_ok(), "the fifth hop is asked");
        journey.follow_hop(&hop_to(6));
        assert!(matches!(journey.set_out(), Err(FetchError::Loop { .. })));
        let mut journey = Journey::begin(page(0));
        assert!(journey.set_out().is_ok());
        journey.follow_hop(&hop_to(1));
        assert!(journey.set_out().is_ok());
        journey.follow_hop(&hop_to(0));
        assert!(matches!(journey.set_out(), Err(FetchError::Loop { .. })));
    }

    #[test]
    fn what_was_asked_before_the_start_counts_and_is_not_asked_again() {
        let before: Vec<String> = (1..=3).map(|n| page(n).to_string()).collect();
        let mut journey = Journey::begin_after(&before, page(4));
        assert!(journey.set_out().is_ok());
        journey.follow_hop(&hop_to(2));
        assert!(matches!(journey.set_out(), Err(FetchError::Loop { .. })));
        let mut journey = Journey::begin_after(&before, page(4));
        for n in [5, 6] {
            assert!(journey.set_out().is_ok());
            journey.follow_hop(&hop_to(n));
        }
        assert!(journey.set_out().is_ok(), "five hops in all");
        journey.follow_hop(&hop_to(7));
        assert!(matches!(journey.set_out(), Err(FetchError::Loop { .. })));
    }
}
