//! What the learned coder promises: its file, its reasons, its words to those who bring their own.

use dateline::event::learned::file::{Learned, english};
use dateline::event::{Coder, LexiconSource, Story, explain};
use dateline::record::Event;

const MODEL: &[u8] = include_bytes!("../src/event/events.model");

fn coder() -> Coder {
    Coder::new(&LexiconSource::embedded(), &[]).expect("the embedded lexicon has no faults")
}

fn told(coder: &Coder, text: &str) -> Vec<Event> {
    coder.code(&Story::of_text(text))
}

#[test]
fn both_models_together_are_under_twelve_megabytes() {
    let parser = dateline_english::MODEL;
    assert!(
        MODEL.len() + parser.len() <= 12_000_000,
        "{}",
        MODEL.len() + parser.len()
    );
}

#[test]
fn the_model_in_the_binary_can_be_read() {
    assert!(english().is_some());
}

#[test]
fn a_damaged_model_is_refused() {
    let mut bad = MODEL.to_vec();
    bad[MODEL.len() / 2] ^= 1;
    assert!(Learned::read(bad.leak()).is_none());
    assert!(Learned::read(&MODEL[..MODEL.len() - 4]).is_none());
    assert!(Learned::read(b"something else").is_none());
}

#[test]
fn an_event_says_in_words_what_spoke_for_it_and_against_it() {
    let text = "Turkey accused Greece of spying. Greece rejected the accusation. Police arrested two \
                men in Athens. The ministers will meet on Monday.";
    let events = told(&coder(), text);
    let event = events
        .iter()
        .find(|e| e.trigger.text == "accused")
        .expect("an accusation");
    let reasons = &event.coder.reasons;
    assert!(
        reasons.iter().any(|reason| reason.starts_with("for ")),
        "{reasons:?}"
    );
    assert!(explain(event).contains("for "));
}

#[test]
fn a_line_of_ones_own_works_without_training() {
    let frames = "lemma\tpos\tpattern\ttype\tmode\tcameo\troles\tweight\texample\twant\n\
                  blorb\tv\t\tACCUSE\tallege\t\tS>obj\t0.9\tTurkey blorbed Greece.\tTUR>GRC\n";
    let source = LexiconSource::embedded().with("frames.tsv", frames);
    let coder = Coder::new(&source, &[]).expect("no faults");
    let text = "The weather was fine. Nothing else happened there. Rain fell on the hills for days. \
                Turkey blorbed Greece.";
    let events = told(&coder, text);
    let event = events
        .iter()
        .find(|e| e.trigger.text == "blorbed")
        .expect("an event");
    assert_eq!(event.r#type, "ACCUSE");
    assert_eq!(event.coder.rule, "blorb/v");
    assert!(
        event.confidence.overall >= 0.5,
        "{}",
        event.confidence.overall
    );
}

#[test]
fn the_lexicon_alone_reads_the_same_way_each_time() {
    let coder = coder().by_lexicon_alone();
    let text = "Turkey accused Greece of spying.";
    assert_eq!(told(&coder, text), told(&coder, text));
    assert!(
        told(&coder, text)
            .iter()
            .all(|event| event.coder.reasons.is_empty())
    );
}
