//! Who is meant: names by their last part, pronouns by whoever came before.

use std::collections::HashMap;

use super::{
    actor::{Party, Sort},
    lexicon::Kind,
    read::Read,
};

/// Persons named anywhere in the article, by full name and by last name.
#[derive(Debug, Default)]
pub(crate) struct Known<'l> {
    by_name: HashMap<String, Option<Party<'l>>>,
}

impl<'l> Known<'l> {
    /// Remembers a phrase that tells who a named person is.
    pub(crate) fn learn(&mut self, party: &Party<'l>) {
        let Some(name) = &party.name else { return };
        if !party.coded() || party.sort == Sort::Named(Kind::City) {
            return;
        }
        let last = name.rsplit(' ').next().unwrap_or(name).to_owned();
        for key in [name.clone(), last] {
            let slot = self
                .by_name
                .entry(key)
                .or_insert_with(|| Some(party.clone()));
            if slot
                .as_ref()
                .is_some_and(|old| old.country != party.country)
            {
                *slot = None;
            }
        }
    }

    /// Gives a party nobody listed the codes it has elsewhere in the article.
    pub(crate) fn fill(&self, party: &mut Party<'l>) {
        let Some(name) = &party.name else { return };
        let last = name.rsplit(' ').next().unwrap_or(name);
        let found = self
            .by_name
            .get(name.as_str())
            .or_else(|| self.by_name.get(last));
        if let Some(Some(known)) = found {
            party.country = known.country;
            party.group = known.group;
            party.wikidata = known.wikidata;
            party.name.clone_from(&known.name);
            party.country_from = "article";
            if party.sectors.is_empty() {
                party.sectors.clone_from(&known.sectors);
            }
        }
    }
}

/// An article is about one country where so many parts of its mentions of countries are of that one.
const ALONE: (usize, usize) = (4, 5);

/// The countries that an article tells of.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Told<'l> {
    /// The one named most; empty where none is.
    pub(crate) most: &'l str,
    /// Whether it is what the article is about, with hardly another beside it.
    pub(crate) alone: bool,
}

/// Gives names their codes from elsewhere in the article and pronouns theirs; the countries it tells of.
pub(crate) fn link<'l>(reads: &mut [Read<'_, 'l>]) -> Told<'l> {
    let mut known = Known::default();
    let mut counts: Vec<(&'l str, usize)> = Vec::new();
    for party in reads.iter().flat_map(|read| &read.parties) {
        known.learn(party);
        if !party.country.is_empty() {
            match counts
                .iter_mut()
                .find(|(country, _)| *country == party.country)
            {
                Some((_, count)) => *count += 1,
                None => counts.push((party.country, 1)),
            }
        }
    }
    let mut subject: Option<Party<'l>> = None;
    let mut speaker: Option<Party<'l>> = None;
    for read in reads {
        for party in read
            .parties
            .iter_mut()
            .filter(|party| !party.coded() && party.name.is_some())
        {
            known.fill(party);
        }
        pronouns(read, &mut subject, &mut speaker);
    }
    let most = counts.iter().map(|&(_, count)| count).max().unwrap_or(0);
    let first = counts.iter().find(|&&(_, count)| count == most);
    Told {
        most: first.map_or("", |&(country, _)| country),
        alone: most * ALONE.1 >= counts.iter().map(|&(_, count)| count).sum::<usize>() * ALONE.0,
    }
}

fn pronouns<'l>(
    read: &mut Read<'_, 'l>,
    subject: &mut Option<Party<'l>>,
    speaker: &mut Option<Party<'l>>,
) {
    let own = read.report.speaker.map(|at| read.parties[at].clone());
    let own = own
        .filter(|party| !party.pronoun())
        .or_else(|| speaker.clone());
    let mut current = subject.clone();
    for party in &mut read.parties {
        let quoted = read.words.quoted[party.start];
        let ours = party.start > 0 && read.words.is(party.start - 1, &["our", "my"]);
        if quoted && ours && party.sort == Sort::Role && !party.coded() {
            let whose = own
                .as_ref()
                .map_or(("", ""), |own| (own.country, own.group));
            (party.country, party.group) = whose;
            party.country_from = "article";
        }
        let from = match party.sort {
            Sort::First if quoted => own.as_ref(),
            Sort::Third => current.as_ref(),
            _ => {
                if may_be_meant(party)
                    && party.sort != Sort::First
                    && (current.is_none() || !party.speaker)
                {
                    current = Some(party.clone());
                }
                None
            }
        };
        if let Some(from) = from {
            // Several people are not the one whose name nobody listed.
            let named = from.coded() || !read.words.is(party.start, &["they"]);
            stand_for(party, from, named);
        }
    }
    let mut parties = read.parties.iter();
    if let Some(first) = parties.find(|party| may_be_meant(party) && !party.pronoun()) {
        *subject = Some(first.clone());
    }
    if read.report.speaker.is_some() {
        *speaker = own;
    }
}

/// Whether a pronoun further on may mean a party.
fn may_be_meant(party: &Party<'_>) -> bool {
    party.preposition.is_none() && !party.only_place() && (party.coded() || party.name.is_some())
}

/// Gives a pronoun the codes of whom it means, and the name where it is one person's.
fn stand_for<'l>(pronoun: &mut Party<'l>, meant: &Party<'l>, named: bool) {
    pronoun.country = meant.country;
    pronoun.group = meant.group;
    pronoun.sectors.clone_from(&meant.sectors);
    if named {
        pronoun.name.clone_from(&meant.name);
    }
    pronoun.wikidata = meant.wikidata;
    pronoun.country_from = "article";
}
