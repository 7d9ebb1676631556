//! The shape of a synthetic world: how many sites, feeds and articles, and what a seed draws.
use std::time::Duration;

/// What the synthetic world looks like.
#[derive(Debug, Clone)]
pub struct Plan {
    pub seed: u64,
    /// Sites with articles of their own: `site0.test`, `site1.test`, …
    pub sites: usize,
    pub feeds_per_site: usize,
    pub articles_per_feed: usize,
    /// How many feeds list each article: its own and those of the following sites, which add
    /// tracking parameters. At most `sites`.
    pub listed_by: usize,
    /// Sites that only list others' articles: `lister0.test`, …; every second through redirects.
    pub listers: usize,
    pub feeds_per_lister: usize,
    /// `lister0.test` lists one address that leads back to itself by way of `round.test`.
    pub circle: bool,
    /// The last lister lists one address that ends on the form of `consent.test`.
    pub consent: bool,
    /// How long each answer takes.
    pub latency: Duration,
}

impl Plan {
    /// `articles` articles on 20 sites of one feed each, each listed once.
    pub fn flow(seed: u64, articles: usize) -> Self {
        Self {
            seed,
            sites: 20,
            feeds_per_site: 1,
            articles_per_feed: articles / 20,
            listed_by: 1,
            listers: 0,
            feeds_per_lister: 1,
            circle: false,
            consent: false,
            latency: Duration::ZERO,
        }
    }

    /// 30 feeds on 20 sites: 15 with one feed each, 5 that only list the others' articles, with
    /// three feeds each, one circle and one consent host; each article is listed by four feeds.
    pub fn tangle(seed: u64) -> Self {
        Self {
            sites: 15,
            articles_per_feed: 8,
            listed_by: 3,
            listers: 5,
            feeds_per_lister: 3,
            circle: true,
            consent: true,
            latency: Duration::from_millis(5),
            ..Self::flow(seed, 0)
        }
    }

    /// `feeds` feeds on 20 sites that list `articles_per_feed` articles each.
    pub fn many_feeds(seed: u64, feeds: usize, articles_per_feed: usize) -> Self {
        Self {
            feeds_per_site: feeds / 20,
            articles_per_feed,
            ..Self::flow(seed, 0)
        }
    }

    pub fn articles(&self) -> usize {
        self.sites * self.feeds_per_site * self.articles_per_feed
    }

    pub fn number(&self, site: usize, feed: usize, n: usize) -> usize {
        (site * self.feeds_per_site + feed) * self.articles_per_feed + n
    }

    pub fn site_of(&self, article: usize) -> usize {
        article / self.articles_per_feed / self.feeds_per_site
    }

    pub fn marker(&self, article: usize) -> String {
        format!("DLM{:04x}Z{article:07}", self.seed & 0xffff)
    }

    /// A draw that depends on seed, article and purpose only (SplitMix64's finaliser).
    pub fn draw(&self, article: usize, purpose: u64, below: usize) -> usize {
        let mut z = self
            .seed
            .wrapping_add((article as u64) << 8)
            .wrapping_add(purpose);
        z = z.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % below as u64) as usize
    }
}

pub fn site_host(site: usize) -> String {
    format!("site{site}.test")
}

pub fn lister_host(lister: usize) -> String {
    format!("lister{lister}.test")
}

pub fn article_url(plan: &Plan, article: usize, port: u16) -> String {
    format!(
        "http://{}:{port}/a/{article}",
        site_host(plan.site_of(article))
    )
}
