//! A way of redirects, hop by hop: how feeds and robots.txt come to the address that answers.

use url::Url;

use crate::fetch::{FetchError, Jar, Outcome, Response, Way};

/// Where a request was sent first, and where redirects have led since.
#[derive(Debug)]
pub(in crate::worker) struct Journey {
    start: Url,
    url: Url,
    way: Way,
    /// What the hosts of the way have set: some gates lead back to where one came from, with a cookie.
    jar: Jar,
    /// All redirects so far were permanent ones.
    permanent: bool,
}

impl Journey {
    /// A way that begins at an address.
    pub(in crate::worker) fn begin(start: Url) -> Self {
        Self {
            way: Way::from(&start),
            jar: Jar::default(),
            url: start.clone(),
            permanent: true,
            start,
        }
    }

    /// The address to ask next; after the arrival the one that answered.
    pub(in crate::worker) fn url(&self) -> &Url {
        &self.url
    }

    /// The value of `Cookie` for the address to ask next.
    pub(in crate::worker) fn cookies(&self) -> Option<String> {
        self.jar.told(&self.url)
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
        self.jar
            .take(&self.url, &response.head.cookies, response.at);
        self.url = hop.location.clone();
        self.way.go_with(self.url.clone(), self.jar.changes())?;
        Ok(None)
    }
}
