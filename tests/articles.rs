//! The promise of the extractor: the story stays, what is not the story goes, and no page can hurt it.

use dateline::{
    article::{
        ArticleError, Extracted, Page, Rules, Wall, extract, from_feed_html, from_text, read,
    },
    config::SiteRules,
};
use proptest::prelude::*;
use url::Url;

use crate::support::samples::{ENVOY, read_users_sample};

mod beside;
mod head;

const HARBOUR: &str = include_str!("fixtures/articles/harbour.html");

fn page(html: &str) -> Result<Extracted, ArticleError> {
    let address = Url::parse("https://harbour.test/news/2021/03/04/dock-strike-ends?utm_source=x")
        .expect("an address");
    let page = Page {
        bytes: html.as_bytes(),
        address: Some(&address),
        ..Page::default()
    };
    extract(&page, &Rules::shipped(), &SiteRules::default())
}

/// Each paragraph is the span of the text that it says, and all of the text but line feeds is in one.
fn assert_spans(article: &Extracted) {
    let chars: Vec<char> = article.text.chars().collect();
    let spans: Vec<String> = article
        .paragraphs
        .iter()
        .map(|paragraph| chars[paragraph.start..paragraph.end].iter().collect())
        .collect();
    assert_eq!(spans.join("\n"), article.text);
}

#[test]
fn a_page_becomes_its_story() {
    let article = page(HARBOUR).expect("a story");
    let paragraphs: Vec<&str> = article.text.lines().collect();
    assert_eq!(
        paragraphs,
        [
            "Dock workers in Port Ellis agreed on Thursday to end a strike of nine days, after the harbour board offered them higher pay.",
            "The union said 1,200 members would return to work on Monday, “with their heads held high”, and thanked the city for its patience.",
            "Nine days on the quay",
            "Ships had queued outside the harbour since the walkout began, and two lines had sent their cargo elsewhere, the board said.",
            "Talks about the night shift will go on next week, according to both sides, who met for eleven hours.",
        ]
    );
    assert_spans(&article);
    assert_eq!(article.paragraphs[2].kind, "heading");
}

#[test]
fn what_the_page_says_about_the_story_is_kept_as_fields() {
    let article = page(HARBOUR).expect("a story");
    assert_eq!(
        article.title.as_deref(),
        Some("Dock workers end strike after pay deal")
    );
    assert_eq!(article.authors, ["Ada Quill"]);
    assert_eq!(
        article.published.day.map(|day| day.to_string()).as_deref(),
        Some("2021-03-04")
    );
    assert_eq!(
        article.published.at.map(|at| at.to_string()).as_deref(),
        Some("2021-03-04T17:30:00Z")
    );
    assert_eq!(article.publisher.as_deref(), Some("The Harbour Post"));
    assert_eq!(article.section.as_deref(), Some("Business"));
    assert_eq!(article.tags, ["ports", "labour"]);
    assert_eq!(article.access.state, "free");
    assert_eq!(
        article.rights.robots,
        ["max-image-preview:large", "noarchive"]
    );
    assert_eq!(article.agency.as_deref(), Some("Reuters"));
    let dateline = article.dateline.expect("a dateline");
    assert_eq!(
        (dateline.place.as_deref(), dateline.date.as_deref()),
        (Some("PORT ELLIS"), Some("March 4"))
    );
    assert_eq!(
        article.canonical.map(|url| url.to_string()).as_deref(),
        Some("https://harbour.test/news/2021/03/04/dock-strike-ends")
    );
    assert_eq!(article.language.declared.as_deref(), Some("en-GB"));
    assert_eq!(article.language.detected.as_deref(), Some("en"));
}

#[test]
fn what_was_removed_is_listed_with_its_rule() {
    let article = page(HARBOUR).expect("a story");
    let rule = |text: &str| {
        article
            .removed
            .iter()
            .find(|gone| gone.text.contains(text))
            .map(|gone| gone.rule.as_str())
    };
    assert_eq!(rule("harbour report."), Some("credit"));
    assert_eq!(rule("With input from the agency."), Some("credit"));
    assert_eq!(rule("Find us on YouTube"), Some("follow_us"));
    assert_eq!(rule("Sign up for our newsletter"), Some("newsletter"));
    assert_eq!(rule("PORT ELLIS, March 4 (Reuters) -"), Some("dateline"));
}

#[test]
fn phrases_of_a_site_go_there_and_stay_elsewhere() {
    let site = SiteRules {
        remove: vec!["thanked the CITY for its patience".to_owned()],
        ..SiteRules::default()
    };
    let bytes = Page {
        bytes: HARBOUR.as_bytes(),
        ..Page::default()
    };
    let stripped = extract(&bytes, &Rules::shipped(), &site).expect("a story");
    assert!(!stripped.text.contains("patience"));
    assert!(page(HARBOUR).expect("a story").text.contains("patience"));
}

/// What must be left of a story, and what must not.
struct Cleaned<'a> {
    title: &'a str,
    begins: &'a str,
    keeps: [&'a str; 2],
    ends: &'a str,
    loses: [&'a str; 4],
}

impl Cleaned<'_> {
    fn assert_of(&self, article: &Extracted) {
        let text = &article.text;
        for gone in self.loses {
            assert!(!text.contains(gone), "{gone}: {text}");
        }
        for kept in self.keeps {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        assert!(text.starts_with(self.begins), "{text}");
        assert!(text.ends_with(self.ends), "{text}");
        assert_spans(article);
    }

    /// As a text, as a page of paragraphs, as a page of broken lines, and as the text of a feed.
    fn assert_in_every_form(&self, text: &str) {
        let rules = Rules::shipped();
        self.assert_of(&from_text(text, None, &rules));
        let body: String = text
            .lines()
            .map(|line| format!("<p>{line}</p>\n"))
            .collect();
        let title = self.title;
        let html = format!(
            "<html><body><nav><a href=/>Home</a></nav><h1>{title}</h1><div class=post>{body}</div></body></html>"
        );
        self.assert_of(&page(&html).expect("a story"));
        let broken = text.replace('\n', "<br>\n");
        let html = format!("<html><body><div>{broken}</div></body></html>");
        self.assert_of(&page(&html).expect("a story"));
        self.assert_of(&from_feed_html(&body, Some(title), &rules).expect("a story"));
    }
}

#[test]
fn a_story_loses_its_boilerplate_as_text_and_as_a_page() {
    let cleaned = Cleaned {
        title: "Boats for the river",
        begins: "Moldova’s ambassador to Norway has asked",
        keeps: [
            "Moldova’s wishes and Norway’s doubts\n",
            "will not close village markets.\n",
        ],
        ends: "Norwegian Foreign Minister Marit Solem added.",
        loses: [
            "YouTube",
            "subscribe",
            "input from the agency",
            "harbour report",
        ],
    };
    cleaned.assert_in_every_form(ENVOY);
}

#[test]
fn the_users_sample_loses_its_boilerplate_as_text_and_as_a_page() {
    let Some(text) = read_users_sample() else {
        return;
    };
    let cleaned = Cleaned {
        title: "Arms request",
        begins: "Pakistan’s ambassador to the United States has asked",
        keeps: [
            "Pakistan’s request to the United States\n",
            "will not displace local residents.\n",
        ],
        ends: "freedom of association and the right to peaceful assembly,” he added.",
        loses: [
            "YouTube",
            "subscribe",
            "input from the agency",
            "dawn report",
        ],
    };
    cleaned.assert_in_every_form(&text);
}

#[test]
fn a_wall_is_no_article() {
    let consent = "<html><head><title>Before you continue</title></head><body><p>We use cookies and data to deliver our services, and ask you to accept them.</p></body></html>";
    assert_eq!(page(consent), Err(ArticleError::Walled(Wall::Consent)));
    let challenge = "<html><head><title>Just a moment...</title></head><body><p>Checking your browser before accessing the site, this takes a few seconds only.</p></body></html>";
    assert_eq!(page(challenge), Err(ArticleError::Walled(Wall::Challenge)));
    let bytes = Page {
        bytes: challenge.as_bytes(),
        ..Page::default()
    };
    assert_eq!(
        read(&bytes, &Rules::shipped(), &SiteRules::default())
            .expect("readable")
            .wall,
        Some(Wall::Challenge)
    );
    assert_eq!(
        page("<html><body></body></html>"),
        Err(ArticleError::NoText)
    );
}

fn many(count: usize, piece: impl Fn(usize) -> String) -> String {
    (0..count).map(piece).collect()
}

#[test]
fn pages_beyond_a_bound_are_refused() {
    let complex = |html: &str| matches!(page(html), Err(ArticleError::TooComplex { .. }));
    assert!(complex(&"<div>".repeat(200_000)));
    assert!(complex(&"<ul><li>".repeat(130_000)));
    assert!(complex(&many(80_000, |i| format!("<font color={i}>"))));
    assert!(complex(&"<table><tr><td>".repeat(100_000)));
    let formats = many(200, |i| format!("<b id={i}>"));
    assert!(complex(&format!("<p>{formats}{}", "<p>x".repeat(20_000))));
    assert!(complex(&format!(
        "<p {}>",
        many(300_000, |i| format!("a{i}=1 "))
    )));
    assert!(complex(&"a word, ".repeat(1_300_000)));
}

#[test]
fn large_but_honest_pages_are_read() {
    let paragraphs = many(20_000, |i| {
        format!(
            "<p>On day {i} the minister said that the talks would go on, and that nobody should expect an end.</p>"
        )
    });
    let article = page(&paragraphs).expect("a story");
    assert_eq!(article.paragraphs.len(), 20_000);
    let wide = "a word, ".repeat(600_000);
    assert!(page(&format!("<p>{wide}</p>")).is_ok());
    let links = "<a href=x>Talks go on</a> ".repeat(40_000);
    assert!(matches!(
        page(&format!("<div>{links}</div>")),
        Ok(_) | Err(ArticleError::NoText)
    ));
}

/// A page with pieces cut out, doubled, moved or replaced.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        0..HARBOUR.len(),
        0..200usize,
        prop::collection::vec(any::<u8>(), 0..12),
        any::<bool>(),
    );
    prop::collection::vec(edit, 0..8).prop_map(|edits| {
        let mut bytes = HARBOUR.as_bytes().to_vec();
        for (at, length, new, twice) in edits {
            let start = at.min(bytes.len());
            let end = (start + length).min(bytes.len());
            let mut piece = new;
            if twice {
                piece.extend_from_within(..);
                piece.extend_from_slice(&bytes[start..end]);
                piece.extend_from_slice(&bytes[start..end]);
            }
            bytes.splice(start..end, piece);
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_mutated_page_never_panics_and_is_read_the_same_twice(bytes in mutated()) {
        let rules = Rules::shipped();
        let page = Page { bytes: &bytes, ..Page::default() };
        let once = read(&page, &rules, &SiteRules::default());
        if let Ok(article) = &once {
            assert_spans(article);
        }
        prop_assert_eq!(once, read(&page, &rules, &SiteRules::default()));
    }

    #[test]
    fn any_text_keeps_its_spans(text in "(\\PC{0,60}\n){0,12}") {
        assert_spans(&from_text(&text, None, &Rules::shipped()));
    }
}

const STORY: [&str; 4] = [
    "The school board of the island decided on Monday to move all classes to the new building, after two winters of repairs.",
    "Headmistress Ada Quill, whose office has moved already, said the rooms were dry and the stoves had been tried out.",
    "Parents on the far shore expect a longer way in the morning, and some of them have asked for a second boat.",
    "The first lessons are planned for September, when the fire brigade should have looked at the stairs once more.",
];

fn paragraphs(lines: &[&str]) -> String {
    lines.iter().map(|line| format!("<p>{line}</p>")).collect()
}

fn story_of(html: &str) -> Vec<String> {
    let article = page(html).expect("a story");
    article.text.lines().map(str::to_owned).collect()
}

#[test]
fn the_next_article_below_never_takes_the_place_of_the_one_under_the_headline() {
    let other = "The harbour theatre has chosen a young director as its new head, after a search of many months.";
    let html = format!(
        "<title>School moves to new building</title><main><article class='story'><h1>School moves to new building</h1>{}</article>\
         <div class='more'><article class='story'><h1>Theatre finds a head</h1>{}</article></div></main>",
        paragraphs(&STORY),
        paragraphs(&[other; 9])
    );
    assert_eq!(story_of(&html), STORY);
}

#[test]
fn a_lead_beside_the_box_of_the_story_is_part_of_it() {
    let html = format!(
        "<title>School moves to new building</title><main><h1>School moves to new building</h1><div class='free'>{}</div>\
         <div class='walled'>{}</div></main>",
        paragraphs(&STORY[..1]),
        paragraphs(&STORY[1..])
    );
    assert_eq!(story_of(&html), STORY);
}

#[test]
fn a_standfirst_set_apart_has_a_key_of_its_own() {
    let html = format!(
        "<title>School moves to new building</title><article><h1>School moves to new building</h1>\
         <h2 class='standfirst'>Pupils will ride the ferry for twelve minutes from September</h2>{}</article>",
        paragraphs(&STORY)
    );
    let article = page(&html).expect("a story");
    let standfirst = article.standfirst.expect("a standfirst");
    assert_eq!(
        (standfirst.text.as_str(), standfirst.start),
        (
            "Pupils will ride the ferry for twelve minutes from September",
            None
        )
    );
    assert_eq!(article.text.lines().collect::<Vec<_>>(), STORY);
}

#[test]
fn the_entries_of_a_live_blog_stay_apart_from_the_story_above_them() {
    let entry = "<div data-sort-time='1'><p>The board has begun to vote on the plan to move the school.</p></div>";
    let html = format!(
        "<title>School move: live</title><article><h1>School move: live</h1>{}{}</article>",
        paragraphs(&STORY),
        entry.repeat(5)
    );
    assert_eq!(story_of(&html), STORY);
}

#[test]
fn words_inside_a_sentence_are_never_lost() {
    let html = format!(
        "<title>School moves to new building</title><article><h1>School moves to new building</h1>{}\
         <p>Envoys of <span class='tooltip'>OPEC<span style='display:none'>the oil states</span></span> asked the \
         <button>chairman</button> of the bank: <q>Will you lend us money?</q> Nobody spoke.<sup>[1]</sup></p></article>",
        paragraphs(&STORY)
    );
    let last = story_of(&html).pop();
    assert_eq!(
        last.as_deref(),
        Some(
            "Envoys of OPEC asked the chairman of the bank: “Will you lend us money?” Nobody spoke."
        )
    );
}

#[test]
fn a_story_in_a_template_or_in_the_data_of_a_script_is_found() {
    let head = "<title>School moves to new building</title><body>";
    let template = format!("{head}<template>{}</template>", paragraphs(&STORY));
    let shadow = format!(
        "{head}<x-y><template shadowrootmode=open>{}</template></x-y>",
        paragraphs(&STORY)
    );
    let data = serde_json::json!({ "props": { "article": { "body": paragraphs(&STORY) } } });
    let script = format!("{head}<script type='application/json'>{data}</script>");
    let without = format!("{head}<noscript>{}</noscript>", paragraphs(&STORY));
    for html in [template, shadow, script, without] {
        assert_eq!(story_of(&html), STORY, "{html}");
    }
}

#[test]
fn a_page_that_is_no_article_says_what_it_is() {
    let wall = |title: &str, line: &str| {
        page(&format!(
            "<title>{title}</title><h1>{title}</h1><p>{line}</p>"
        ))
    };
    let lost =
        "We have looked for this page and did not find it; perhaps it has a new address, or none.";
    assert_eq!(
        wall("Page not found", lost),
        Err(ArticleError::Walled(Wall::NotFound))
    );
    let log_in =
        "Please enter your address and the word that you chose when you joined the service.";
    assert_eq!(
        wall("Log in", log_in),
        Err(ArticleError::Walled(Wall::LogIn))
    );
    let long = format!(
        "<title>Page not found: a short history</title>{}{}",
        paragraphs(&STORY),
        paragraphs(&STORY.map(|line| line.trim_end_matches('.')))
    );
    assert!(page(&long).is_ok());
}

#[test]
fn a_name_beside_its_portrait_is_the_author_where_nobody_is_named() {
    let html = format!(
        "<title>School moves to new building</title><main><h1>School moves to new building</h1>\
         <div><img alt='Ida Lund' src='i.jpg'><div>Ida Lund</div></div><div>{}</div></main>",
        paragraphs(&STORY)
    );
    assert_eq!(page(&html).expect("a story").authors, ["Ida Lund"]);
}

#[test]
fn a_page_that_was_encoded_twice_is_read_as_it_was_meant() {
    let html = format!(
        "<title>Schule zieht um</title><main><h1>Schule zieht um</h1><div>{}</div><p>{}</p></main>",
        paragraphs(&STORY),
        "Die Schüler freuen sich, und die Stadt prüft nun, was aus dem alten Haus werden könnte."
    );
    let twice: String = html.bytes().map(char::from).collect();
    let text = page(&twice).expect("a story").text;
    assert!(text.contains("prüft nun"), "{text}");
}

#[test]
fn the_caption_that_a_picture_says_too_is_no_line_of_the_story() {
    let caption = "The head of the school at the door of the new building";
    let html = format!(
        "<title>School moves to new building</title><main><h1>School moves to new building</h1><div>{}\
         <div><img alt='{caption}' src='i.jpg'><p>{caption} The Courier</p></div>{}</div></main>",
        paragraphs(&STORY[..1]),
        paragraphs(&STORY[1..])
    );
    assert_eq!(story_of(&html), STORY);
}
