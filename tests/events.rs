//! What the coder promises of events, over whole texts.

use std::sync::LazyLock;

use dateline::{
    event::{ActorFile, Coder, LexiconSource, Publish, Story, content_hash, line},
    record::{Actor, Event, Span},
};
use proptest::{prelude::*, sample::select, strategy::ValueTree as _};
use serde_json::Value;

use crate::support::samples::{ENVOY, read_users_sample};

fn coder() -> Coder {
    Coder::new(&LexiconSource::embedded(), &[]).expect("the embedded lexicon has no faults")
}

fn published(text: &str, day: Option<&str>) -> Vec<Event> {
    let mut story = Story::of_text(text);
    story.published.day = day.map(|day| day.parse().expect("a day"));
    let publish = Publish::default();
    coder()
        .code(&story)
        .into_iter()
        .filter(|event| publish.allows(event))
        .collect()
}

fn codes(actors: &[Actor]) -> String {
    let list = actors
        .iter()
        .filter_map(|a| a.country.as_deref().or(a.group.as_deref()))
        .collect::<Vec<_>>();
    if list.is_empty() {
        "-".to_owned()
    } else {
        list.join(",")
    }
}

fn triple(event: &Event) -> String {
    format!(
        "{}>{} {}",
        codes(&event.actors),
        codes(&event.recipients),
        event.r#type
    )
}

#[test]
fn every_line_of_the_lexicon_reads_its_own_example() {
    let coder = coder().by_lexicon_alone();
    let mut wrong = Vec::new();
    for (rule, example, kind, want) in coder.examples() {
        let events = coder.code(&Story::of_text(example));
        let wanted = format!("{want} {kind}");
        let asserted = || events.iter().filter(|event| event.modality == "asserted");
        let read = if kind == "-" {
            asserted().next().is_none()
        } else {
            asserted().any(|event| triple(event) == wanted)
        };
        if !read {
            wrong.push(format!(
                "{rule}: {example} wants {wanted}, reads {:?}",
                events.iter().map(triple).collect::<Vec<_>>()
            ));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} lines:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Asserts that an event is found for each actor's country, recipient's country and type.
fn assert_tells(text: &str, wanted: [[&str; 3]; 3]) {
    let events = published(text, None);
    let has = |actors: &[Actor], country: &str| {
        actors
            .iter()
            .any(|actor| actor.country.as_deref() == Some(country))
    };
    for [actor, recipient, kind] in wanted {
        let told = events.iter().any(|event| {
            event.r#type == kind && has(&event.actors, actor) && has(&event.recipients, recipient)
        });
        let found: Vec<String> = events.iter().map(triple).collect();
        assert!(told, "no {actor}>{recipient} {kind} in {found:?}");
    }
}

/// Asserts that no event comes from sentences with these words, and no attack from one with `raids`.
fn assert_tells_nothing_of(text: &str, denied: [&str; 4], raids: &str) {
    for event in published(text, None) {
        let sentence = event.sentence.text.as_deref().unwrap_or_default();
        let is_denied = denied.iter().any(|words| sentence.contains(words));
        assert!(!is_denied, "{}", line(&event, false));
        let is_general = event.r#type == "ASSAULT" && sentence.contains(raids);
        assert!(!is_general, "{}", line(&event, false));
    }
}

#[test]
fn a_story_tells_of_two_requests_and_of_support() {
    let wanted = [
        ["MDA", "NOR", "REQUEST"],
        ["NOR", "MDA", "SUPPORT"],
        ["NOR", "MDA", "REQUEST"],
    ];
    assert_tells(ENVOY, wanted);
}

#[test]
fn the_sample_tells_of_two_requests_and_of_support() {
    let Some(text) = read_users_sample() else {
        return;
    };
    let wanted = [
        ["PAK", "USA", "REQUEST"],
        ["USA", "PAK", "SUPPORT"],
        ["USA", "PAK", "REQUEST"],
    ];
    assert_tells(&text, wanted);
}

#[test]
fn a_story_tells_of_nothing_that_is_denied_or_general() {
    let denied = [
        "will not close",
        "never to be excused",
        "threats of raids",
        "opened soon",
    ];
    assert_tells_nothing_of(ENVOY, denied, "armed raids");
}

#[test]
fn the_sample_tells_of_nothing_that_is_denied_or_general() {
    let Some(text) = read_users_sample() else {
        return;
    };
    let denied = [
        "will not displace",
        "acts of terror",
        "Violence or threats",
        "implemented soon",
    ];
    assert_tells_nothing_of(&text, denied, "terror attacks");
}

#[test]
fn every_span_is_the_text_it_claims() {
    let text = "“Grüße,” said the Königin.\nOn Friday, Iran’s army shelled Sarajevo in Bosnia, killing at least 12 people, officials said.\nTurkey accused Greece of spying on 12 June.";
    let scalars = text.chars().collect::<Vec<_>>();
    let holds = |span: &Span| scalars[span.start..span.end].iter().collect::<String>() == span.text;
    let mut story = Story::of_text(text);
    story.published.day = Some("2024-06-29".parse().expect("a day"));
    let events = coder().code(&story);
    assert!(events.len() >= 2, "{events:?}");
    for event in &events {
        assert!(holds(&event.trigger));
        assert!(event.date.phrase.as_ref().is_none_or(holds));
        for actor in event
            .actors
            .iter()
            .chain(&event.recipients)
            .filter(|actor| !actor.implied)
        {
            let (text, start, end) = (actor.text.clone(), actor.start, actor.end);
            let span =
                text.zip(start.zip(end))
                    .map(|(text, (start, end))| Span { text, start, end });
            assert!(span.as_ref().is_some_and(holds), "{actor:?}");
        }
    }
}

#[test]
fn what_is_denied_planned_or_feared_is_held_back() {
    for text in [
        "Israel did not bomb Lebanon.",
        "If Iran attacks Israel, prices will rise.",
        "China could invade Taiwan.",
        "Such attacks on Kenya are never acceptable.",
        "Did Chad attack Sudan?",
    ] {
        assert_eq!(
            published(text, None).iter().map(triple).collect::<Vec<_>>(),
            Vec::<String>::new(),
            "{text}"
        );
    }
}

#[test]
fn a_weekday_is_the_last_one_before_publication() {
    let events = published(
        "Turkey accused Greece of spying on Tuesday.",
        Some("2024-06-29"),
    );
    let date = &events.first().expect("an event").date;
    assert_eq!(
        date.start.map(|day| day.to_string()).as_deref(),
        Some("2024-06-25")
    );
    assert_eq!(date.source.as_deref(), Some("text"));
}

#[test]
fn a_city_carries_coordinates_and_a_country_none() {
    let events = published(
        "Israeli troops arrested a Syrian man in Damascus.\nPolice arrested a Chilean man in Peru.",
        None,
    );
    let place = |at: usize| {
        events
            .get(at)
            .and_then(|event| event.location.clone())
            .expect("a place")
    };
    assert_eq!(
        (place(0).level.as_str(), place(0).lat.is_some()),
        ("city", true)
    );
    assert_eq!(
        (place(1).level.as_str(), place(1).lat, place(1).lon),
        ("country", None, None)
    );
}

#[test]
fn the_same_act_told_twice_is_one_event_with_a_mention() {
    let events = published(
        "Ukraine accused Russia of shelling a hospital.\nUkraine accused Russia again.",
        None,
    );
    assert_eq!(
        events.iter().map(triple).collect::<Vec<_>>(),
        ["UKR>RUS ACCUSE"]
    );
    assert_eq!(events[0].mentions.len(), 1);
}

#[test]
fn coding_twice_gives_the_same_ids_and_contents() {
    let text = "Ukraine accused Russia of shelling a hospital.\nFrance called on Israel to stop.";
    let (first, again) = (published(text, None), published(text, None));
    assert_eq!(first, again);
    let mut revised = first[0].clone();
    revised.revision = 2;
    revised.status = "revised".to_owned();
    assert_eq!(content_hash(&revised), content_hash(&first[0]));
    assert_ne!(content_hash(&first[0]), content_hash(&first[1]));
}

#[test]
fn a_users_own_actors_are_known() {
    let own = ActorFile {
        name: "own.tsv".to_owned(),
        text: "name\tcountry\tsectors\nGondor\tGON\t\nArnor\tARN\t\n".to_owned(),
    };
    let coder = Coder::new(&LexiconSource::embedded(), &[own]).expect("no faults");
    let found = coder
        .code(&Story::of_text("Gondor accused Arnor of treason."))
        .iter()
        .map(triple)
        .collect::<Vec<_>>();
    assert_eq!(found, ["GON>ARN ACCUSE"]);
}

#[test]
fn all_faults_of_a_lexicon_are_named_with_file_and_line() {
    let frames = "lemma\tpos\tpattern\ttype\tmode\tcameo\troles\tweight\texample\twant\nask\tv\t\tREQUEST\t\t\tS>obj\tmuch\tx\t-\nask\tv\t{nothing}\tREQUEST\t\t\tS>obj\t0.5\tx\t-\nask\tv\t\tWISH\t\t\tS>obj\t0.5\tx\t-\n";
    let error = Coder::new(&LexiconSource::embedded().with("frames.tsv", frames), &[])
        .expect_err("three faults")
        .to_string();
    for place in ["frames.tsv:2:", "frames.tsv:3:", "frames.tsv:4:"] {
        assert!(error.contains(place), "{error}");
    }
}

#[test]
fn a_hostile_text_is_coded_without_a_panic() {
    for text in [
        "",
        "\n\n",
        "“",
        "'s 's of the of",
        "Iran",
        "to to to attack",
        &"Iran attacked ".repeat(2_000),
        "İİİ accused ǅǅ of \u{301}\u{301}",
    ] {
        coder().code(&Story::of_text(text));
    }
}

/// Who may stand in a sentence, letters beyond the Basic Multilingual Plane among them.
const WHO: [&str; 14] = [
    "Turkey",
    "Greek police",
    "Iran’s army",
    "President 𝒜da Øst",
    "the United States",
    "Hamas",
    "Prime Minister Tony Blair",
    "rebels in Colombia",
    "The Königin of Denmark",
    "protesters",
    "They",
    "𐍈ulf 🦊 of Norway",
    "officials from Chile and Peru",
    "Le\u{301}a, the Québec minister,",
];
const WHERE: [&str; 7] = [
    "Quetta",
    "Sarajevo",
    "S\u{e3}o Paulo",
    "the 🏔 valley",
    "Damascus",
    "Kenya",
    "İzmir",
];
const WHEN: [&str; 6] = [
    "on Friday",
    "on 12 June",
    "yesterday",
    "last week",
    "in May 2019",
    "at 😀 o’clock",
];
/// A, B: who; C: where; D: when.
const TOLD: [&str; 16] = [
    "A accused B of spying D.",
    "A bombed a market in C D, killing at least 12 people and wounding 30.",
    "“We will never 𝕒ccept this,” A said, and B arrested 14 men in C.",
    "A and B signed an agreement in C D.",
    "B were attacked by A near C; the attack killed five people.",
    "D A called on B to withdraw from C.",
    "A said that B had shelled C, officials said.",
    "\"A rejects it\", B said D — and left.",
    "If A attacks B, C will burn.",
    "A did not praise B.",
    "Thousands of people protested against A in C 🕊️ D.",
    "A (B) visited C - and met B there D.",
    "A’s attack on B, the third in C, was condemned by A.",
    "C, D: A thanked B for 3,000 tents.",
    "The accusation by A against B was repeated D.",
    "👩‍👩‍👧‍👦 A sent aid to B; B thanked A.",
];

fn sentence() -> impl Strategy<Value = String> {
    let parts = (
        select(&TOLD[..]),
        select(&WHO[..]),
        select(&WHO[..]),
        select(&WHERE[..]),
        select(&WHEN[..]),
    );
    parts.prop_map(|(told, a, b, c, d)| {
        // Each letter stands for its part where it is a word of its own.
        let part = |word: &str| {
            let end = word
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(word.len());
            let with = match &word[..end] {
                "A" => a,
                "B" => b,
                "C" => c,
                "D" => d,
                _ => return word.to_owned(),
            };
            format!("{with}{}", &word[end..])
        };
        let words: Vec<String> = told.split(' ').map(part).collect();
        words.join(" ")
    })
}

fn story() -> impl Strategy<Value = String> {
    let paragraph = prop::collection::vec(sentence(), 1..6).prop_map(|told| told.join(" "));
    prop::collection::vec(paragraph, 1..6).prop_map(|paragraphs| paragraphs.join("\n"))
}

/// Every object of a record that has a start and an end, wherever it stands.
fn spans<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            if fields.get("start").is_some_and(Value::is_u64) {
                found.push(value);
            }
            fields.values().for_each(|field| spans(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| spans(item, found)),
        _ => {}
    }
}

/// What is wrong with the spans of an event, if anything is.
fn wrong_span(event: &Event, text: &[char]) -> Option<String> {
    let record = serde_json::to_value(event).expect("a record");
    let mut found = Vec::new();
    spans(&record, &mut found);
    assert!(found.len() >= 2, "a trigger and a sentence: {record}");
    let wrong = found.into_iter().find(|span| {
        let place = |key: &str| span[key].as_u64().and_then(|at| usize::try_from(at).ok());
        let said = place("start")
            .zip(place("end"))
            .and_then(|(start, end)| text.get(start..end));
        said.is_none_or(|said| {
            let said: String = said.iter().collect();
            span["text"].as_str().is_some_and(|text| text != said)
        })
    });
    wrong.map(ToString::to_string)
}

static CODER: LazyLock<Coder> = LazyLock::new(coder);

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_span_of_every_event_is_the_text_it_claims(text in story()) {
        let scalars: Vec<char> = text.chars().collect();
        let mut told = Story::of_text(&text);
        told.published.day = Some("2024-06-29".parse().expect("a day"));
        for event in CODER.code(&told) {
            prop_assert_eq!(wrong_span(&event, &scalars), None);
        }
    }
}

#[test]
fn stories_made_of_templates_do_tell_events() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let mut events = 0;
    for _ in 0..20 {
        let tree = story().new_tree(&mut runner).expect("a story");
        events += CODER.code(&Story::of_text(&tree.current())).len();
    }
    assert!(
        events > 40,
        "{events} events in 20 stories: the property is hardly tested"
    );
}

/// The first event of a text that was published on a day.
fn first(coder: &Coder, text: &str, day: &str) -> Event {
    let mut story = Story::of_text(text);
    story.published.day = Some(day.parse().expect("a day"));
    coder.code(&story).into_iter().next().expect("an event")
}

#[test]
fn who_held_an_office_is_told_by_the_day_of_the_article() {
    let own = ActorFile {
        name: "own.tsv".to_owned(),
        text: "name\tkind\tcountry\tsectors\tfrom\tto\n\
               Ada Ost\tperson\tNOR\tGOV\t2010-05\t2014-03-31\n\
               Ada Ost\tperson\tNOR\tLEG\t2014-04-01\t2018\n"
            .to_owned(),
    };
    let coder = Coder::new(&LexiconSource::embedded(), &[own]).expect("no faults");
    for (day, sector) in [
        ("2010-04-30", "ELI"),
        ("2010-05-01", "GOV"),
        ("2014-03-31", "GOV"),
        ("2014-04-01", "LEG"),
        ("2018-12-31", "LEG"),
        ("2019-01-01", "ELI"),
    ] {
        let event = first(&coder, "Ada Ost accused Greece of spying.", day);
        let actor = &event.actors[0];
        assert_eq!(actor.country.as_deref(), Some("NOR"), "{day}");
        assert_eq!(actor.sectors, [sector], "{day}");
    }
    let wrong = ActorFile {
        name: "own.tsv".to_owned(),
        text: "name\tcountry\tfrom\nGondor\tGON\tlong ago\n".to_owned(),
    };
    let refused = Coder::new(&LexiconSource::embedded(), &[wrong]).expect_err("no day");
    assert!(refused.to_string().starts_with("own.tsv:2:"), "{refused}");
}

#[test]
fn a_country_that_the_story_alone_suggests_for_a_name_that_nobody_listed_is_marked_as_inferred() {
    let text = "Chinese leaders met American senators in the United States.\nPresident Oswald Fenwick met Zhou Enlai in Peking.\n\
                Fenwick praised China.\nPolice in China arrested Oswald Fenwick.";
    let events = coder().code(&Story::of_text(text));
    let named = events
        .iter()
        .flat_map(|event| event.actors.iter().chain(&event.recipients))
        .filter(|actor| {
            actor
                .text
                .as_deref()
                .is_some_and(|text| text.ends_with("Fenwick"))
        });
    let named: Vec<_> = named.collect();
    assert!(!named.is_empty(), "{events:#?}");
    let inferred = |from: Option<&str>| from == Some("article");
    for actor in named {
        let is_marked = actor.country.is_none() || inferred(actor.country_from.as_deref());
        assert!(is_marked, "{actor:#?}");
    }
    let alone =
        "Vice-President Oswald Fenwick has declined to resign despite growing pressure in Kenya.";
    let event = first(&coder(), alone, "2024-06-29");
    let country = event.actors[0].country.as_deref();
    assert_eq!(country, Some("KEN"), "no other country is told of");
    for said in [
        "British President Oswald Fenwick praised China.",
        "President Oswald Fenwick of Britain praised China.",
        "Britain's President Oswald Fenwick praised China.",
    ] {
        let event = first(&coder(), said, "2024-06-29");
        assert_eq!(event.actors[0].country.as_deref(), Some("GBR"), "{said}");
    }
}

#[test]
fn a_state_is_of_no_other_country() {
    let events = published(
        "Iceland recognised the three states in Moscow on Monday.",
        None,
    );
    let states = events.iter().flat_map(|event| &event.recipients);
    for party in states.filter(|party| party.text.as_deref() == Some("states")) {
        assert_eq!(party.country, None, "{events:#?}");
    }
}
