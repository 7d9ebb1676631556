//! The parties that a phrase names: its own, those joined to it, those that it is only about.

use super::{actor::Sort, role::Scene};

/// Words of one phrase that are looked at for a party: more is a list.
const MOST_SEEN: usize = 60;
/// What a phrase is made of; a clause inside it tells of something else.
const PARTS: [&str; 10] = [
    "compound", "flat", "amod", "nmod", "appos", "acl", "obl", "nummod", "det", "obj",
];
/// Prepositions that say whose or whence a party is; others say what it is about.
const BELONGING: [&str; 9] = [
    "of", "from", "in", "at", "for", "near", "within", "among", "'s",
];

impl Scene<'_, '_> {
    /// The parties of a phrase and of those joined to it.
    pub(crate) fn phrase(&self, head: usize, wide: bool) -> Vec<usize> {
        let mut out = Vec::new();
        let mut heads = vec![head];
        let mut next = 0;
        while next < heads.len() && heads.len() < MOST_SEEN {
            let here = heads[next];
            next += 1;
            let joined = |at: usize| {
                let more = self.syntax.children_by(at, &["conj"]);
                more.filter(|&more| !self.syntax.is_verb(more) && !self.is_excluded(more))
                    .collect::<Vec<_>>()
            };
            heads.extend(joined(here));
            let Some(party) = self.named(here, wide) else {
                continue;
            };
            let span = &self.parties[party];
            // `ministers of Poland, Latvia and Estonia` is one party and two names joined to a part of it.
            let parts = (span.start..span.end).filter(|&part| part != here);
            for part in parts.chain(self.same_inside(here, party, wide)) {
                let geographic = joined(part).into_iter().chain(self.joined_to(part, here));
                heads.extend(geographic.filter(|&more| self.is_other_name(more)));
            }
            if !out.contains(&party) {
                out.push(party);
            }
        }
        out
    }

    /// The words of a phrase outside its party by which that has its code: `Chad` of `lawmakers in Chad and Mali`.
    fn same_inside(&self, head: usize, party: usize, wide: bool) -> Vec<usize> {
        let own = &self.parties[party];
        let mut open = self.parts(head, wide);
        let mut next = 0;
        while next < open.len() && open.len() < MOST_SEEN {
            open.extend(self.parts(open[next], wide));
            next += 1;
        }
        let same = |at: &usize| {
            let inner = self.party_at(*at).filter(|&inner| inner != party);
            inner
                .map(|inner| &self.parties[inner])
                .is_some_and(|inner| {
                    inner.coded() && (inner.country, inner.group) == (own.country, own.group)
                })
        };
        open.retain(same);
        open
    }

    /// A noun with those it is joined to: `A, B and C`.
    pub(crate) fn series(&self, head: usize) -> Vec<usize> {
        let mut first = head;
        while let Some(before) = self.syntax.head(first)
            && self.syntax.kind(first) == "conj"
            && self.syntax.is_nominal(before)
        {
            first = before;
        }
        let joined = self.syntax.children_by(first, &["conj"]);
        let joined = joined.filter(|&at| self.syntax.is_nominal(at) && !self.is_excluded(at));
        std::iter::once(first).chain(joined).collect()
    }

    /// What a part of a phrase is itself joined to: `French` of `French and Egyptian warships`.
    fn joined_to(&self, part: usize, head: usize) -> Option<usize> {
        let first = self.syntax.head(part)?;
        let adjective = matches!(self.syntax.kind(first), "amod" | "compound");
        let series = self.syntax.kind(part) == "conj" && adjective;
        (series && self.syntax.head(first) == Some(head)).then_some(first)
    }

    /// Whether a word names a country or a body rather than what somebody is.
    fn is_other_name(&self, at: usize) -> bool {
        let named = self.party_at(at).map(|at| &self.parties[at]);
        named.is_some_and(|p| p.coded() && p.sort != Sort::Role)
    }

    /// `but not Iran`.
    fn is_excluded(&self, at: usize) -> bool {
        let mut marks = self.syntax.children_by(at, &["advmod", "cc"]);
        marks.any(|mark| self.words.is(mark, &["not"]))
    }

    /// The party that a phrase without its conjuncts names: the head's own, else the nearest part's.
    fn named(&self, head: usize, wide: bool) -> Option<usize> {
        let own = self.party_at(head);
        let sure = |at: &usize| {
            let party = &self.parties[*at];
            party.coded() || party.pronoun() || party.sort == Sort::Unknown
        };
        if own.as_ref().is_some_and(sure) {
            return own;
        }
        let mut spare = own;
        let mut open = vec![head];
        let mut next = 0;
        while next < open.len() && open.len() < MOST_SEEN {
            let here = open[next];
            next += 1;
            for child in self.parts(here, wide) {
                if let Some(found) = self.party_at(child).filter(|found| Some(*found) != own) {
                    if self.parties[found].coded() {
                        return Some(self.joined_codes(own, found));
                    }
                    spare = spare.or(Some(found));
                }
                open.push(child);
            }
        }
        spare.filter(|&at| !self.parties[at].only_place() || self.parties[at].coded())
    }

    /// A noun of role keeps its own phrase where its country stands elsewhere; codes are the caller's.
    fn joined_codes(&self, own: Option<usize>, found: usize) -> usize {
        let has_codes = |at: usize| self.parties[at].coded();
        own.filter(|&at| has_codes(at)).unwrap_or(found)
    }

    /// The dependents that are part of the phrase of a word, those that say whose it is first.
    fn parts(&self, at: usize, wide: bool) -> Vec<usize> {
        let syntax = &self.syntax;
        let fits = |child: &usize| {
            let kind = syntax.kind(*child);
            let clause = syntax.relation(*child) == "acl:relcl" || kind == "det";
            let about = kind == "nmod"
                && syntax.relation(*child) != "nmod:poss"
                && syntax
                    .case(*child)
                    .is_some_and(|case| !BELONGING.contains(&self.words.lower(case)));
            let inner = matches!(kind, "obl" | "obj") && syntax.kind(at) != "acl";
            PARTS.contains(&kind) && !clause && !inner && (wide || (!about && kind != "acl"))
        };
        let mut found: Vec<usize> = syntax.children(at).filter(fits).collect();
        let rank = |at: &usize| match syntax.relation(*at) {
            "nmod:poss" | "amod" | "compound" | "flat" | "nmod:desc" => 0,
            "appos" => 1,
            _ => 2,
        };
        found.sort_by_key(rank);
        found
    }
}
