//! What stands beside the story, above it or in the middle of it, and is no part of it.

use super::{STORY, paragraphs, story_of};

const TITLE: &str = "<title>School moves to new building</title>";
const HEADLINE: &str = "<h1>School moves to new building</h1>";

/// What a longer story goes on with.
const MORE: [&str; 4] = [
    "The mayor, who had promised the move before the vote of last year, thanked the parents for waiting, and the smiths for the stairs.",
    "Two members of the board voted against it, since the boat, they said, cannot land when the wind comes from the north.",
    "In March, when the stoves failed for the third time, ninety pupils, seven teachers and a cook had worked in the town hall.",
    "The old house, which the town wants to keep, may become a library, a theatre, or the office of the ferry, the mayor said.",
];

fn long_story() -> Vec<&'static str> {
    [&STORY[..], &MORE[..]].concat()
}

#[test]
fn a_box_of_facts_is_no_part_of_the_story_also_where_the_data_hold_it() {
    let facts = [
        "The old school was built in 1911 for ninety children and has been mended four times since then.",
        "The island has had a ferry since 1952; before that, pupils stayed with families on the other shore.",
        "A school on the island may stay open while it has twenty pupils, says a law of the year 1998.",
    ];
    let facts = facts.map(|fact| format!("{fact} {fact}"));
    let facts: Vec<&str> = facts.iter().map(String::as_str).collect();
    let story = long_story();
    let told = [&story[..], &facts[..]].concat().join(" ");
    let html = format!(
        "{TITLE}<script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"headline\":\"School moves to new \
         building\",\"articleBody\":\"{told}\"}}</script><article>{HEADLINE}{}\
         <div class='vale-factbox'><h2>The school in numbers</h2>{}</div>{}</article>",
        paragraphs(&story[..2]),
        paragraphs(&facts),
        paragraphs(&story[2..])
    );
    assert_eq!(story_of(&html), story);
}

#[test]
fn a_list_of_headlines_with_kickers_goes_and_a_list_of_facts_stays() {
    let list = |items: [&str; 2]| format!("<ul><li>{}</li><li>{}</li></ul>", items[0], items[1]);
    let with = |list: String| {
        format!(
            "{TITLE}<article>{HEADLINE}{}{list}{}</article>",
            paragraphs(&STORY[..2]),
            paragraphs(&STORY[2..])
        )
    };
    let teasers = list([
        "<strong>Harbour: </strong><a href='/harbour'>The old pier is to be torn down in May</a>",
        "<strong>Ferry: </strong><a href='/ferry'>A second boat would cost two million</a>",
    ]);
    assert_eq!(story_of(&with(teasers)), STORY);
    let facts = list([
        "Pupils: <a href='/count'>ninety</a> in the year before the move",
        "Teachers: <a href='/staff'>seven</a>, two of whom live on the shore",
    ]);
    assert_eq!(story_of(&with(facts)).len(), STORY.len() + 2);
}

#[test]
fn headings_that_link_to_other_articles_go_where_they_stand_together() {
    let heading = |to: &str, text: &str| format!("<h3><a href='{to}'>{text}</a></h3>");
    let with = |one: &str, other: &str| {
        format!(
            "{TITLE}<article>{HEADLINE}{}{}{}{}</article>",
            paragraphs(&STORY[..2]),
            heading(one, "The old pier is to be torn down"),
            heading(other, "A second boat would cost two million"),
            paragraphs(&STORY[2..])
        )
    };
    assert_eq!(story_of(&with("/pier", "/boat")), STORY);
    // Those of the story's own sections stay.
    assert_eq!(story_of(&with("#pier", "#boat")).len(), STORY.len() + 2);
}

#[test]
fn what_a_link_says_to_those_who_listen_is_no_word_of_the_story() {
    let html = format!(
        "{TITLE}<article>{HEADLINE}{}<p>The plan is <a href='https://plan.test/'>in the library (opens in a new tab)</a>, \
         and (as always) at the town hall.</p></article>",
        paragraphs(&STORY)
    );
    assert_eq!(
        story_of(&html).pop().as_deref(),
        Some("The plan is in the library, and (as always) at the town hall.")
    );
}

#[test]
fn what_stands_above_the_headline_in_the_box_of_the_story_goes() {
    let html = format!(
        "{TITLE}<article><div>The school on the hill, seen from the ferry last week.</div>{HEADLINE}{}</article>",
        paragraphs(&STORY)
    );
    assert_eq!(story_of(&html), STORY);
}

#[test]
fn a_deck_that_is_a_sentence_of_the_story_too_stays_there() {
    let html = format!(
        "{TITLE}<article>{HEADLINE}<h2>{}</h2>{}</article>",
        STORY[1],
        paragraphs(&STORY)
    );
    assert_eq!(story_of(&html), STORY);
}

#[test]
fn the_story_again_for_machines_is_no_part_of_it() {
    let story = long_story();
    let html = format!(
        "{TITLE}<article>{HEADLINE}{}</article><div style='display:none' itemscope itemtype='http://schema.org/NewsArticle'>\
         <h1>School moves</h1><div itemprop='articleBody'>School: {} And so on.</div></div>",
        paragraphs(&story),
        story.join(" ")
    );
    assert_eq!(story_of(&html), story);
}

#[test]
fn a_sentence_with_a_long_link_stays_where_it_tells_something_itself() {
    let told = "Posted on a page by the analysts of a magazine for parents, the plan for the island is not at all \
                what the parents on the far shore were shown in the spring.";
    let linked = told.replace(
        "Posted on a page by the analysts of a magazine for parents",
        "<a href='/page'>Posted on a page by the analysts of a magazine for parents</a>",
    );
    let html = format!(
        "{TITLE}<article>{HEADLINE}{}<p>{linked}</p>{}</article>",
        paragraphs(&STORY[..2]),
        paragraphs(&STORY[2..])
    );
    assert!(story_of(&html).iter().any(|line| line == told));
}
