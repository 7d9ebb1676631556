//! Healthy feeds made to measure, and the ways in which publishers break them; the same ones at every run.

/// A sequence of numbers that is the same for the same seed.
#[derive(Debug)]
pub(crate) struct Seeded(u64);

impl Seeded {
    /// A sequence of its own for each seed.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5851_f42d_4c95_7f2d)
    }

    /// A number below another one, 0 where that is 0.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit.max(1)
    }
}

/// Kinds of feeds in markup.
pub(crate) const KINDS: [&str; 3] = ["rss", "atom", "rdf"];

/// The titles of a feed's items.
pub(crate) fn titles(items: usize) -> Vec<String> {
    (0..items)
        .map(|n| format!("Caf\u{e9} talks, day {n}, and the river"))
        .collect()
}

/// A feed with so many items.
pub(crate) fn healthy(kind: &str, items: usize) -> String {
    let all: String = titles(items)
        .iter()
        .enumerate()
        .map(|(n, title)| item(kind, n, title))
        .collect();
    let head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    let names = "xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\" \
                 xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"";
    let about = "<title>The Harbour</title>\n<link>https://news.example.org/</link>\n<description>News</description>\n";
    match kind {
        "rss" => format!(
            "{head}<rss version=\"2.0\" {names}>\n<channel>\n{about}{all}</channel>\n</rss>\n"
        ),
        "atom" => format!(
            "{head}<feed xmlns=\"http://www.w3.org/2005/Atom\" {names}>\n<title>The Harbour</title>\n\
             <id>https://news.example.org/</id>\n{all}</feed>\n"
        ),
        _ => format!(
            "{head}<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\" {names} \
             xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\">\n<channel>\n{about}</channel>\n{all}</rdf:RDF>\n"
        ),
    }
}

/// An item of some 700 bytes, as news sites write them.
fn item(kind: &str, n: usize, title: &str) -> String {
    let text = format!(
        "&lt;p&gt;Officials in district {n} said on Tuesday that {n} people were there, and that the talks will go on. \
         A spokesman for the harbour told reporters that no date had been set.&lt;/p&gt;"
    );
    let link = format!("https://news.example.org/2024/05/{n:04}/caf-talks-and-the-river.html");
    match kind {
        "atom" => format!(
            "<entry>\n<title>{title}</title>\n<link rel=\"alternate\" type=\"text/html\" href=\"{link}\"/>\n\
             <id>tag:news.example.org,2024:{n}</id>\n<updated>2024-05-07T14:23:17+02:00</updated>\n\
             <author><name>Ada Byron</name></author>\n<category term=\"news\"/>\n\
             <summary type=\"html\">{text}</summary>\n</entry>\n"
        ),
        "rdf" => format!(
            "<item rdf:about=\"{link}\">\n<title>{title}</title>\n<link>{link}</link>\n<dc:creator>Ada Byron</dc:creator>\n\
             <dc:date>2024-05-07T14:23:17+02:00</dc:date>\n<description>{text}</description>\n</item>\n"
        ),
        _ => format!(
            "<item>\n<title>{title}</title>\n<link>{link}</link>\n<guid isPermaLink=\"false\">{link}</guid>\n\
             <pubDate>Tue, 07 May 2024 14:23:17 +0200</pubDate>\n<dc:creator><![CDATA[Ada Byron]]></dc:creator>\n\
             <category>news</category>\n<media:content url=\"{link}.jpg\" medium=\"image\"><media:title>The quay</media:title>\
             </media:content>\n<description>{text}</description>\n</item>\n"
        ),
    }
}

/// The ways in which feeds are broken.
pub(crate) const BREAKAGES: [&str; 8] = [
    "bad bytes",
    "bare ampersands",
    "control characters",
    "cut end",
    "encoding that lies",
    "encoding not declared",
    "namespaces missing",
    "mismatched tags",
];

/// A healthy feed, broken in one of these ways.
pub(crate) fn broken(healthy: &str, how: &str, random: &mut Seeded) -> Vec<u8> {
    match how {
        "bad bytes" => sprinkled(healthy, &[b"\xff", b"\xc3", b"\x80\xfe"], random),
        "bare ampersands" => healthy
            .replace(", and ", " & ")
            .replace("people", "R&D people & AT&T")
            .into_bytes(),
        "control characters" => sprinkled(healthy, &[b"\x01", b"\x0b", b"\x00", b"\x1f"], random),
        "cut end" => {
            let half = healthy.len() / 2;
            healthy.as_bytes()[..half + random.below(half)].to_vec()
        }
        "encoding that lies" => {
            let label = ["ISO-8859-1", "US-ASCII", "windows-1251", "UTF-16"][random.below(4)];
            healthy
                .replace("encoding=\"UTF-8\"", &format!("encoding=\"{label}\""))
                .into_bytes()
        }
        "encoding not declared" => {
            let said = ["encoding=\"UTF-8\"", "encoding=\"utf8\"", ""][random.below(3)];
            let text = healthy.replace("encoding=\"UTF-8\"", said);
            text.chars().map(|c| c as u8).collect()
        }
        "namespaces missing" => without_namespaces(healthy),
        _ => mismatched(healthy, random),
    }
}

/// Bytes put into the text of a feed, never into its tags.
fn sprinkled(healthy: &str, pieces: &[&[u8]], random: &mut Seeded) -> Vec<u8> {
    let mut bytes = healthy.as_bytes().to_vec();
    for _ in 0..=random.below(12) {
        let from = random.below(bytes.len());
        let word = b"district ";
        if let Some(at) = bytes[from..].windows(word.len()).position(|w| w == word) {
            let at = from + at + word.len();
            drop(bytes.splice(at..at, pieces[random.below(pieces.len())].iter().copied()));
        }
    }
    let word = b"reporters";
    if let Some(at) = bytes.windows(word.len()).position(|w| w == word) {
        drop(bytes.splice(at..at, pieces[0].iter().copied()));
    }
    bytes
}

/// No prefix is declared, nor the format's own namespace.
fn without_namespaces(healthy: &str) -> Vec<u8> {
    let mut text = healthy.to_owned();
    while let Some(from) = text.find(" xmlns") {
        let value = text[from..]
            .find('"')
            .map_or(text.len(), |at| from + at + 1);
        let end = text[value..]
            .find('"')
            .map_or(text.len(), |at| value + at + 1);
        text.replace_range(from..end, "");
    }
    text.into_bytes()
}

/// End tags of other elements, or none.
fn mismatched(healthy: &str, random: &mut Seeded) -> Vec<u8> {
    let mut text = healthy.to_owned();
    let edits = [
        ("</category>", ""),
        ("</description>", "</descripton>"),
        ("</summary>", "</p></summary>"),
        ("<dc:creator>", "<br><dc:creator>"),
        ("<pubDate>", "<b><i></b></i><pubDate>"),
        ("<updated>", "<b><i></b></i><updated>"),
    ];
    for _ in 0..3 {
        let (from, to) = edits[random.below(edits.len())];
        let start = text.floor_char_boundary(random.below(text.len()));
        if let Some(at) = text[start..].find(from) {
            text.replace_range(start + at..start + at + from.len(), to);
        }
    }
    text.replacen("<link", "<hr><link", 2).into_bytes()
}
