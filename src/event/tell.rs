//! From the groups of the learned coder, and from acts that only the grammar found, to event records.

mod group;
mod side;
mod twin;

use super::{
    act::Act,
    act_place::Site,
    actor::Party,
    build::{Telling, Whole},
    cast::Cast,
    confidence,
    learned::{
        TYPES,
        file::Learned,
        group::{self as groups, Group},
        mention::{Asked, Told, heads},
        reading::Article,
        weigh,
    },
    read::Read,
    role::Scene,
};
use crate::record::Event;
use twin::fold_twins;

/// What is left of the weight of an act that the network saw and did not take for one.
// Of such acts in articles coded by hand hardly one in six is an event.
const GRAMMAR_ALONE: f64 = 0.3;
/// A story of no more sentences and without a headline gives the network nothing to weigh an act by but the act.
// There the grammar is right more often (on sentences of PLOVER's manual .82 against .76 by type).
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
    pub(crate) fn tell_events(&self, mut article: Article<'_>) -> Vec<(Event, Option<String>)> {
        let mut found = Vec::new();
        let lone = is_lone(&article);
        let groups = self.learned.map_or_else(Vec::new, |learned| {
            self.tell_groups(learned, &mut article, &mut found)
        });
        for (sentence, acts) in self.acts.iter().enumerate() {
            for act in acts.iter().filter(|act| !act.governed && !act.is_nobodys()) {
                if lone || !is_told(&groups, sentence, act) {
                    found.extend(self.tell_act(sentence, act, lone));
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
    fn tell_groups(
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
        let groups = groups::group(article, &learned.same, told);
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
            found.extend(self.tell_group(learned, article, group, (odds, &row)));
        }
        groups
    }

    /// Whether the grammar finds an act of the same type in the sentence of a group.
    fn is_read(&self, group: &Group) -> bool {
        let mention = &group.best().mention;
        let mut acts = self.acts[mention.sentence].iter();
        acts.any(|act| !act.governed && !act.is_nobodys() && act.r#type == TYPES[mention.kind])
    }

    /// What only the grammar took for an event.
    fn tell_act(
        &self,
        sentence: usize,
        act: &Act<'l>,
        lone: bool,
    ) -> Option<(Event, Option<String>)> {
        let read = &self.reads[sentence];
        let scene = &self.scenes[sentence];
        let place = Site::of_act(scene, act).find_place();
        let (actors, recipients) = self.whole.sides(read, act, place);
        if actors.is_empty() && !recipients.iter().any(Party::coded) {
            return None;
        }
        let kind = self.whole.lexicon.types.get(act.r#type)?;
        let mut sure = confidence::of(act, read.words, &actors, &recipients, kind.needs_recipient);
        if lone {
            sure.overall = confidence::alone(sure.overall);
        } else if !act.frame.own && self.learned.is_some() {
            sure.overall = confidence::round(sure.overall * GRAMMAR_ALONE);
        }
        let here = |list: Vec<_>| list.into_iter().map(|party| (sentence, party)).collect();
        let telling = Telling {
            trigger: act.trigger,
            r#type: act.r#type,
            mode: act.mode,
            modality: act.modality,
            actors: here(actors),
            recipients: here(recipients),
            from: [act.actors.from, act.recipients.from],
            cameo: act.cameo(),
            rule: act.frame.rule.to_string(),
            reasons: Vec::new(),
            confidence: sure,
        };
        let event = self.whole.tell(self.reads, scene, sentence, telling)?;
        let about = act.complement.map(|at| read.words.lower(at).to_owned());
        Some((event, about))
    }
}

/// Whether a story has nothing around its sentences.
fn is_lone(article: &Article<'_>) -> bool {
    article.sentences.len() <= LONE && article.title.is_empty()
}

/// Whether the network told an act of the same type in the sentence.
fn is_told(groups: &[Group], sentence: usize, act: &Act<'_>) -> bool {
    let same =
        |told: &Told| told.mention.sentence == sentence && TYPES[told.mention.kind] == act.r#type;
    groups.iter().flat_map(|group| &group.told).any(same)
}
