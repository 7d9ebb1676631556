//! What the hosts of a synthetic world answer, made anew for each request.
use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use dateline::demo::{
    feeds::{FeedKind, Listing},
    server::{Answer, AskedPage},
};
use jiff::{Timestamp, ToSpan};

use super::plan::{Plan, article_url, lister_host, site_host};

const HTML: &str = "text/html; charset=utf-8";
/// The day of the first article.
const FIRST: &str = "2001-03-01T06:00:00Z";
const STATES: [(&str, &str); 8] = [
    ("Norway", "Oslo"),
    ("Portugal", "Lisbon"),
    ("Kenya", "Nairobi"),
    ("Chile", "Santiago"),
    ("Japan", "Tokyo"),
    ("Canada", "Ottawa"),
    ("Ghana", "Accra"),
    ("Ireland", "Dublin"),
];
/// Friendly acts only: the pairs are drawn at random and nothing bad may be said of anyone.
const ACTS: [&str; 6] = [
    "{a} asked {b} to reopen the talks on fishing.",
    "{a} signed a trade agreement with {b} in {c} on Monday.",
    "The foreign minister of {a} met the foreign minister of {b} in {c}.",
    "{a} sent aid to {b} after the floods.",
    "{a} praised {b} for its help with the harvest.",
    "The government of {a} invited {b} to a conference in {c} and will send an envoy next week.",
];

/// Answers for every host of the plan.
pub struct World {
    pub plan: Plan,
    /// How many articles of each feed are listed.
    pub listed: Arc<AtomicUsize>,
    pub port: u16,
}

impl World {
    pub fn answer(&self, asked: &AskedPage<'_>) -> Answer {
        if asked.path == "/robots.txt" {
            return page("text/plain", "User-agent: *\nAllow: /\n".to_owned());
        }
        let known = if let Some(site) = numbered(asked.host, "site", self.plan.sites) {
            self.site(site, asked.path)
        } else if let Some(lister) = numbered(asked.host, "lister", self.plan.listers) {
            self.lister(lister, asked.path)
        } else {
            self.odd(asked)
        };
        known.unwrap_or(Answer::Missing)
    }

    fn site(&self, site: usize, path: &str) -> Option<Answer> {
        if let Some(feed) = path.strip_prefix("/f/") {
            let feed: usize = feed.parse().ok()?;
            return (feed < self.plan.feeds_per_site).then(|| self.site_feed(site, feed));
        }
        let article: usize = path.strip_prefix("/a/")?.parse().ok()?;
        let here = article < self.plan.articles() && self.plan.site_of(article) == site;
        here.then(|| page(HTML, self.article(article)))
    }

    /// The feed's own articles, and those of the sites before this one that it also lists.
    fn site_feed(&self, site: usize, feed: usize) -> Answer {
        let plan = &self.plan;
        let mut items = Vec::new();
        for back in 0..plan.listed_by.clamp(1, plan.sites) {
            let from = (site + plan.sites - back) % plan.sites;
            for n in 0..self.listed.load(Ordering::SeqCst) {
                let article = plan.number(from, feed, n);
                let mut link = article_url(plan, article, self.port);
                if back > 0 {
                    write!(link, "?utm_source=site{site}&utm_medium=rss").expect("a string grows");
                }
                items.push(self.listing(article, link));
            }
        }
        self.feed(&site_host(site), feed, &items)
    }

    fn lister(&self, lister: usize, path: &str) -> Option<Answer> {
        if let Some(feed) = path.strip_prefix("/f/") {
            let feed: usize = feed.parse().ok()?;
            return (feed < self.plan.feeds_per_lister).then(|| self.lister_feed(lister, feed));
        }
        let moved = |to| Some(Answer::Moved { status: 302, to });
        match path {
            "/circle" => return moved(format!("http://round.test:{}/back", self.port)),
            "/walled" => return moved(format!("http://consent.test:{}/ask", self.port)),
            _ => {}
        }
        let article: usize = path.strip_prefix("/go/")?.parse().ok()?;
        (article < self.plan.articles()).then(|| Answer::Moved {
            status: 301,
            to: article_url(&self.plan, article, self.port),
        })
    }

    fn lister_feed(&self, lister: usize, feed: usize) -> Answer {
        let (plan, port) = (&self.plan, self.port);
        let own = lister * plan.feeds_per_lister + feed;
        let (host, let_out) = (lister_host(lister), self.listed.load(Ordering::SeqCst));
        let mut items = Vec::new();
        for article in (own..plan.articles()).step_by(plan.listers * plan.feeds_per_lister) {
            if article % plan.articles_per_feed < let_out {
                let direct = article_url(plan, article, port);
                let through = format!("http://{host}:{port}/go/{article}");
                let link = if lister % 2 == 1 { through } else { direct };
                items.push(self.listing(article, link));
            }
        }
        if plan.circle && lister == 0 && feed == 0 {
            items.push(self.listing(0, format!("http://{host}:{port}/circle")));
        }
        if plan.consent && lister + 1 == plan.listers && feed == 0 {
            items.push(self.listing(0, format!("http://{host}:{port}/walled")));
        }
        self.feed(&host, feed, &items)
    }

    fn odd(&self, asked: &AskedPage<'_>) -> Option<Answer> {
        match (asked.host, asked.path) {
            ("round.test", "/back") => {
                let to = format!("http://{}:{}/circle", lister_host(0), self.port);
                Some(Answer::Moved { status: 302, to })
            }
            ("consent.test", "/ask") => {
                let form = "<html><body><form><h1>Before you continue</h1><p>We use cookies. \
                            Do you accept?</p><button>Accept all</button></form></body></html>";
                Some(page(HTML, form.to_owned()))
            }
            _ => None,
        }
    }

    fn feed(&self, host: &str, feed: usize, items: &[Listing]) -> Answer {
        let kinds = [FeedKind::Rss, FeedKind::Atom, FeedKind::Json, FeedKind::Rdf];
        let kind = kinds[(host.len() + feed) % kinds.len()];
        let home = format!("http://{host}:{}/", self.port);
        page(kind.content_type(), kind.render_feed(host, &home, items))
    }

    fn listing(&self, article: usize, link: String) -> Listing {
        let title = self.title(article);
        let first: Timestamp = FIRST.parse().expect("the constant is an instant");
        // Four thousand hours: all dates stay within half a year.
        let published = first + i64::try_from(article % 4000).unwrap_or(0).hours();
        Listing {
            summary: title.clone(),
            title,
            link,
            published,
        }
    }

    fn title(&self, article: usize) -> String {
        let (a, b, _) = self.pair(article, 0);
        format!("{a} and {b} in report {}", self.plan.marker(article))
    }

    /// Two different states and the capital of the second.
    fn pair(&self, article: usize, sentence: u64) -> (&str, &str, &str) {
        let a = self.plan.draw(article, sentence * 4, STATES.len());
        let step = 1 + self.plan.draw(article, sentence * 4 + 1, STATES.len() - 1);
        let (b, capital) = STATES[(a + step) % STATES.len()];
        (STATES[a].0, b, capital)
    }

    fn article(&self, article: usize) -> String {
        let (title, item) = (self.title(article), self.listing(article, String::new()));
        let mut text = format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <link rel=\"canonical\" href=\"{}\"></head><body><nav><a href=\"/\">Home</a></nav>\
             <article><h1>{title}</h1><time datetime=\"{at}\">{at}</time>\n",
            article_url(&self.plan, article, self.port),
            at = item.published,
        );
        for sentence in 0..6 {
            let (a, b, capital) = self.pair(article, sentence);
            let act = ACTS[self.plan.draw(article, sentence * 4 + 2, ACTS.len())];
            let act = act
                .replace("{a}", a)
                .replace("{b}", b)
                .replace("{c}", capital);
            let rest = "Officials in both capitals described the step as useful and said that \
                        work on the details would take some time.";
            writeln!(text, "<p>{act} {rest}</p>").expect("a string grows");
        }
        let marker = self.plan.marker(article);
        writeln!(
            text,
            "<p>The two governments filed the papers under the number {marker} and made them \
             public in the evening.</p></article><footer>About us</footer></body></html>"
        )
        .expect("a string grows");
        text
    }
}

fn page(content_type: &'static str, body: String) -> Answer {
    Answer::Page {
        content_type,
        body: body.into(),
    }
}

/// The number in `<kind><number>.test`, below `count`.
fn numbered(host: &str, kind: &str, count: usize) -> Option<usize> {
    let number = host
        .strip_prefix(kind)?
        .strip_suffix(".test")?
        .parse()
        .ok()?;
    (number < count).then_some(number)
}
