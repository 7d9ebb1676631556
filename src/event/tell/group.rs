//! The record of a group of the learned coder.

use super::Teller;
use crate::event::{
    act::Act,
    actor::{Party, Sort},
    build::Telling,
    confidence,
    learned::{STATUSES, TYPES, file::Learned, group::Group, reading::Article, reasons},
    lexicon::Lexicon,
    phrase::blank,
};
use crate::record::{Confidence, Event, Mention, SentenceSpan};

/// Another telling of a group is a mention if it is itself this likely an event.
const LEAST_MENTION: f32 = 0.3;

/// What an event names as its rule: the frame of its act, or the network that found it alone.
fn rule_of(learned: &Learned, act: Option<&Act<'_>>) -> String {
    act.map_or_else(
        || format!("network {}", learned.version()),
        |act| act.frame.rule.to_string(),
    )
}

impl<'l> Teller<'_, 'l> {
    /// What the network took for an event, with what it is about.
    pub(super) fn tell_group(
        &self,
        learned: &Learned,
        article: &Article<'_>,
        group: &Group,
        (odds, row): (f32, &[f32]),
    ) -> Option<(Event, Option<String>)> {
        let mention = &group.best().mention;
        let (sentence, trigger) = (mention.sentence, mention.trigger);
        let (kind, words) = (TYPES[mention.kind], self.reads[sentence].words);
        let act = self.acts[sentence]
            .iter()
            .find(|act| act.trigger == trigger && act.r#type == kind);
        let [actors, recipients] = self.find_sides(learned, article, group, act);
        let lexicon = self.whole.lexicon;
        let telling = Telling {
            trigger,
            r#type: kind,
            mode: act.map_or_else(
                || mode_of(lexicon, words.lower(trigger), kind),
                |act| act.mode,
            ),
            modality: modality(&mention.status),
            confidence: weigh_parts(learned, (odds, row), [&actors, &recipients]),
            from: [from(group, 0), from(group, 1)],
            actors,
            recipients,
            cameo: act.and_then(Act::cameo),
            reasons: reasons(&learned.event, row),
            rule: rule_of(learned, act),
        };
        let scene = &self.scenes[sentence];
        let mut event = self.whole.tell(self.reads, scene, sentence, telling)?;
        event.mentions = self.find_mentions(group);
        let about = act.and_then(|act| act.complement);
        Some((event, about.map(|at| words.lower(at).to_owned())))
    }

    /// Both sides of a group, as network and grammar find them together.
    fn find_sides(
        &self,
        learned: &Learned,
        article: &Article<'_>,
        group: &Group,
        act: Option<&Act<'l>>,
    ) -> [Vec<(usize, Party<'l>)>; 2] {
        let sentence = group.best().mention.sentence;
        let [mut actors, mut recipients] = [0, 1].map(|side| {
            let found = self.find_side(learned, article, group, side);
            self.prefer_syntax((sentence, act), side, found)
        });
        self.drop_sufferers((sentence, act), &mut actors);
        let kind = TYPES[group.best().mention.kind];
        recipients = self.turn_outward(kind, &actors, recipients);
        leave_unnamed(&mut recipients, &actors);
        [actors, recipients]
    }

    /// The other words that tell the event of a group, in the order of the text.
    fn find_mentions(&self, group: &Group) -> Vec<Mention> {
        let best = &group.best().mention;
        let mut mentions = Vec::new();
        for told in &group.told[1..] {
            let other = &told.mention;
            let same = (other.sentence, other.trigger) == (best.sentence, best.trigger);
            if told.core < LEAST_MENTION || same {
                continue;
            }
            let words = self.reads[other.sentence].words;
            let span = self.whole.sentence_span(other.sentence, words);
            mentions.push(Mention {
                sentence: SentenceSpan { text: None, ..span },
                trigger: self.whole.words(words, other.trigger, other.trigger + 1),
            });
        }
        mentions.sort_by_key(|mention| mention.trigger.start);
        mentions.dedup_by_key(|mention| mention.trigger.start);
        mentions
    }
}

/// Whoever acts is not the one acted on: there somebody of that country is, whom the text does not name.
fn leave_unnamed(recipients: &mut Vec<(usize, Party<'_>)>, actors: &[(usize, Party<'_>)]) {
    for (at, party) in recipients.iter_mut() {
        let acts = |(other, actor): &(usize, Party<'_>)| {
            other == at && actor.meets(party.start, party.end)
        };
        if actors.iter().any(acts) {
            *party = Party {
                country: party.country,
                country_from: "article",
                group: party.group,
                ..blank(party.start, party.start, Sort::Unknown)
            };
        }
    }
    recipients.retain(|(_, party)| party.start < party.end || party.coded());
}

/// How sure a group is of itself and of its sides; date and place are weighed with the record.
fn weigh_parts(
    learned: &Learned,
    (odds, row): (f32, &[f32]),
    sides: [&[(usize, Party<'_>)]; 2],
) -> Confidence {
    let [actor, recipient] = [0, 1].map(|side| {
        let sure = || confidence::round(f64::from(learned.sides[side].probability(row)));
        (!sides[side].is_empty()).then(sure)
    });
    let overall = confidence::round(f64::from(odds));
    Confidence {
        overall,
        r#type: overall,
        actor,
        recipient,
        date: None,
        location: None,
    }
}

/// How the network found a side.
fn from(group: &Group, side: usize) -> &'static str {
    let mention = &group.best().mention;
    if group.best().heads[side].is_empty() || mention.absent[1][side] > 0.5 {
        "inherited"
    } else {
        "syntax"
    }
}

/// The likeliest way in which an act is told; what is arguable or an opinion is told as done.
fn modality(status: &[f32; STATUSES.len()]) -> &'static str {
    let done = status[0] + status[1] + status[7];
    let other = (2..7)
        .max_by(|&a, &b| status[a].total_cmp(&status[b]))
        .unwrap_or(2);
    if done >= status[other] {
        STATUSES[0]
    } else {
        STATUSES[other]
    }
}

/// The mode that the lexicon gives a word of a type.
fn mode_of<'l>(lexicon: &'l Lexicon, word: &str, r#type: &str) -> &'l str {
    let frames = lexicon.triggers.get(word).into_iter().flatten();
    let mut frames = frames.map(|&(frame, _)| &lexicon.frames[frame]);
    frames
        .find(|frame| *frame.r#type == *r#type)
        .map_or("", |frame| &frame.mode)
}
