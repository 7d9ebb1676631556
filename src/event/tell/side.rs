//! The parties of a group: the heads that the network points at, each with the country the resolver gives it.

use super::Teller;
use crate::event::{
    act::Act,
    actor::{Party, Sort},
    learned::{file::Learned, group::Group, reading::Article, resolver::code_of},
    phrase::blank,
};

/// The likeliest head is a party from this share of its side; one that is not joined to it (`A and B`) from the other.
const LEAST_SHARE: f32 = 0.2;
const LEAST_OTHER: f32 = 0.4;
/// Nobody stands on a side when that is likelier than anybody.
const NOBODY: f32 = 0.5;

impl<'l> Teller<'_, 'l> {
    /// The parties of a side, each with its sentence.
    pub(super) fn find_side(
        &self,
        learned: &Learned,
        article: &Article<'_>,
        group: &Group,
        side: usize,
    ) -> Vec<(usize, Party<'l>)> {
        let mention = &group.best().mention;
        let nobody = mention.absent[0][side];
        let taken = &group.taken[side];
        let mut out: Vec<(usize, Party<'l>)> = Vec::new();
        let mut left = taken.clone();
        for (at, with_first, enough) in self.heads(group, side) {
            let alone = with_first && out.is_empty();
            if !enough || alone || nobody > NOBODY && left.is_empty() {
                continue;
            }
            let place = (mention.sentence, at);
            let (parties, code) = self.find_parties(learned, article, place, side);
            let known = with_first || code.is_none_or(|code| taken.contains(&code));
            if !known && !taken.is_empty() || parties.iter().any(|party| meets(&out, party)) {
                continue;
            }
            for mut party in parties {
                if is_listed(&out, &party) {
                    continue;
                }
                if taken.is_empty() && !is_known_speaker(&party) {
                    (party.country, party.group) = ("", "");
                }
                let own = code_of(party.country, party.group);
                left.retain(|code| article.index.codes[*code] != own);
                out.push((mention.sentence, party));
            }
        }
        self.add_elsewhere(article, mention.sentence, &left, &mut out);
        out
    }

    /// Adds whoever has the codes that no head of the side has.
    fn add_elsewhere(
        &self,
        article: &Article<'_>,
        sentence: usize,
        codes: &[usize],
        out: &mut Vec<(usize, Party<'l>)>,
    ) {
        for &code in codes {
            let name = article.index.codes[code].as_str();
            let party = self.find_elsewhere(name, sentence, out);
            out.push(party);
        }
    }

    /// The words that may head a side, each with whether it is joined to the likeliest and whether it is likely enough.
    fn heads(&self, group: &Group, side: usize) -> Vec<(usize, bool, bool)> {
        let told = group.best();
        let heads = &told.heads[side];
        let nobody = told.mention.absent[0][side];
        let Some(&(best, most)) = heads.first() else {
            return Vec::new();
        };
        let mut out = vec![(best, false, most >= LEAST_SHARE || most > nobody)];
        let others = heads[1..].iter();
        out.extend(others.map(|&(at, share)| (at, false, share >= LEAST_OTHER)));
        let series = self.scenes[told.mention.sentence].series(best);
        for at in series.into_iter().filter(|&at| at != best) {
            out.retain(|&(other, ..)| other != at);
            out.push((at, true, true));
        }
        out
    }

    /// The parties whose head a word is, with the code that the resolver gives it.
    fn find_parties(
        &self,
        learned: &Learned,
        article: &Article<'_>,
        (sentence, at): (usize, usize),
        side: usize,
    ) -> (Vec<Party<'l>>, Option<usize>) {
        let index = &article.index;
        let trees = &learned.resolver;
        let odds = index.weigh(trees, article.sentences, (sentence, at), side, false);
        let best = (0..odds.len()).max_by(|&a, &b| odds[a].total_cmp(&odds[b]));
        let code = best.filter(|&best| best < index.codes.len());
        let name = code.map_or("", |code| index.codes[code].as_str());
        let mut parties = self.cast.parties(sentence, at);
        if let Some(speaker) = self.find_speaker(sentence, &parties) {
            parties.truncate(1);
            for party in &mut parties {
                (party.country, party.group) = (speaker.country, speaker.group);
                party.country_from = speaker.country_from;
            }
            let own = code_of(speaker.country, speaker.group);
            let code = index.codes.iter().position(|code| *code == own);
            return (parties, code);
        }
        if !parties.iter().any(|p| code_of(p.country, p.group) == name) {
            parties.truncate(1);
            for party in &mut parties {
                (party.country, party.group) = self.find_codes(name);
                party.country_from = if name.is_empty() { "" } else { "article" };
            }
        }
        (parties, code)
    }

    /// Whoever says `we` or `I` in a sentence, where the sentence itself tells whose that is: the tree shows who speaks.
    fn find_speaker(&self, sentence: usize, parties: &[Party<'l>]) -> Option<&Party<'l>> {
        let read = &self.reads[sentence];
        let speaks = matches!(parties.first()?.sort, Sort::First);
        let speaker = &read.parties[read.report.speaker.filter(|_| speaks)?];
        let told = !(speaker.country.is_empty() && speaker.group.is_empty());
        (told && speaker.country_from == "text").then_some(speaker)
    }

    /// A code as the lexicon or the parties found hold it.
    fn find_codes(&self, code: &str) -> (&'l str, &'l str) {
        if code.is_empty() {
            return ("", "");
        }
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

    /// Whoever has a code outside the words that the network points at: named in the sentence or the one before, else
    /// somebody unnamed of that country.
    fn find_elsewhere(
        &self,
        name: &str,
        sentence: usize,
        taken: &[(usize, Party<'l>)],
    ) -> (usize, Party<'l>) {
        for at in (sentence.saturating_sub(1)..=sentence).rev() {
            let fits = |party: &&Party<'_>| {
                code_of(party.country, party.group) == name
                    && matches!(party.sort, Sort::Named(_))
                    && !party.only_place()
                    && !taken
                        .iter()
                        .any(|(s, other)| *s == at && other.meets(party.start, party.end))
            };
            if let Some(party) = self.reads[at].parties.iter().find(fits) {
                return (at, party.clone());
            }
        }
        let (country, group) = self.find_codes(name);
        let nobody = Party {
            country,
            country_from: "article",
            group,
            ..blank(0, 0, Sort::Unknown)
        };
        (sentence, nobody)
    }

    /// Takes from those who act whoever is the subject of a passive.
    pub(super) fn drop_sufferers(
        &self,
        (sentence, act): (usize, Option<&Act<'l>>),
        actors: &mut Vec<(usize, Party<'l>)>,
    ) {
        let syntax = &self.scenes[sentence].syntax;
        let passive =
            act.filter(|act| syntax.is_verb(act.trigger) && syntax.is_passive(act.trigger));
        let Some(act) = passive else { return };
        let suffers = |party: &Party<'_>| {
            let mut own = act.recipients.parties.iter();
            own.any(|&own| self.reads[sentence].parties[own].meets(party.start, party.end))
        };
        actors.retain(|(at, party)| *at != sentence || !suffers(party));
    }

    /// What the grammar says of a side that hangs right on the verb: there the tree is surer than the network.
    pub(super) fn prefer_syntax(
        &self,
        (sentence, act): (usize, Option<&Act<'l>>),
        side: usize,
        found: Vec<(usize, Party<'l>)>,
    ) -> Vec<(usize, Party<'l>)> {
        let Some(act) = act.filter(|act| self.scenes[sentence].syntax.is_verb(act.trigger)) else {
            return found;
        };
        let role = if side == 0 {
            &act.actors
        } else {
            &act.recipients
        };
        if role.from != "syntax" || role.is_empty() || found.is_empty() {
            return found;
        }
        let parties = &self.reads[sentence].parties;
        // A place that only the phrase names is not whom its head means.
        let heads = |&own: &usize| role.head.is_some_and(|at| parties[own].meets(at, at + 1));
        if !role.parties.iter().any(heads) {
            return found;
        }
        let own = |(at, party): &(usize, Party<'_>)| {
            let mut own = role.parties.iter().map(|&own| &parties[own]);
            *at == sentence && own.any(|own| own.meets(party.start, party.end))
        };
        if found.iter().any(own) {
            return found.into_iter().filter(own).collect();
        }
        let own = role.parties.iter().map(|&own| {
            let mut party = parties[own].clone();
            if let Some(speaker) = self.find_speaker(sentence, std::slice::from_ref(&party)) {
                (party.country, party.group) = (speaker.country, speaker.group);
                party.country_from = speaker.country_from;
            }
            (sentence, party)
        });
        own.collect()
    }
}

/// Whether a party is `we` or `I` of a speaker whose country or group its sentence tells.
fn is_known_speaker(party: &Party<'_>) -> bool {
    matches!(party.sort, Sort::First)
        && party.country_from == "text"
        && !(party.country.is_empty() && party.group.is_empty())
}

/// Whether parties of one sentence share words with another of it.
fn meets(list: &[(usize, Party<'_>)], party: &Party<'_>) -> bool {
    list.iter()
        .any(|(_, other)| other.meets(party.start, party.end))
}

/// Whether a party is in a list by its name and country.
fn is_listed(list: &[(usize, Party<'_>)], party: &Party<'_>) -> bool {
    list.iter().any(|(_, other)| {
        other.name.is_some() && other.name == party.name && other.country == party.country
    })
}
