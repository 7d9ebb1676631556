//! Whom a phrase of a story means: country, sectors, and what tells them.

use dateline::event::cast::lesson::{Lesson, lessons};
use dateline::event::{ActorFile, Coder, LexiconSource, Story};
use dateline::record::Published;

fn coder() -> Coder {
    Coder::new(&LexiconSource::embedded(), &[]).expect("the built-in tables are whole")
}

/// The party that the last occurrence of some words in a story means.
fn read_with(coder: &Coder, title: &str, text: &str, words: &str) -> Lesson {
    let start = text.rfind(words).expect("the words are in the story");
    let story = Story {
        title: Some(title),
        published: Published {
            day: "2019-05-14".parse().ok(),
            ..Published::default()
        },
        ..Story::of_text(text)
    };
    let mut found = lessons(coder, &story, &[(start, start + words.len())]);
    found.remove(0).expect("the words are in a sentence")
}

fn country(text: &str, words: &str) -> String {
    read_with(&coder(), "", text, words).meant
}

fn sectors(text: &str, words: &str) -> Vec<String> {
    read_with(&coder(), "", text, words).sectors
}

#[test]
fn a_lone_surname_is_of_the_country_its_bearer_was_given_before() {
    let text = "Kenyan Health Minister Amos Wekesa visited a clinic in Kisumu on Monday. \
                Nurses from Uganda were there too. Wekesa accused the doctors of neglect.";
    assert_eq!(country(text, "Wekesa"), "KEN");
}

#[test]
fn a_name_in_apposition_is_of_the_country_of_its_office() {
    let text = "Tomas Brandvik, Norway's ambassador to Denmark, criticised the plan.";
    assert_eq!(country(text, "Tomas Brandvik"), "NOR");
}

#[test]
fn a_government_without_a_country_is_that_of_the_story() {
    let text = "Thousands of teachers marched through Lima on Tuesday. Peru has seen weeks of strikes. \
                The government rejected their demands.";
    assert_eq!(country(text, "The government"), "PER");
}

#[test]
fn the_state_of_georgia_and_the_country_are_told_apart() {
    let state = "Republican lawmakers in Georgia passed the bill in Atlanta. Democrats in Georgia opposed it.";
    assert_eq!(country(state, "Georgia"), "USA");
    let land = "Russian troops withdrew from Gori on Friday. Georgia accused Moscow of looting.";
    assert_eq!(country(land, "Georgia"), "GEO");
}

#[test]
fn a_given_name_or_a_surname_is_no_place() {
    let text = "Singer Brooke London offered her place to Israel Houghton.";
    assert_eq!(country(text, "Brooke London"), "");
    assert_eq!(country(text, "Israel Houghton"), "");
}

#[test]
fn the_spokesman_of_an_army_is_of_the_army() {
    let text = "A spokesman for the Chilean army denied the report.";
    assert_eq!(sectors(text, "A spokesman for the Chilean army"), ["MIL"]);
}

#[test]
fn a_title_before_a_name_tells_the_sector() {
    let text = "Judge Maria Silveira rejected the appeal in Lisbon.";
    assert_eq!(sectors(text, "Judge Maria Silveira"), ["JUD"]);
}

#[test]
fn a_users_own_actor_wins_over_whatever_else_speaks() {
    let own = ActorFile {
        name: "own.tsv".to_owned(),
        text: "name\tcountry\tsectors\nMordor\tMRD\tGOV\n".to_owned(),
    };
    let coder = Coder::new(&LexiconSource::embedded(), &[own]).expect("a name and a code");
    let text = "Soldiers of Mordor attacked a French village in France.";
    assert_eq!(
        read_with(&coder, "", text, "Soldiers of Mordor").meant,
        "MRD"
    );
}

#[test]
fn somebody_of_an_unlisted_name_is_not_of_the_country_beside_it_in_the_sentence() {
    let text =
        "The United States praised Colombia. Colombian President Luis Arboleda thanked Washington.";
    assert_eq!(country(text, "Colombian President Luis Arboleda"), "COL");
}

#[test]
fn the_west_and_leaders_of_a_part_of_the_world_are_of_no_country() {
    let text = "Russian troops left the town on Monday. President Vladimir Putin accused the West of lies.";
    assert_eq!(country(text, "the West"), "");
    let text =
        "Iran rejected the proposal on Monday. European leaders urged Iran to return to talks.";
    assert_eq!(country(text, "European leaders"), "");
    let text = "Mines in Western Australia closed on Monday.";
    assert_eq!(country(text, "Western Australia"), "AUS");
    let text = "Russia accused Western leaders of France of lies.";
    assert_eq!(country(text, "Western leaders of France"), "FRA");
}
