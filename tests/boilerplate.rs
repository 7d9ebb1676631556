//! The promise of the phrases: what asks for something goes, and no sentence of a story does, in any language.

use std::{fs, path::Path};

use dateline::{
    article::{Extracted, Page, Rules, read},
    config::SiteRules,
};

/// Ordinary sentences of news that begin or end as boilerplate does, a file a language.
const SENTENCES: &str = "tests/fixtures/articles/sentences";

fn article(language: &str, lines: &[&str]) -> Extracted {
    let paragraphs: String = lines.iter().map(|line| format!("<p>{line}</p>")).collect();
    let html = format!(
        "<!DOCTYPE html><html lang='{language}'><meta charset='utf-8'><title>Quarry road</title>\
         <body><article><h1>Quarry road</h1>{paragraphs}</article></body></html>"
    );
    let page = Page {
        bytes: html.as_bytes(),
        ..Page::default()
    };
    read(&page, &Rules::shipped(), &SiteRules::default()).expect("a small page")
}

#[test]
fn none_of_400_ordinary_sentences_is_cut() {
    let mut seen = 0;
    let mut cut = Vec::new();
    for file in fs::read_dir(Path::new(SENTENCES)).expect("the fixtures") {
        let path = file.expect("a file").path();
        let language = path.file_stem().and_then(|name| name.to_str());
        let language = language.expect("a language").to_owned();
        let text = fs::read_to_string(&path).expect("sentences");
        let sentences: Vec<&str> = text.lines().collect();
        seen += sentences.len();
        let read = article(&language, &sentences);
        let kept: Vec<&str> = read.text.lines().collect();
        for sentence in sentences.iter().filter(|said| !kept.contains(said)) {
            let rule = read.removed.iter().find(|gone| gone.text == **sentence);
            let rule = rule.map_or("unknown", |gone| gone.rule.as_str());
            cut.push(format!("{language} {rule}: {sentence}"));
        }
    }
    assert_eq!(seen, 400);
    assert_eq!(cut, Vec::<String>::new());
}

#[test]
fn a_box_that_asks_for_something_goes_whole() {
    let story = [
        "Der Schulrat der Insel will alle Klassen im Herbst in das neue Haus verlegen, das seit Mai fertig ist.",
        "Die Leiterin der Schule sagte am Montag, die Räume seien trocken und die Öfen schon zweimal geprüft.",
        "Eltern vom anderen Ufer rechnen mit einem weiteren Weg am Morgen und wünschen sich ein zweites Boot.",
    ];
    let html = format!(
        "<html lang='de'><meta charset='utf-8'><body><article><h1>Schule</h1><p>{}</p><p>{}</p>\
         <div><h3>Exklusive Hintergründe für Sie recherchiert</h3>\
         <p>Unser Newsletter bringt Ihnen jeden Morgen das Neueste.</p></div><p>{}</p></article></body></html>",
        story[0], story[1], story[2]
    );
    let page = Page {
        bytes: html.as_bytes(),
        ..Page::default()
    };
    let read = read(&page, &Rules::shipped(), &SiteRules::default()).expect("a small page");
    assert_eq!(read.text.lines().collect::<Vec<_>>(), story);
}

#[test]
fn credits_behind_the_story_go_and_their_look_alikes_inside_it_stay() {
    let lines = [
        "The school board decided on Monday to move all classes to the new building on the island.",
        "Edited by the mayor himself, the draft left out any mention of the harbour and its debts.",
        "Parents on the far shore expect a longer way, and some of them have asked for a second boat.",
        "Reporting by Ada Quill and Rolf Lund; editing by Mira Okoro in Port Ellis, with thanks to all.",
    ];
    let read = article("en", &lines);
    assert_eq!(read.text.lines().collect::<Vec<_>>(), lines[..3]);
}
