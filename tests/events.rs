//! What the coder promises of events, over whole texts.

use std::{fs, io::Write as _, path::Path};

use dateline::{
    event::{ActorFile, Coder, LexiconSource, Publish, Story, content_hash, line},
    record::{Actor, Event, Span},
};

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

fn sample() -> Option<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/seed");
    let files = fs::read_dir(&folder).ok().into_iter().flatten().flatten();
    let text = files
        .map(|file| file.path())
        .find(|path| path.extension().is_some_and(|end| end == "txt"));
    if text.is_none() {
        let _told = writeln!(
            std::io::stderr(),
            "skipped: no sample in {}",
            folder.display()
        );
    }
    fs::read_to_string(text?).ok()
}

#[test]
fn every_line_of_the_lexicon_reads_its_own_example() {
    let coder = coder();
    let mut wrong = Vec::new();
    for (rule, example, kind, want) in coder.examples() {
        let events = coder.code(&Story::of_text(example));
        let wanted = format!("{want} {kind}");
        if !events
            .iter()
            .any(|event| event.modality == "asserted" && triple(event) == wanted)
        {
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

#[test]
fn the_sample_tells_of_two_requests_and_of_support() {
    let Some(text) = sample() else { return };
    let found = published(&text, None)
        .iter()
        .map(triple)
        .collect::<Vec<_>>();
    for wanted in ["PAK>USA REQUEST", "USA>PAK SUPPORT", "USA>PAK REQUEST"] {
        assert!(
            found.iter().any(|triple| triple == wanted),
            "no {wanted} in {found:?}"
        );
    }
}

#[test]
fn the_sample_tells_of_nothing_that_is_denied_or_general() {
    let Some(text) = sample() else { return };
    for event in published(&text, None) {
        let sentence = event.sentence.text.as_deref().unwrap_or_default();
        let forbidden = [
            "will not displace",
            "acts of terror",
            "Violence or threats",
            "implemented soon",
        ];
        assert!(
            !forbidden.iter().any(|words| sentence.contains(words)),
            "{}",
            line(&event, false)
        );
        assert!(
            !(event.r#type == "ASSAULT" && sentence.contains("terror attacks")),
            "{}",
            line(&event, false)
        );
    }
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
