//! Kinds of sentence that coders of events are known to get wrong, each with sentences of our own.

use std::{collections::BTreeSet, sync::LazyLock};

use dateline::{
    event::{Coder, LexiconSource, Publish, Story},
    record::{Actor, Event},
};

static CODER: LazyLock<Coder> = LazyLock::new(|| {
    Coder::new(&LexiconSource::embedded(), &[]).expect("the embedded lexicon has no faults")
});

/// What is published of a text of 6 March 2024, a Wednesday.
fn published(text: &str) -> Vec<Event> {
    let mut story = Story::of_text(text);
    story.published.day = Some("2024-03-06".parse().expect("a day"));
    let publish = Publish::default();
    let mut events = CODER.code(&story);
    events.retain(|event| publish.allows(event));
    events
}

fn codes(actors: &[Actor]) -> String {
    let codes = actors
        .iter()
        .filter_map(|actor| actor.country.as_deref().or(actor.group.as_deref()))
        .collect::<BTreeSet<_>>();
    codes.into_iter().collect::<Vec<_>>().join(",")
}

fn named(actors: &[Actor]) -> String {
    let texts = actors.iter().filter_map(|actor| actor.text.as_deref());
    texts.collect::<Vec<_>>().join(", ")
}

/// Type, mode and the codes of both sides: `RETREAT/withdraw GBR>IRQ`.
fn written(event: &Event) -> String {
    let mode = event.mode.as_ref().map(|mode| format!("/{mode}"));
    format!(
        "{}{} {}>{}",
        event.r#type,
        mode.unwrap_or_default(),
        codes(&event.actors),
        codes(&event.recipients)
    )
}

fn lines(text: &str) -> Vec<String> {
    published(text).iter().map(written).collect()
}

#[test]
fn a_sentence_to_prison_is_a_conviction_and_an_arrest() {
    let told =
        lines("A court in Kenya sentenced a Ugandan minister to five years in prison on Tuesday.");
    assert_eq!(told, ["SANCTION/convict KEN>UGA", "COERCE/arrest KEN>UGA"]);
    let fined = lines("A court in Kenya sentenced a Ugandan minister to pay a fine on Tuesday.");
    assert_eq!(fined, ["SANCTION/convict KEN>UGA"]);
}

#[test]
fn a_surname_that_is_a_town_too_belongs_to_the_name() {
    let events = published(
        "On Monday the Norwegian foreign minister Lars Hagen condemned the Russian attack.",
    );
    let actors = events.first().map(|event| named(&event.actors));
    assert!(
        actors.is_some_and(|actors| actors.ends_with("Lars Hagen")),
        "{:?}",
        events.iter().map(written).collect::<Vec<_>>()
    );
}

/// Each text publishes an event that begins so.
fn publishes(cases: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for &(text, wanted) in cases {
        let (kind, sides) = wanted.split_once(' ').unwrap_or((wanted, ""));
        let lines = lines(text);
        let found = lines
            .iter()
            .any(|line| line.starts_with(kind) && line.ends_with(sides));
        if !found {
            wrong.push(format!("{text} wants {wanted}, gives {lines:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// No text publishes an event of one of the types.
fn withholds(types: &[&str], texts: &[&str]) {
    let mut wrong = Vec::new();
    for &text in texts {
        let lines = lines(text);
        let told = lines
            .iter()
            .any(|line| types.is_empty() || types.iter().any(|kind| line.starts_with(kind)));
        if told {
            wrong.push(format!("{text} gives {lines:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn aid_that_is_frozen_or_cut_is_a_sanction() {
    publishes(&[
        ("Sweden has frozen its aid to Mali.", "SANCTION SWE>MLI"),
        (
            "Norway froze all aid to Sudan on Friday.",
            "SANCTION NOR>SDN",
        ),
        (
            "Canada suspended its aid to Burma after the coup.",
            "SANCTION CAN>MMR",
        ),
    ]);
}

#[test]
fn troops_that_leave_a_country_withdraw_from_it() {
    publishes(&[
        (
            "The last French soldiers left Mali on Tuesday.",
            "RETREAT/withdraw FRA>MLI",
        ),
        (
            "Italian troops have withdrawn from Somalia.",
            "RETREAT/withdraw ITA>SOM",
        ),
    ]);
}

#[test]
fn all_of_several_actors_are_named() {
    publishes(&[
        (
            "The presidents of Chile, Peru and Ecuador condemned Venezuela.",
            "ACCUSE CHL,ECU,PER>VEN",
        ),
        (
            "Norway, Sweden and Finland accused Russia of spying.",
            "ACCUSE FIN,NOR,SWE>RUS",
        ),
    ]);
}

#[test]
fn accusations_by_different_people_are_different_events() {
    let text = "Senator Ted Cruz accused Joe Biden of weakness. The mayor of Chicago accused the police of racism.";
    let events = published(text);
    let accusations = events.iter().filter(|event| event.r#type == "ACCUSE");
    assert_eq!(accusations.count(), 2, "{:?}", lines(text));
}

#[test]
fn an_attack_by_one_side_is_no_telling_of_an_attack_on_it() {
    let text = "Boko Haram militants killed 80 villagers in Nigeria, Nigerian officials said. Shells fell on a camp in Cameroon, killing at least nine people.";
    for event in published(text) {
        let whose = named(&event.actors);
        assert!(
            event.mentions.is_empty() || !whose.contains("Boko Haram"),
            "{event:#?}"
        );
    }
}

#[test]
fn a_bombing_by_nobody_known_is_an_attack_where_it_happened() {
    let text = "Nine shoppers were killed when a bomb exploded in a market in Baghdad on Monday.";
    let events = published(text);
    let attack = events.iter().find(|event| event.r#type == "ASSAULT");
    let attack = attack.unwrap_or_else(|| panic!("no attack: {:?}", lines(text)));
    assert_eq!(attack.size.dead.as_ref().map(|count| count.min), Some(9));
    assert_eq!(codes(&attack.recipients), "IRQ");
    assert!(!named(&attack.actors).contains("shoppers"));
}

#[test]
fn a_state_of_the_usa_is_not_the_country_of_its_name() {
    for text in [
        "The governor of Georgia, Nathan Deal, criticised President Barack Obama in Savannah.",
        "The Georgia legislature accused the governor of Alabama of fraud.",
    ] {
        for event in published(text) {
            let all = format!("{},{}", codes(&event.actors), codes(&event.recipients));
            assert!(!all.contains("GEO"), "{text}: {}", written(&event));
        }
    }
}

#[test]
fn the_name_of_a_person_is_no_country() {
    withholds(
        &[],
        &[
            "Actress Paris Jordan gave her ticket to Chad Holland.",
            "Singer India Georgia thanked Austin Cuba for the song.",
        ],
    );
}

#[test]
fn wars_and_battles_of_words_and_markets_are_no_attacks() {
    withholds(
        &["ASSAULT"],
        &[
            "Labour in Britain promised a war on waste.",
            "Toyota is battling Volkswagen for the Chinese market.",
            "Pepsi attacked Coca-Cola with cheaper bottles in Mexico.",
        ],
    );
    withholds(
        &["THREATEN"],
        &["Trump will battle Senator Marco Rubio in the primaries."],
    );
}

#[test]
fn a_strike_of_workers_is_a_protest() {
    publishes(&[
        (
            "French nurses began a two-day strike on Monday.",
            "PROTEST FRA>",
        ),
        ("Italian pilots went on strike on Tuesday.", "PROTEST ITA>"),
    ]);
}

#[test]
fn a_plain_headline_of_an_attack_is_an_attack() {
    publishes(&[(
        "Turkey and Russia attack Syria: what happened overnight",
        "ASSAULT RUS,TUR>SYR",
    )]);
}

#[test]
fn sport_is_no_event() {
    withholds(
        &[],
        &[
            "Italy defeated Spain 2-0 on Sunday and will meet Germany in the semi-final.",
            "Brazil attacked the Chilean goal before Neymar struck late in Lima.",
            "England threatened the Danish defence in the second half.",
        ],
    );
}

#[test]
fn what_nobody_does_or_somebody_doubts_is_not_told_as_done() {
    withholds(
        &[],
        &[
            "None of the presidents of Chile has condemned Peru.",
            "Neither Norway nor Sweden has accused Russia.",
            "Experts doubt that Iran attacked the Saudi refinery.",
            "It is not true that Egypt bombed Libya.",
        ],
    );
}

#[test]
fn history_is_not_told_as_news() {
    withholds(
        &[],
        &[
            "Macau has grown since Portugal returned the territory to China.",
            "The novel tells how French troops attacked Russia in 1812.",
        ],
    );
}

#[test]
fn a_time_long_ago_in_a_clause_about_somebody_does_not_make_an_act_history() {
    let told = lines(
        "A court in Spain has issued an arrest warrant for two Moroccan men accused of a murder in Seville three years ago.",
    );
    assert_eq!(told, ["THREATEN/arrest ESP>MAR"]);
}

#[test]
fn whoever_is_condemned_for_an_attack_is_the_attacker() {
    let told = lines(
        "Germany denounced the Iranian attack against Israel on Sunday. Chancellor Olaf Scholz spoke in Berlin. \
         France sent aid. Germany condemned Russia's attack on Ukraine on Monday.",
    );
    for wanted in ["ACCUSE/disapprove DEU>IRN", "ACCUSE/disapprove DEU>RUS"] {
        assert!(told.iter().any(|line| line == wanted), "{told:?}");
    }
}

#[test]
fn whoever_makes_an_arrest_stands_behind_by() {
    let events = published("Peru welcomed the arrest of its former general by Spain on Monday.");
    let arrests = events.iter().filter(|event| event.r#type == "COERCE");
    for arrest in arrests {
        assert_eq!(written(arrest), "COERCE/arrest ESP>PER");
    }
}

#[test]
fn a_quoted_speaker_is_no_party_of_what_he_tells() {
    let text = "“Iran shelled our school,” the mayor of Erbil told the BBC.";
    let events = published(text);
    let attack = events.iter().find(|event| event.r#type == "ASSAULT");
    let attack = attack.unwrap_or_else(|| panic!("no attack: {:?}", lines(text)));
    assert_eq!(codes(&attack.actors), "IRN");
    let told = attack.attribution.as_ref().expect("who tells it");
    assert_eq!(told.kind, "quoted");
    assert!(attack.quote.is_some());
}

#[test]
fn the_country_of_a_thing_does_not_act() {
    for text in [
        "An Italian restaurant in Lima was criticised for its noise.",
        "A French film was condemned by critics in Cairo.",
    ] {
        for event in published(text) {
            let whose = codes(&event.actors);
            assert!(
                !whose.contains("ITA") && !whose.contains("FRA"),
                "{text}: {}",
                written(&event)
            );
        }
    }
}

#[test]
fn whoever_is_killed_is_no_killer() {
    let text = "Four Afghan farmers have been killed in a roadside bombing in Kandahar.";
    for event in published(text) {
        assert!(
            !named(&event.actors).contains("farmers"),
            "{}",
            written(&event)
        );
    }
    publishes(&[(
        "Two Syrian policemen were killed by Turkish troops.",
        "ASSAULT TUR>SYR",
    )]);
}

#[test]
fn a_protest_needs_nobody_it_is_against() {
    publishes(&[
        (
            "Students have been protesting in Chile for days.",
            "PROTEST CHL>",
        ),
        (
            "Two Kenyan senators led a protest march to the parliament in Nairobi on Monday.",
            "PROTEST KEN>",
        ),
    ]);
}

#[test]
fn a_surname_alone_that_opens_a_sentence_is_somebody() {
    let text = "Petrovic was charged with murder by Serbian prosecutors.";
    let events = published(text);
    assert!(
        events
            .iter()
            .any(|event| named(&event.recipients).contains("Petrovic")),
        "{:?}",
        lines(text)
    );
}

#[test]
fn a_clause_after_although_is_read_for_itself() {
    let text = "Denmark called for a ceasefire, although this was rejected by Turkey.";
    let lines = lines(text);
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("REQUEST") && line.contains("DNK>")),
        "{lines:?}"
    );
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("REJECT") && line.contains("TUR>")),
        "{lines:?}"
    );
}

#[test]
fn a_word_of_blame_in_quotation_marks_is_an_accusation() {
    publishes(&[(
        "The Italian minister called the French decision \"shameful\".",
        "ACCUSE ITA>FRA",
    )]);
}

#[test]
fn what_a_countrys_own_must_do_is_a_request() {
    publishes(&[(
        "Obama said Congress must pass the budget.",
        "REQUEST USA>USA",
    )]);
}

#[test]
fn we_is_whoever_speaks() {
    let text = "Canada strongly condemns the coup, and we call for the release of the prisoners.";
    let lines = lines(text);
    assert!(
        lines
            .iter()
            .any(|line| line.starts_with("REQUEST") && line.contains("CAN>")),
        "{lines:?}"
    );
}

#[test]
fn whom_is_the_one_who_is_asked() {
    let text = "Hughes, whom Senator Rand Paul urged to resign as chairman of the party, said he would stay.";
    let events = published(text);
    let asked = events.iter().find(|event| event.r#type == "REQUEST");
    let asked = asked.unwrap_or_else(|| panic!("no request: {:?}", lines(text)));
    assert!(named(&asked.actors).contains("Paul"));
    assert!(named(&asked.recipients).contains("Hughes"));
}

#[test]
fn the_subject_is_found_before_a_clause_about_it() {
    let text = "A group of teachers, angry that the Biden administration is closing schools, is urging the Department of Education to reopen them.";
    let events = published(text);
    let asked = events.iter().find(|event| event.r#type == "REQUEST");
    let asked = asked.unwrap_or_else(|| panic!("no request: {:?}", lines(text)));
    assert!(
        named(&asked.actors).contains("teachers"),
        "{}",
        named(&asked.actors)
    );
}

#[test]
fn a_day_without_a_year_lies_in_the_past() {
    let date = |text: &str| {
        let events = published(text);
        let start = events.first().and_then(|event| event.date.start);
        start.map(|day| day.to_string()).unwrap_or_default()
    };
    assert_eq!(
        date("Chad accused Sudan of the attack on November 9."),
        "2023-11-09"
    );
    let week = date("Rutte resigned as prime minister of the Netherlands the previous week.");
    assert!(
        ("2024-02-26".."2024-03-04").contains(&week.as_str()),
        "{week}"
    );
}

#[test]
fn an_age_is_no_count() {
    let events = published("Police in Madrid arrested a 34-year-old woman.");
    let arrest = events
        .iter()
        .find(|event| event.r#type == "COERCE")
        .expect("an arrest");
    let count = arrest.size.arrested.as_ref();
    assert!(count.is_none_or(|count| count.min == 1 && count.max == Some(1)));
}

#[test]
fn a_sea_is_not_the_country_in_its_name() {
    let text =
        "The Philippine president on Monday accused China of using force in the South China Sea.";
    for event in published(text) {
        let place = event
            .location
            .as_ref()
            .and_then(|place| place.country.as_deref());
        assert_ne!(place, Some("CHN"), "{}", written(&event));
    }
}

#[test]
fn people_of_a_kind_are_actors_by_their_noun() {
    let text = "Prison reformers are urging the Department of Justice to act.";
    let events = published(text);
    assert!(
        events
            .iter()
            .any(|event| named(&event.actors).contains("reformers")),
        "{:?}",
        lines(text)
    );
    publishes(&[(
        "Furious farm and dairy groups in France have slammed the plan of the government.",
        "ACCUSE FRA>FRA",
    )]);
}

#[test]
fn those_who_host_a_show_visit_nobody() {
    withholds(
        &["CONSULT"],
        &["CNN hosts and Democratic Reps. like Adam Schiff argued about the report."],
    );
}
