//! The one pass over a page that keeps what its head and its marks say.

use url::Url;

use super::{
    super::{
        rules::{Names, flag, folded},
        text::{cut, one_line},
        tree::{Node, Tag},
    },
    MAX_DATE_TEXT, MAX_LIST, MAX_NAME, Meta,
    inside::{read_byline, read_first, read_text},
    scripts::{find_script_date, find_torn_date},
    slug,
};

/// Nodes from the top heading in which the byline stands.
// A picture, its caption and tools for sharing lie between.
const MAX_FROM_HEADING: usize = 200;
/// Pictures whose words are kept.
const MAX_PICTURES: usize = 200;
/// Words of what somebody is, as it stands beside a name.
const MAX_ROLE: usize = 4;
/// Dates of scripts that are kept, and runs of text with digits before and after the top heading.
const MAX_DATES: usize = 12;
const MAX_RUNS: usize = 40;
/// Bytes of a run of text that may be a date (`2 5 2024` at least), and of the beginning of a longer one.
const MIN_RUN: usize = 8;
const MAX_RUN: usize = 300;
const MAX_OPENING: usize = 60;
/// Characters of a heading or title that is read.
pub(super) const MAX_TITLE: usize = 400;
/// Two addresses are enough to know that a page names more than one.
const MAX_CANONICAL: usize = 2;

impl Meta {
    /// Collects in one pass.
    pub(crate) fn of(nodes: &[Node<'_>], address: Option<&Url>, names: &Names) -> Self {
        let mut meta = Self {
            host: address.and_then(Url::host_str).map(str::to_owned),
            slug: address.map(slug::read_slug).unwrap_or_default(),
            ..Self::default()
        };
        for (i, node) in nodes.iter().enumerate() {
            match node.tag {
                Tag::Text => {
                    meta.take_header_date(nodes, i, names);
                    meta.take_run(nodes, i, names);
                    meta.take_byline(nodes, i, names);
                    if meta.is_near_heading(i) {
                        meta.take_portrayed(node.text);
                    }
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
                Tag::Heading(level) => meta.take_heading(nodes, i, level, names),
                _ => meta.take_mark(nodes, i, names),
            }
        }
        meta.stamps.join_headers();
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
    fn take_run(&mut self, nodes: &[Node<'_>], i: usize, names: &Names) {
        let (text, around) = (nodes[i].text, &nodes[nodes[i].parent as usize]);
        let long = text.len() > MAX_RUN;
        let opens = || text.trim_start().starts_with(|c: char| c.is_numeric());
        let dated =
            text.len() >= MIN_RUN && (!long || opens()) && text.contains(|c: char| c.is_numeric());
        if !dated || around.tag == Tag::A || around.tag.is_skipped() {
            return;
        }
        let text = if long { cut(text, MAX_OPENING) } else { text };
        if self.is_near_heading(i) && is_credit_line(text, names) {
            let name = text.split('|').next().and_then(one_line);
            self.bylines
                .extend(name.filter(|_| self.bylines.len() < MAX_LIST));
        }
        let runs = &mut self.runs[usize::from(self.heading_at.is_some())];
        if runs.len() < MAX_RUNS {
            let line = one_line(text).filter(|line| line.chars().count() <= MAX_DATE_TEXT);
            // `26 | 01 | 2022`
            let barred = |line: &String| !line.contains(|c| !matches!(c, '0'..='9' | '|' | ' '));
            runs.extend(line.map(|line| {
                if barred(&line) {
                    line.replace(" | ", ".")
                } else {
                    line
                }
            }));
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
    pub(super) fn take_mark(&mut self, nodes: &[Node<'_>], i: usize, names: &Names) {
        let node = &nodes[i];
        let header = !self.follows_update(i) && self.is_in_header(nodes, i);
        self.stamps.take(nodes, i, header, names);
        if node.has(flag::AUTHOR)
            && !node.has(flag::COMMENTS)
            && self.marked_authors.len() + self.far_marks.len() < MAX_LIST
        {
            let line = read_byline(nodes, i)
                .or_else(|| read_first(nodes, i).filter(|line| line.contains(char::is_uppercase)));
            let far = self.heading_at.is_some() && !self.is_near_heading(i);
            let marks = if far {
                &mut self.far_marks
            } else {
                &mut self.marked_authors
            };
            marks.extend(line);
        }
        if leads_to_author(node, &names.author_paths)
            && !node.has(flag::COMMENTS | flag::RELATED)
            && self.author_links.len() < MAX_LIST
        {
            self.take_author_link(nodes, i);
        }
        if node.tag == Tag::Inline && self.pictured.len() < MAX_PICTURES {
            self.pictured.extend(node.attr("alt").and_then(one_line));
        }
        self.paywalled |= node.has(flag::PAYWALL);
        self.live_class |= node.has(flag::LIVE);
    }

    fn take_author_link(&mut self, nodes: &[Node<'_>], i: usize) {
        let Some(line) = read_byline(nodes, i) else {
            return;
        };
        if self.is_near_heading(i) {
            self.author_links.push(line);
        } else if self.far_links.len() < MAX_LIST && !self.far_links.contains(&line) {
            self.far_links.push(line);
        }
    }

    /// Keeps a name that stands beside the picture of who bears it.
    fn take_portrayed(&mut self, text: &str) {
        let near = &self.pictured[self.pictured_from..];
        if !near.is_empty() && text.len() <= MAX_NAME {
            let name = one_line(text).filter(|name| near.contains(name));
            self.portrayed.extend(name);
        }
    }

    /// Whether a node stands behind the top heading as a byline does.
    fn is_near_heading(&self, i: usize) -> bool {
        self.heading_at
            .is_some_and(|at| (at..at + MAX_FROM_HEADING).contains(&i))
    }

    /// Keeps a line that opens with `By`, from the block around it; one with more words, `Written by`, is a byline also
    /// far behind the headline.
    fn take_byline(&mut self, nodes: &[Node<'_>], i: usize, names: &Names) {
        let text = nodes[i].text.trim_start();
        let found = names.byline_openings.iter().find_map(|opening| {
            let rest = text.strip_prefix(opening.as_str())?;
            let name = rest.trim_start_matches([':', ' ', '\u{a0}', '\n', '\t']);
            let opens = name.len() < rest.len() && !name.starts_with(char::is_lowercase);
            (opens || rest.is_empty()).then_some((opening, name))
        });
        let Some((opening, name)) = found else { return };
        let far = self.heading_at.is_some() && opening == &names.byline_openings[0];
        let around = &nodes[nodes[i].parent as usize];
        if !(far || self.is_near_heading(i))
            || self.bylines.len() >= MAX_LIST
            || around.tag.is_skipped()
            || around.has(flag::COMMENTS | flag::RELATED)
        {
            return;
        }
        let own = nodes[i].parent as usize;
        // `<span>By</span> <a>…</a>`, `<div>By</div><div>…`: the name stands beside the element.
        let alone = name.is_empty() && around.end as usize == i + 1;
        let place = if alone { around.parent as usize } else { own };
        self.bylines.extend(read_byline(nodes, place));
    }
}

/// `Ida Lund | Senior Writer | 2 July 2025`: a name, a role, a date.
fn is_credit_line(text: &str, names: &Names) -> bool {
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    let role = |part: &&str| {
        let mut ends = part.rsplit(' ').take(1);
        part.split(' ').count() <= MAX_ROLE && ends.any(|word| names.roles.contains(&folded(word)))
    };
    (3..=4).contains(&parts.len()) && !role(&parts[0]) && role(&parts[1])
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
