//! The outlets of the demo, their feeds and the odd hosts between them, read from `config/demo`.
use std::{collections::HashMap, io};

use serde::Deserialize;

use super::{
    DemoFeed,
    feeds::{FeedKind, Listing},
    front::{render_front, render_robots},
    page,
    server::{Answer, AskedPage},
    story::{DemoStory, read_stories},
    template::{Template, Values, fill_values},
};

const SITES: &str = include_str!("../../config/demo/sites.toml");
const CONSENT: &str = include_str!("../../config/demo/templates/consent.html");
const HTML: &str = "text/html; charset=utf-8";
const PLAIN: &str = "text/plain; charset=utf-8";
/// Other stories of the outlet linked from each page.
const RELATED: usize = 3;

/// Host, stories and template of every outlet; all else about it is in `sites.toml`.
const OUTLETS: [(&str, &str, &str); 8] = [
    (
        "harbourherald.test",
        include_str!("../../config/demo/stories/harbourherald.txt"),
        include_str!("../../config/demo/templates/semantic.html"),
    ),
    (
        "northgazette.test",
        include_str!("../../config/demo/stories/northgazette.txt"),
        include_str!("../../config/demo/templates/table.html"),
    ),
    (
        "meridianpost.test",
        include_str!("../../config/demo/stories/meridianpost.txt"),
        include_str!("../../config/demo/templates/microdata.html"),
    ),
    (
        "plazadaily.test",
        include_str!("../../config/demo/stories/plazadaily.txt"),
        include_str!("../../config/demo/templates/blog.html"),
    ),
    (
        "eastwire.test",
        include_str!("../../config/demo/stories/eastwire.txt"),
        include_str!("../../config/demo/templates/amp.html"),
    ),
    (
        "valleyledger.test",
        include_str!("../../config/demo/stories/valleyledger.txt"),
        include_str!("../../config/demo/templates/blocks.html"),
    ),
    (
        "archive.rivertimes.test",
        include_str!("../../config/demo/stories/rivertimes.txt"),
        include_str!("../../config/demo/templates/archive.html"),
    ),
    (
        "www.statecourier.test",
        include_str!("../../config/demo/stories/statecourier.txt"),
        include_str!("../../config/demo/templates/portal.html"),
    ),
];

/// An outlet as `sites.toml` describes it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DemoOutlet {
    host: String,
    pub(crate) name: String,
    country: String,
    pub(crate) feed: Option<DeskFeed>,
    /// Paths that robots.txt forbids.
    #[serde(default)]
    pub(crate) disallow: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeskFeed {
    pub(crate) kind: FeedKind,
    pub(crate) path: String,
}

/// An item that a feed lists besides its outlet's own stories.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Foreign {
    /// Hosts of the outlets whose feeds list it.
    feeds: Vec<String>,
    title: String,
    /// Address, with `{{port}}` and, where each feed is to count its readers, `{{feed}}`.
    link: String,
    day: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Redirect {
    host: String,
    path: String,
    status: u16,
    to: String,
}

/// Everything the demo serves, before a port is known.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewsDesk {
    outlet: Vec<DemoOutlet>,
    foreign: Vec<Foreign>,
    redirect: Vec<Redirect>,
    /// Host and path of the consent form.
    consent: Consent,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Consent {
    host: String,
    path: String,
    back: String,
}

/// Every page by host and path.
pub(crate) struct Shelf(HashMap<(String, String), Answer>);

impl Shelf {
    pub(crate) fn find_answer(&self, asked: &AskedPage<'_>) -> Answer {
        let key = (asked.host.to_owned(), asked.path.to_owned());
        self.0.get(&key).cloned().unwrap_or(Answer::Missing)
    }

    fn put_page(&mut self, host: &str, path: &str, content_type: &'static str, body: String) {
        let page = Answer::Page {
            content_type,
            body: body.into(),
        };
        self.0.insert((host.to_owned(), path.to_owned()), page);
    }
}

impl NewsDesk {
    pub(crate) fn read_desk() -> io::Result<Self> {
        toml::from_str(SITES).map_err(|fault| io::Error::new(io::ErrorKind::InvalidData, fault))
    }

    pub(crate) fn read_stories() -> io::Result<Vec<DemoStory>> {
        let mut all = Vec::new();
        for (host, stories, _) in OUTLETS {
            all.extend(read_stories(host, stories)?);
        }
        Ok(all)
    }

    pub(crate) fn list_hosts(&self) -> Vec<String> {
        let mut hosts: Vec<_> = self
            .outlet
            .iter()
            .map(|outlet| outlet.host.clone())
            .collect();
        hosts.extend(self.redirect.iter().map(|redirect| redirect.host.clone()));
        hosts.push(self.consent.host.clone());
        hosts.sort();
        hosts.dedup();
        hosts
    }

    pub(crate) fn list_feeds(&self, port: u16) -> Vec<DemoFeed> {
        let named = |outlet: &DemoOutlet| {
            let feed = outlet.feed.as_ref()?;
            Some(DemoFeed {
                url: format!("http://{}:{port}{}", outlet.host, feed.path),
                name: outlet.name.clone(),
                language: "en".to_owned(),
                country: outlet.country.clone(),
            })
        };
        self.outlet.iter().filter_map(named).collect()
    }

    /// Renders every page for `port`.
    pub(crate) fn render_shelf(&self, stories: &[DemoStory], port: u16) -> io::Result<Shelf> {
        let mut pages = Shelf(HashMap::new());
        for (host, _, template) in OUTLETS {
            let outlet = self.find_outlet(host).ok_or_else(|| {
                let lacks = format!("sites.toml lacks {host}");
                io::Error::new(io::ErrorKind::InvalidData, lacks)
            })?;
            let own: Vec<&DemoStory> = stories.iter().filter(|story| story.host == host).collect();
            let template = Template::read_template(template);
            self.put_outlet(&mut pages, outlet, &own, &template, port)?;
        }
        for host in self.list_hosts() {
            let rules = render_robots(self.find_outlet(&host));
            pages.put_page(&host, "/robots.txt", PLAIN, rules);
        }
        self.put_odd_hosts(&mut pages, port);
        Ok(pages)
    }

    fn find_outlet(&self, host: &str) -> Option<&DemoOutlet> {
        self.outlet.iter().find(|outlet| outlet.host == host)
    }

    /// The hosts between the outlets: redirects, and the form that asks for consent.
    fn put_odd_hosts(&self, pages: &mut Shelf, port: u16) {
        for redirect in &self.redirect {
            let moved = Answer::Moved {
                status: redirect.status,
                to: fill_address(&redirect.to, port, ""),
            };
            pages
                .0
                .insert((redirect.host.clone(), redirect.path.clone()), moved);
        }
        let back = Values::from([("back", fill_address(&self.consent.back, port, ""))]);
        pages.put_page(
            &self.consent.host,
            &self.consent.path,
            HTML,
            fill_values(CONSENT, &back),
        );
    }

    fn put_outlet(
        &self,
        pages: &mut Shelf,
        outlet: &DemoOutlet,
        own: &[&DemoStory],
        template: &Template,
        port: u16,
    ) -> io::Result<()> {
        for (i, story) in own.iter().enumerate() {
            let others = own
                .iter()
                .cycle()
                .skip(i + 1)
                .take(RELATED.min(own.len() - 1));
            let related: Vec<&DemoStory> = others.copied().collect();
            let text = page::render_page(story, outlet, template, &related, port);
            pages.put_page(&story.host, &story.path, HTML, text);
        }
        let home = format!("http://{}:{port}/", outlet.host);
        let items = self.list_for_outlet(outlet, own, port)?;
        if let Some(feed) = &outlet.feed {
            let text = feed.kind.render_feed(&outlet.name, &home, &items);
            pages.put_page(&outlet.host, &feed.path, feed.kind.content_type(), text);
        }
        pages.put_page(&outlet.host, "/", HTML, render_front(outlet, &items));
        Ok(())
    }

    /// What the outlet's feed lists: its own stories and others', newest first.
    fn list_for_outlet(
        &self,
        outlet: &DemoOutlet,
        own: &[&DemoStory],
        port: u16,
    ) -> io::Result<Vec<Listing>> {
        let listing = |story: &&DemoStory| Listing {
            title: story.title.clone(),
            link: page::page_address(story, port),
            summary: story.summary.clone(),
            published: story.published,
        };
        let mut items: Vec<Listing> = own.iter().map(listing).collect();
        for foreign in self
            .foreign
            .iter()
            .filter(|item| item.feeds.contains(&outlet.host))
        {
            let at = format!("{}T09:00:00Z", foreign.day).parse();
            items.push(Listing {
                title: foreign.title.clone(),
                link: fill_address(&foreign.link, port, &outlet.host),
                summary: foreign.title.clone(),
                published: at.map_err(io::Error::other)?,
            });
        }
        items.sort_by_key(|item| std::cmp::Reverse(item.published));
        Ok(items)
    }
}

/// `{{port}}` and `{{feed}}` filled in an address.
fn fill_address(address: &str, port: u16, feed: &str) -> String {
    address
        .replace("{{port}}", &port.to_string())
        .replace("{{feed}}", feed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_outlet_of_the_site_list_has_stories_and_a_template() {
        let desk = NewsDesk::read_desk().expect("the embedded list is readable");
        let listed: Vec<&str> = desk
            .outlet
            .iter()
            .map(|outlet| outlet.host.as_str())
            .collect();
        assert_eq!(listed, OUTLETS.map(|(host, _, _)| host));
    }
}
