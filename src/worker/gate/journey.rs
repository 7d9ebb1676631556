//! A way of redirects, hop by hop: how feeds and robots.txt come to the address that answers.

use url::Url;

use crate::fetch::{FetchError, Outcome, Response, Way};

/// Where a request was sent first, and where redirects have led since.
#[derive(Debug)]
pub(in crate::worker) struct Journey {
    start: Url,
    url: Url,
    way: Way,
    /// All redirects so far were permanent ones.
    permanent: bool,
}

impl Journey {
    /// A way that begins at an address.
    pub(in crate::worker) fn begin(start: Url) -> Self {
        Self {
            way: Way::from(&start),
            url: start.clone(),
            permanent: true,
            start,
        }
    }

    /// The address to ask next; after the arrival the one that answered.
    pub(in crate::worker) fn url(&self) -> &Url {
        &self.url
    }

    /// Where permanent redirects alone have led.
    pub(in crate::worker) fn permanently_led_to(&self) -> Option<String> {
        (self.permanent && self.url != self.start).then(|| self.url.to_string())
    }

    /// The answer where the way ends; `None` where it is a redirect, which is then the address to ask next. An address
    /// that comes round again, or a hop too many, is an error.
    pub(in crate::worker) fn arrive(
        &mut self,
        response: Response,
    ) -> Result<Option<Response>, FetchError> {
        let Outcome::Moved(hop) = &response.outcome else {
            return Ok(Some(response));
        };
        self.permanent &= hop.permanent;
        self.url = hop.location.clone();
        self.way.go(self.url.clone())?;
        Ok(None)
    }
}
