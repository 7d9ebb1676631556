//! The one pass over a page that keeps what its head and its marks say.

use url::Url;

use super::{
    super::{
        rules::{Names, flag},
        text::{cut, one_line},
        tree::{Node, Tag},
    },
    MAX_DATE_TEXT, MAX_LIST, Meta,
    inside::{read_byline, read_text},
    published::{find_script_date, find_torn_date},
};

/// Nodes from the top heading in which the byline stands: a picture, its caption and tools for sharing lie between.
const MAX_FROM_HEADING: usize = 200;
/// Dates of scripts that are kept, and runs of text with digits before and after the top heading.
const MAX_DATES: usize = 12;
const MAX_RUNS: usize = 40;
/// Bytes of a run of text that may be a date (`2 5 2024` at least), and of the beginning of a longer one.
const MIN_RUN: usize = 8;
const MAX_RUN: usize = 300;
const MAX_OPENING: usize = 60;
/// Characters of a heading or title that is read.
const MAX_TITLE: usize = 400;
/// Two addresses are enough to know that a page names more than one.
const MAX_CANONICAL: usize = 2;

impl Meta {
    /// Collects in one pass.
    pub(crate) fn of(nodes: &[Node<'_>], address: Option<&Url>, names: &Names) -> Self {
        let mut meta = Self {
            host: address.and_then(Url::host_str).map(str::to_owned),
            ..Self::default()
        };
        for (i, node) in nodes.iter().enumerate() {
            match node.tag {
                Tag::Text => {
                    meta.take_run(nodes, i);
                    meta.take_byline(nodes, i, names);
                }
                Tag::Meta => meta.take_meta(node),
                Tag::Script => meta.take_script(node, nodes.get(i + 1)),
                Tag::Link => meta.take_link(node),
                Tag::Html => {
                    meta.language = node
                        .attr("lang")
                        .or_else(|| node.attr("xml:lang"))
                        .map(str::to_owned);
                }
                Tag::Title if meta.title_tag.is_none() => {
                    meta.title_tag = read_text(nodes, i, MAX_TITLE);
                }
                Tag::Heading(1) if meta.heading.is_none() => {
                    meta.heading = read_text(nodes, i, MAX_TITLE);
                    meta.heading_at = meta.heading.is_some().then_some(i);
                }
                _ => meta.take_mark(nodes, i, names),
            }
        }
        meta.choose_article(address);
        meta
    }

    /// Tells JSON-LD which of its articles is this page.
    fn choose_article(&mut self, address: Option<&Url>) {
        let mut addresses = self.canonical.clone();
        addresses.extend(self.first(&["og:url"]));
        addresses.extend(address.map(Url::to_string));
        let titles = [
            self.first(&["og:title"]),
            self.title_tag.clone(),
            self.heading.clone(),
        ];
        let titles: Vec<String> = titles.into_iter().flatten().collect();
        self.jsonld.choose_own(&addresses, &titles);
    }

    /// Keeps what a `<meta>` says.
    fn take_meta(&mut self, node: &Node<'_>) {
        let Some(content) = node
            .attr("content")
            .filter(|content| !content.trim().is_empty())
        else {
            return;
        };
        for key in ["property", "name", "itemprop", "http-equiv"] {
            if let Some(name) = node.attr(key) {
                let values = self
                    .metas
                    .entry(name.trim().to_ascii_lowercase())
                    .or_default();
                if values.len() < MAX_LIST {
                    values.push(content.trim().to_owned());
                }
            }
        }
    }

    /// Keeps the JSON-LD of a script, else a date in it.
    fn take_script(&mut self, node: &Node<'_>, inside: Option<&Node<'_>>) {
        let ld = node
            .attr("type")
            .is_some_and(|kind| kind.to_ascii_lowercase().contains("ld+json"));
        let Some(text) = inside else { return };
        if ld && self.jsonld.read(text.text) {
            return;
        }
        if ld {
            self.scripted.extend(find_torn_date(text.text));
        } else if self.scripted.len() < MAX_DATES {
            self.scripted.extend(find_script_date(text.text));
        }
    }

    /// Keeps a short run of text with a number in it; of a long one that opens with a number, its beginning.
    fn take_run(&mut self, nodes: &[Node<'_>], i: usize) {
        let (text, around) = (nodes[i].text, &nodes[nodes[i].parent as usize]);
        let long = text.len() > MAX_RUN;
        let opens = || text.trim_start().starts_with(|c: char| c.is_numeric());
        let dated =
            text.len() >= MIN_RUN && (!long || opens()) && text.contains(|c: char| c.is_numeric());
        if !dated || around.tag == Tag::A || around.tag.is_skipped() {
            return;
        }
        let text = if long { cut(text, MAX_OPENING) } else { text };
        let runs = &mut self.runs[usize::from(self.heading.is_some())];
        if runs.len() < MAX_RUNS {
            runs.extend(one_line(text).filter(|line| line.chars().count() <= MAX_DATE_TEXT));
        }
    }

    /// Keeps the address that a page names as its own.
    fn take_link(&mut self, node: &Node<'_>) {
        let named = node.attr("rel").is_some_and(|rel| {
            rel.split_ascii_whitespace()
                .any(|word| word.eq_ignore_ascii_case("canonical"))
        });
        let href = node.attr("href").map(str::trim).filter(|_| named);
        let Some(href) = href.filter(|href| !href.is_empty()) else {
            return;
        };
        if self.canonical.len() < MAX_CANONICAL && self.canonical.iter().all(|known| known != href)
        {
            self.canonical.push(href.to_owned());
        }
    }

    /// Keeps what the classes and attributes of an element say.
    fn take_mark(&mut self, nodes: &[Node<'_>], i: usize, names: &Names) {
        let node = &nodes[i];
        self.stamps.take(nodes, i);
        if node.has(flag::AUTHOR)
            && !node.has(flag::COMMENTS)
            && self.marked_authors.len() < MAX_LIST
        {
            self.marked_authors.extend(read_byline(nodes, i));
        }
        if leads_to_author(node, &names.author_paths)
            && self.is_near_heading(i)
            && !node.has(flag::COMMENTS | flag::RELATED)
            && self.author_links.len() < MAX_LIST
        {
            self.author_links.extend(read_byline(nodes, i));
        }
        self.paywalled |= node.has(flag::PAYWALL);
        self.live_class |= node.has(flag::LIVE);
    }

    /// Whether a node stands behind the top heading as a byline does.
    fn is_near_heading(&self, i: usize) -> bool {
        self.heading_at
            .is_some_and(|at| (at..at + MAX_FROM_HEADING).contains(&i))
    }

    /// Keeps a line that opens with `By`, from the block around it.
    fn take_byline(&mut self, nodes: &[Node<'_>], i: usize, names: &Names) {
        let text = nodes[i].text.trim_start();
        let rest = names.byline_openings.iter().find_map(|opening| {
            let rest = text.strip_prefix(opening.as_str())?;
            let name = rest.trim_start_matches([':', ' ', '\u{a0}', '\n', '\t']);
            let opens = name.len() < rest.len() && !name.starts_with(char::is_lowercase);
            (opens || rest.is_empty()).then_some(name)
        });
        let opens = rest.is_some() && self.is_near_heading(i);
        let around = &nodes[nodes[i].parent as usize];
        if !opens
            || self.bylines.len() >= MAX_LIST
            || around.tag.is_skipped()
            || around.has(flag::COMMENTS)
        {
            return;
        }
        // `<span>By</span> <a>…</a>`: the name stands beside the element.
        let alone = rest.is_some_and(str::is_empty) && around.tag == Tag::Inline;
        let place = if alone {
            around.parent
        } else {
            nodes[i].parent
        };
        self.bylines.extend(read_byline(nodes, place as usize));
    }
}

/// Whether a link leads to the page of an author.
fn leads_to_author(node: &Node<'_>, paths: &[String]) -> bool {
    node.tag == Tag::A
        && node.attr("href").is_some_and(|href| {
            let is_path = |part: &&str| paths.iter().any(|path| path == part);
            let mut parts = href.split('/').skip_while(|part| !is_path(part));
            parts.next().is_some() && parts.next().is_some_and(|name| name.len() > 2)
        })
}
