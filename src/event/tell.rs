//! From the groups of the learned coder, and from acts that only the grammar found, to event records.

use super::{
    act::Act,
    actor::{Party, Sort},
    build::{Read, Telling, Whole},
    cast::Cast,
    confidence,
    key::sorted_codes,
    learned::{
        STATUSES, TYPES,
        file::Learned,
        group::{self, Group},
        mention::{Asked, Told, heads},
        reading::Article,
        reasons,
        resolver::code_of,
        weigh,
    },
    lexicon::Lexicon,
    place::Site,
    role::Scene,
};
use crate::record::{Confidence, Event, Mention, SentenceSpan};

/// A head is a party of its own from this share of its side.
const LEAST_SHARE: f32 = 0.2;
/// Another telling of a group is a mention if it is itself this likely an event.
const LEAST_MENTION: f32 = 0.3;
/// What is left of the weight of an act that the network saw and did not take for one: of such acts in articles coded
/// by hand hardly one in six is an event.
const GRAMMAR_ALONE: f64 = 0.3;
/// A story of no more sentences and without a headline gives the network nothing to weigh an act by but the act: there
/// the grammar is right more often (on sentences of PLOVER's manual .82 against .76 by type).
const LONE: usize = 2;
/// What is left there of the odds of what only the network found, and below which it is not told.
const NETWORK_ALONE: f32 = 0.5;
const LEAST_LONE: f32 = 0.2;

/// A story with all that was read of it.
pub(crate) struct Teller<'a, 'l> {
    pub(crate) whole: &'a Whole<'a, 'l>,
    pub(crate) reads: &'a [Read<'a, 'l>],
    pub(crate) scenes: &'a [Scene<'a, 'l>],
    pub(crate) acts: &'a [Vec<Act<'l>>],
    pub(crate) cast: &'a Cast<'a, 'l>,
    pub(crate) learned: Option<&'a Learned>,
}

impl<'l> Teller<'_, 'l> {
    /// The events in the order in which they are told, each with what it is about.
    pub(crate) fn events(&self, mut article: Article<'_>) -> Vec<(Event, Option<String>)> {
        let mut found = Vec::new();
        let lone = is_lone(&article);
        let groups = self.learned.map_or_else(Vec::new, |learned| {
            self.groups(learned, &mut article, &mut found)
        });
        for (sentence, acts) in self.acts.iter().enumerate() {
            for act in acts.iter().filter(|act| !act.governed && !act.is_nobodys()) {
                if lone || !is_told(&groups, sentence, act) {
                    found.extend(self.act(sentence, act, lone));
                }
            }
        }
        found.sort_by_key(|(event, _)| (event.sentence.index, event.trigger.start));
        if lone || self.learned.is_none() {
            fold_twins(found)
        } else {
            found
        }
    }

    /// Asks the network and adds the events it finds; gives all that it took for acts.
    fn groups(
        &self,
        learned: &Learned,
        article: &mut Article<'_>,
        found: &mut Vec<(Event, Option<String>)>,
    ) -> Vec<Group> {
        let mut asked = Asked::new();
        let heard = learned.network.read(article);
        for mention in &heard.mentions {
            for (at, _) in [0, 1].into_iter().flat_map(|side| heads(mention, side)) {
                article.index.hear(self.cast, (mention.sentence, at));
            }
        }
        let told = heard
            .mentions
            .into_iter()
            .map(|mention| Told::new(mention, article, &learned.resolver, &mut asked))
            .collect();
        let groups = group::group(told);
        let known = weigh::known(article, &groups, &heard.headline);
        for (group, known) in groups.iter().zip(&known) {
            let row = weigh::expand(known, group.kind());
            let mut odds = learned.event.probability(&row);
            if is_lone(article) {
                odds *= NETWORK_ALONE;
                if odds < LEAST_LONE || self.is_read(group) {
                    continue;
                }
            }
            found.extend(self.group(learned, article, group, (odds, &row)));
        }
        groups
    }

    /// Whether the grammar finds an act of the same type in the sentence of a group.
    fn is_read(&self, group: &Group) -> bool {
        let mention = &group.best().mention;
        let mut acts = self.acts[mention.sentence].iter();
        acts.any(|act| !act.governed && !act.is_nobodys() && act.r#type == TYPES[mention.kind])
    }

    /// What the network took for an event.
    fn group(
        &self,
        learned: &Learned,
        article: &Article<'_>,
        group: &Group,
        (odds, row): (f32, &[f32]),
    ) -> Option<(Event, Option<String>)> {
        let sides = [0, 1].map(|side| learned.sides[side].probability(row));
        let mention = &group.best().mention;
        let (sentence, trigger) = (mention.sentence, mention.trigger);
        let act = self.acts[sentence]
            .iter()
            .find(|act| act.trigger == trigger && act.r#type == TYPES[mention.kind]);
        let (actors, recipients) = (
            self.parties(learned, article, group, 0),
            self.parties(learned, article, group, 1),
        );
        let r#type = TYPES[mention.kind];
        let mode = act.map_or_else(
            || {
                mode_of(
                    self.whole.lexicon,
                    self.reads[sentence].words.lower(trigger),
                    r#type,
                )
            },
            |act| act.mode,
        );
        let share = |side: usize, list: &[(usize, Party<'l>)]| {
            (!list.is_empty()).then_some(confidence::round(f64::from(sides[side])))
        };
        let telling = Telling {
            trigger,
            r#type,
            mode,
            modality: modality(&mention.status),
            confidence: Confidence {
                overall: confidence::round(f64::from(odds)),
                r#type: confidence::round(f64::from(odds)),
                actor: share(0, &actors),
                recipient: share(1, &recipients),
                date: None,
                location: None,
            },
            from: [from(group, 0), from(group, 1)],
            actors,
            recipients,
            cameo: act.and_then(cameo),
            reasons: reasons(&learned.event, row),
            rule: act.map_or_else(
                || format!("network {}", learned.version()),
                |act| act.frame.rule.to_string(),
            ),
        };
        let mut event = self
            .whole
            .tell(self.reads, &self.scenes[sentence], sentence, telling)?;
        for told in &group.told[1..] {
            let other = &told.mention;
            if told.core >= LEAST_MENTION && (other.sentence, other.trigger) != (sentence, trigger)
            {
                let words = self.reads[other.sentence].words;
                let span = self.whole.sentence_span(other.sentence, words);
                event.mentions.push(Mention {
                    sentence: SentenceSpan { text: None, ..span },
                    trigger: self.whole.words(words, other.trigger, other.trigger + 1),
                });
            }
        }
        event.mentions.sort_by_key(|mention| mention.trigger.start);
        event.mentions.dedup_by_key(|mention| mention.trigger.start);
        let about = act.and_then(|act| act.complement);
        Some((
            event,
            about.map(|at| self.reads[sentence].words.lower(at).to_owned()),
        ))
    }

    /// What only the grammar took for an event.
    fn act(&self, sentence: usize, act: &Act<'l>, lone: bool) -> Option<(Event, Option<String>)> {
        let read = &self.reads[sentence];
        let scene = &self.scenes[sentence];
        let site = Site {
            scene,
            r#type: act.r#type,
            mode: act.mode,
            at: act.trigger,
        };
        let (actors, recipients) = self.whole.sides(read, act, site.find_place());
        if actors.is_empty() && !recipients.iter().any(Party::coded) {
            return None;
        }
        let kind = self.whole.lexicon.types.get(act.r#type)?;
        let mut sure = confidence::of(act, read.words, &actors, &recipients, kind.needs_recipient);
        if !act.frame.own && !lone && self.learned.is_some() {
            sure.overall = confidence::round(sure.overall * GRAMMAR_ALONE);
        }
        let here = |list: Vec<Party<'l>>| list.into_iter().map(|party| (sentence, party)).collect();
        let telling = Telling {
            trigger: act.trigger,
            r#type: act.r#type,
            mode: act.mode,
            modality: act.modality,
            actors: here(actors),
            recipients: here(recipients),
            from: [act.actors.from, act.recipients.from],
            cameo: cameo(act),
            rule: act.frame.rule.to_string(),
            reasons: Vec::new(),
            confidence: sure,
        };
        let event = self.whole.tell(self.reads, scene, sentence, telling)?;
        let about = act.complement.map(|at| read.words.lower(at).to_owned());
        Some((event, about))
    }

    /// The parties of a side, each with its sentence.
    fn parties(
        &self,
        learned: &Learned,
        article: &Article<'_>,
        group: &Group,
        side: usize,
    ) -> Vec<(usize, Party<'l>)> {
        let told = group.best();
        let mention = &told.mention;
        let nobody = mention.absent[0][side];
        let mut out: Vec<(usize, Party<'l>)> = Vec::new();
        let mut left = group.taken[side].clone();
        for (rank, &(at, share)) in told.heads[side].iter().enumerate() {
            let enough = share >= LEAST_SHARE || (rank == 0 && share > nobody);
            if !enough || nobody > 0.5 && left.is_empty() {
                continue;
            }
            let (parties, code) = self.party(learned, article, mention.sentence, at, side);
            let known = code.is_none_or(|code| group.taken[side].contains(&code));
            let apart = |party: &Party<'_>, out: &[(usize, Party<'l>)]| {
                !out.iter()
                    .any(|(_, other)| other.start < party.end && party.start < other.end)
            };
            if !known && !group.taken[side].is_empty() || !parties.iter().all(|p| apart(p, &out)) {
                continue;
            }
            for mut party in parties {
                let twin = |(_, other): &(usize, Party<'l>)| {
                    other.name.is_some()
                        && other.name == party.name
                        && other.country == party.country
                };
                if out.iter().any(twin) {
                    continue;
                }
                if group.taken[side].is_empty() {
                    (party.country, party.group) = ("", "");
                }
                let own = code_of(party.country, party.group).to_owned();
                left.retain(|taken| article.index.codes[*taken] != own);
                out.push((mention.sentence, party));
            }
        }
        for code in left {
            let name = article.index.codes[code].as_str();
            out.extend(self.elsewhere(name, mention.sentence, &out));
        }
        out
    }

    /// The parties whose head a word is, with the code that the resolver gives it.
    fn party(
        &self,
        learned: &Learned,
        article: &Article<'_>,
        sentence: usize,
        at: usize,
        side: usize,
    ) -> (Vec<Party<'l>>, Option<usize>) {
        let index = &article.index;
        let trees = &learned.resolver;
        let odds = index.weigh(trees, article.sentences, (sentence, at), side, false);
        let best = (0..odds.len()).max_by(|&a, &b| odds[a].total_cmp(&odds[b]));
        let code = best.filter(|&best| best < index.codes.len());
        let name = code.map_or("", |code| index.codes[code].as_str());
        let mut parties = self.cast.parties(sentence, at);
        if !parties.iter().any(|p| code_of(p.country, p.group) == name) {
            parties.truncate(1);
            for party in &mut parties {
                (party.country, party.group) = self.codes(name);
                party.country_from = if name.is_empty() { "" } else { "article" };
            }
        }
        (parties, code)
    }

    /// A code as the lexicon or the parties found hold it.
    fn codes(&self, code: &str) -> (&'l str, &'l str) {
        let parties = self.reads.iter().flat_map(|read| &read.parties);
        let entries = self.whole.lexicon.entries.iter();
        let all = parties
            .map(|party| (party.country, party.group))
            .chain(entries.map(|entry| (&*entry.country, &*entry.group)));
        let fits = |&(country, group): &(&str, &str)| code_of(country, group) == code;
        match all.into_iter().find(fits) {
            Some((country, _)) if country == code => (country, ""),
            Some((_, group)) => ("", group),
            None => ("", ""),
        }
    }

    /// Where a code is named outside the words that the network points at: nearest before, else first after.
    fn elsewhere(
        &self,
        name: &str,
        sentence: usize,
        taken: &[(usize, Party<'l>)],
    ) -> Option<(usize, Party<'l>)> {
        let order = (0..=sentence).rev().chain(sentence + 1..self.reads.len());
        for at in order {
            let fits = |party: &&Party<'_>| {
                code_of(party.country, party.group) == name
                    && matches!(party.sort, Sort::Named(_))
                    && !party.only_place()
                    && !taken
                        .iter()
                        .any(|(s, t)| *s == at && t.start < party.end && party.start < t.end)
            };
            if let Some(party) = self.reads[at].parties.iter().find(fits) {
                return Some((at, party.clone()));
            }
        }
        None
    }
}

/// What the grammar found twice is one event with a mention: one type, the same parties, the same thing it is about, in
/// sentences beside each other.
fn fold_twins(found: Vec<(Event, Option<String>)>) -> Vec<(Event, Option<String>)> {
    let mut out: Vec<(Event, Option<String>)> = Vec::new();
    for (event, about) in found {
        let same = |(other, head): &&mut (Event, Option<String>)| {
            let actors = sorted_codes(&event.actors);
            other.r#type == event.r#type
                && other.modality == event.modality
                && event.sentence.index == other.sentence.index + 1
                && !actors.is_empty()
                && actors == sorted_codes(&other.actors)
                && sorted_codes(&event.recipients) == sorted_codes(&other.recipients)
                && (head.is_none() || about.is_none() || *head == about)
        };
        match out.iter_mut().find(same) {
            Some((other, _)) => other.mentions.push(Mention {
                sentence: SentenceSpan {
                    text: None,
                    ..event.sentence
                },
                trigger: event.trigger,
            }),
            None => out.push((event, about)),
        }
    }
    out
}

/// Whether a story has nothing around its sentences.
fn is_lone(article: &Article<'_>) -> bool {
    article.sentences.len() <= LONE && article.title.is_empty()
}

/// Whether the network told an act of the same type by the same word, or near it in the sentence.
fn is_told(groups: &[Group], sentence: usize, act: &Act<'_>) -> bool {
    let same =
        |told: &Told| told.mention.sentence == sentence && TYPES[told.mention.kind] == act.r#type;
    groups.iter().flat_map(|group| &group.told).any(same)
}

fn cameo<'l>(act: &Act<'l>) -> Option<&'l str> {
    // A rewritten act is no longer what the code of its frame says.
    (act.r#type == &*act.frame.r#type).then_some(&*act.frame.cameo)
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
