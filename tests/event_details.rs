//! When, where, how many, who says so: what an event's own clause tells, and what stands in for it.

use dateline::{
    event::{Coder, LexiconSource, Story},
    record::{Count, Dateline, Event, Span},
};

fn code(text: &str, day: &str) -> Vec<Event> {
    let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("the lexicon has no faults");
    let mut story = Story::of_text(text);
    story.published.day = Some(day.parse().expect("a day"));
    coder.code(&story)
}

fn first(text: &str, day: &str, kind: &str) -> Event {
    let events = code(text, day);
    let found = events.iter().find(|event| event.r#type == kind);
    found
        .cloned()
        .unwrap_or_else(|| panic!("no {kind} in {text}: {events:#?}"))
}

/// First and last day and precision of a condemnation that a phrase dates, published on a Wednesday.
fn days(phrase: &str) -> (String, String, String) {
    let text = format!("Turkey condemned Greece {phrase}.");
    let date = first(&text, "2024-06-12", "ACCUSE").date;
    let day = |day: Option<jiff::civil::Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let told = date.phrase.is_some() && date.source.as_deref() == Some("text");
    assert!(told, "{phrase} is not read");
    (
        day(date.start),
        day(date.end),
        date.precision.unwrap_or_default(),
    )
}

#[test]
fn a_day_is_counted_from_publication_in_every_usual_form() {
    for (phrase, wanted) in [
        ("yesterday", "2024-06-11"),
        ("on Monday", "2024-06-10"),
        ("on Wednesday", "2024-06-12"),
        ("late Tuesday", "2024-06-11"),
        ("last night", "2024-06-11"),
        ("this morning", "2024-06-12"),
        ("two days ago", "2024-06-10"),
        ("a day earlier", "2024-06-11"),
        ("six hours ago", "2024-06-12"),
        ("on June 3", "2024-06-03"),
        ("on 3 June", "2024-06-03"),
        ("on June 3rd", "2024-06-03"),
        ("on the 3rd of June", "2024-06-03"),
        ("on Oct. 13", "2023-10-13"),
        ("on October 7", "2023-10-07"),
        ("on Sept. 11, 2023", "2023-09-11"),
        ("on Friday, June 7", "2024-06-07"),
        ("on 5 May 2023", "2023-05-05"),
    ] {
        let (start, end, precision) = days(phrase);
        assert_eq!((start.as_str(), end.as_str()), (wanted, wanted), "{phrase}");
        assert_eq!(precision, "day", "{phrase}");
    }
}

#[test]
fn weeks_months_and_years_keep_their_first_and_last_day() {
    for (phrase, start, end, precision) in [
        ("last week", "2024-06-03", "2024-06-09", "week"),
        ("the previous week", "2024-06-03", "2024-06-09", "week"),
        ("earlier this week", "2024-06-10", "2024-06-12", "week"),
        ("two weeks ago", "2024-05-27", "2024-06-02", "week"),
        ("in March", "2024-03-01", "2024-03-31", "month"),
        ("in late May", "2024-05-21", "2024-05-31", "month"),
        ("in mid-September", "2023-09-11", "2023-09-20", "month"),
        ("last month", "2024-05-01", "2024-05-31", "month"),
        ("three months ago", "2024-03-01", "2024-03-31", "month"),
        ("in April 2024", "2024-04-01", "2024-04-30", "month"),
        ("last year", "2023-01-01", "2023-12-31", "year"),
    ] {
        let (first, last, how) = days(phrase);
        assert_eq!(
            (first.as_str(), last.as_str(), how.as_str()),
            (start, end, precision),
            "{phrase}"
        );
    }
}

#[test]
fn a_past_act_is_never_later_than_its_telling() {
    for phrase in [
        "on December 24",
        "in November",
        "on Sunday",
        "this month",
        "this year",
    ] {
        let (start, end, _) = days(phrase);
        assert!(
            start.as_str() <= "2024-06-12" && end.as_str() <= "2024-06-12",
            "{phrase}: {start} {end}"
        );
    }
}

#[test]
fn the_day_is_that_of_the_act_and_not_of_what_is_told_beside_it() {
    let date = |text: &str, kind: &str| {
        let start = first(text, "2024-06-12", kind).date.start;
        start.map(|day| day.to_string()).unwrap_or_default()
    };
    let text = "Turkey said on Monday that Greek troops had shelled Izmir in late May.";
    assert_eq!(date(text, "ASSAULT"), "2024-05-21");
    let text = "After Greek troops attacked Turkey on Friday, Italy condemned Greece on Sunday.";
    assert_eq!(date(text, "ACCUSE"), "2024-06-09");
}

#[test]
fn the_place_is_one_of_the_acts_own_phrase() {
    for (text, kind, wanted) in [
        (
            "Police arrested two Chilean men in Berlin.",
            "COERCE",
            Some("Berlin"),
        ),
        (
            "Police arrested two Chilean men in the city of Hamburg.",
            "COERCE",
            Some("Hamburg"),
        ),
        (
            "Greek troops shelled Aleppo on Monday.",
            "ASSAULT",
            Some("Aleppo"),
        ),
        (
            "Turkey accused Greece of a raid in Damascus.",
            "ACCUSE",
            None,
        ),
        (
            "Vietnam accused China of harassing fishermen in the South China Sea.",
            "ACCUSE",
            None,
        ),
        (
            "Turkey will reject the plan unless Washington accuses Greece.",
            "ACCUSE",
            None,
        ),
    ] {
        let found = code(text, "2024-06-12");
        let event = found.iter().find(|event| event.r#type == kind);
        let place = event.and_then(|event| event.location.as_ref());
        assert_eq!(place.map(|place| place.name.as_str()), wanted, "{text}");
    }
}

#[test]
fn the_place_of_the_dateline_is_marked_and_is_in_no_key() {
    let text = "Turkish police arrested two Chilean men on Monday.";
    let coder = Coder::new(&LexiconSource::embedded(), &[]).expect("the lexicon has no faults");
    let plain = coder.code(&Story::of_text(text));
    let mut story = Story::of_text(text);
    story.dateline = Some(Dateline {
        place: Some("ISTANBUL".to_owned()),
        date: None,
    });
    let placed = coder.code(&story);
    let place = placed[0].location.as_ref().expect("the dateline's place");
    assert_eq!(
        (place.name.as_str(), place.from.as_str()),
        ("Istanbul", "dateline")
    );
    assert_eq!((place.text.as_ref(), place.start), (None, None));
    assert_eq!(placed[0].id, plain[0].id);
    assert_eq!(placed[0].dedup_key, plain[0].dedup_key);
}

fn range(count: Option<&Count>) -> Option<(u64, Option<u64>)> {
    count.map(|count| (count.min, count.max))
}

#[test]
fn the_dead_are_counted_where_the_text_counts_them() {
    for (text, wanted) in [
        (
            "Greek troops killed five people in Izmir.",
            Some((5, Some(5))),
        ),
        (
            "Greek troops attacked Turkey, killing at least 12 soldiers.",
            Some((12, None)),
        ),
        (
            "Greek troops killed a soldier in Izmir.",
            Some((1, Some(1))),
        ),
        (
            "Greek troops killed two soldiers and three civilians in Izmir.",
            Some((5, Some(5))),
        ),
        (
            "Greek troops killed dozens of people in Izmir.",
            Some((24, None)),
        ),
        (
            "Greek troops killed 10 to 15 soldiers in Izmir.",
            Some((10, Some(15))),
        ),
        (
            "Greek troops killed a 38-year-old man in Izmir.",
            Some((1, Some(1))),
        ),
        (
            "Greek troops fired 40 rockets at Izmir and killed nobody.",
            None,
        ),
    ] {
        let event = first(text, "2024-06-12", "ASSAULT");
        assert_eq!(range(event.size.dead.as_ref()), wanted, "{text}");
    }
}

#[test]
fn an_age_a_year_and_a_sum_count_nobody() {
    for text in [
        "Police in Turin arrested a 49-year-old man.",
        "Police in Turin arrested a man, 49, over $300 million.",
        "Police in Turin arrested a man in 2023.",
    ] {
        let arrested = first(text, "2024-06-12", "COERCE").size.arrested;
        assert!(
            arrested.as_ref().is_none_or(|count| count.max == Some(1)),
            "{text}: {arrested:?}"
        );
    }
    let text = "Police in Turin arrested fourteen men.";
    let arrested = first(text, "2024-06-12", "COERCE").size.arrested;
    assert_eq!(range(arrested.as_ref()), Some((14, Some(14))));
}

fn told(text: &str, kind: &str) -> Option<(String, Option<String>)> {
    let told = first(text, "2024-06-12", kind).attribution?;
    Some((told.kind, told.speaker.map(|speaker| speaker.text)))
}

#[test]
fn whoever_tells_an_act_is_named_and_is_no_party_of_it() {
    let by = |kind: &str, who: &str| Some((kind.to_owned(), Some(who.to_owned())));
    let text = "Greek troops attacked Turkey, Italian officials said.";
    assert_eq!(told(text, "ASSAULT"), by("reported", "Italian officials"));
    let text = "Italy maintained that Greek troops had attacked Turkey.";
    assert_eq!(told(text, "ASSAULT"), by("claimed", "Italy"));
    let text = "According to Italy, Greek troops attacked Turkey.";
    assert_eq!(told(text, "ASSAULT"), by("reported", "Italy"));
    assert_eq!(told("Greek troops attacked Turkey.", "ASSAULT"), None);
}

#[test]
fn what_somebody_denies_is_attributed_to_him_and_is_not_told_as_done() {
    let event = first(
        "Greece denied that its troops had attacked Turkey.",
        "2024-06-12",
        "ASSAULT",
    );
    assert_eq!(event.modality, "negated");
    let told = event.attribution.expect("who denies it");
    assert_eq!(
        (told.kind.as_str(), told.speaker.map(|who| who.text)),
        ("denied", Some("Greece".to_owned()))
    );
}

#[test]
fn the_words_quoted_are_those_that_carry_the_act() {
    let quote = |text: &str, kind: &str| {
        let span = first(text, "2024-06-12", kind).quote;
        span.map(|Span { text, .. }| text)
    };
    let text = "“Greek troops attacked Turkey at dawn,” Italian officials said.";
    assert_eq!(
        quote(text, "ASSAULT").as_deref(),
        Some("Greek troops attacked Turkey at dawn,")
    );
    let event = first(text, "2024-06-12", "ASSAULT");
    assert_eq!(
        event.attribution.map(|told| told.kind).as_deref(),
        Some("quoted")
    );
    assert_eq!(
        quote("Greek troops attacked Turkey at dawn.", "ASSAULT"),
        None
    );
}
