//! Who does it to whom: the phrases of a clause, each with the parties it names.

use super::{
    actor::{Party, Sort},
    clause::Place,
    frame::Frame,
    lexicon::{Kind, Lexicon},
    syntax::Syntax,
    words::Words,
};

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

/// Parties in one role and how they were found.
#[derive(Debug, Clone, Default)]
pub(crate) struct Role {
    pub(crate) parties: Vec<usize>,
    /// `syntax`, `nearest` or `inherited`.
    pub(crate) from: &'static str,
    /// The head of the phrase in this role, also where it names no party.
    pub(crate) head: Option<usize>,
}

impl Role {
    pub(crate) fn one(parties: Vec<usize>, from: &'static str) -> Self {
        Self {
            parties,
            from,
            head: None,
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.parties.is_empty()
    }
}

/// A sentence with its tree and its parties.
#[derive(Debug)]
pub(crate) struct Scene<'w, 'l> {
    pub(crate) words: &'w Words<'w>,
    pub(crate) parties: &'w [Party<'l>],
    pub(crate) lexicon: &'l Lexicon,
    pub(crate) syntax: Syntax<'w>,
    /// The speaker where the sentence opens with him.
    pub(crate) opener: Option<usize>,
}

impl<'w, 'l> Scene<'w, 'l> {
    pub(crate) fn new(
        words: &'w Words<'w>,
        parties: &'w [Party<'l>],
        lexicon: &'l Lexicon,
        opener: Option<usize>,
    ) -> Self {
        Self {
            words,
            parties,
            lexicon,
            syntax: Syntax::new(&words.sentence.tokens),
            opener,
        }
    }

    /// The party that a word belongs to.
    pub(crate) fn party_at(&self, at: usize) -> Option<usize> {
        let holds = |p: &Party<'_>| p.start <= at && at < p.end;
        self.parties.iter().position(holds)
    }

    /// Whether a word names somebody who acts or is acted on.
    pub(crate) fn is_actor(&self, at: usize) -> bool {
        self.party_at(at)
            .is_some_and(|party| !self.parties[party].pronoun())
    }

    /// The words that hang right on an act, and the prepositions of its phrases.
    pub(crate) fn attached(&self, at: usize) -> Vec<usize> {
        let syntax = &self.syntax;
        let mut out: Vec<usize> = syntax
            .children_by(at, &["compound", "obj", "xcomp", "advmod", "obl", "nmod", "acl"])
            .filter(|&child| child > at)
            .collect();
        for at in out.clone() {
            out.extend(syntax.children_by(at, &["case", "mark"]));
        }
        out
    }

    /// The words of the phrases that an act governs, and of the noun it is told of.
    pub(crate) fn arguments(&self, at: usize) -> Vec<usize> {
        let syntax = &self.syntax;
        let mut open: Vec<usize> = syntax
            .children(at)
            .filter(|&child| {
                matches!(syntax.kind(child), "obj" | "iobj" | "obl" | "xcomp" | "compound" | "nmod")
                    || syntax.relation(child) == "nsubj:pass"
            })
            .collect();
        if syntax.kind(at) == "acl" && (syntax.is_passive(at) || !syntax.has_kind(at, "obj")) {
            open.extend(syntax.head(at));
        }
        let mut next = 0;
        while next < open.len() && open.len() < MOST_SEEN {
            let down = syntax.children_by(open[next], &["nmod", "conj", "compound", "amod"]);
            let fresh: Vec<usize> = down.filter(|down| !open.contains(down)).collect();
            open.extend(fresh);
            next += 1;
        }
        open
    }

    /// The subject of the verb at `at`; the nearest party where the tree knows of none.
    pub(crate) fn subject(&self, at: usize, before: &Role) -> Role {
        let place = self.syntax.subjects(at);
        let role = self.role(&place, false);
        if role.head.is_none() {
            return self.subject_nearest(at, before);
        }
        // `issued a statement demanding …`: whoever issued it demands.
        let carried = (role.is_empty() && self.syntax.relation(at) == "acl")
            .then(|| self.syntax.head(at))
            .flatten()
            .filter(|&noun| self.syntax.kind(noun) == "obj");
        match carried.and_then(|noun| self.syntax.head(noun)) {
            Some(verb) => self.role(&self.syntax.subjects(verb), false),
            None => role,
        }
    }

    /// The parties of phrases; `wide` takes in those that the phrase is only about.
    pub(crate) fn role(&self, place: &Place, wide: bool) -> Role {
        let mut parties = Vec::new();
        for &head in &place.heads {
            for party in self.phrase(head, wide) {
                if !parties.contains(&party) {
                    parties.push(party);
                }
            }
        }
        Role {
            parties,
            from: place.from,
            head: place.heads.first().copied(),
        }
    }

    /// The parties of a phrase and of those joined to it.
    fn phrase(&self, head: usize, wide: bool) -> Vec<usize> {
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
            for part in (span.start..span.end).filter(|&part| part != here) {
                let geographic = joined(part).into_iter().filter(|&more| {
                    let named = self.party_at(more).map(|at| &self.parties[at]);
                    named.is_some_and(|p| p.coded() && p.sort != Sort::Role)
                });
                heads.extend(geographic);
            }
            if !out.contains(&party) {
                out.push(party);
            }
        }
        out
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
        if own.filter(sure).is_some() {
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

    /// Who is acted on by the act at `at`, by the frame's list of places.
    pub(crate) fn object(&self, at: usize, frame: &Frame, taken: &Role, passive: bool) -> Role {
        if frame.closed {
            return Role::default();
        }
        let agents = if passive { self.syntax.agents(at) } else { Vec::new() };
        let mut first: Option<Role> = None;
        for name in &frame.places {
            let mut place = self.place(at, name, passive);
            place.heads.retain(|head| !agents.contains(head));
            let role = self.free(self.role(&place, true), taken);
            if role.parties.iter().any(|&at| self.parties[at].coded()) {
                return role;
            }
            if role.head.is_some() && first.as_ref().is_none_or(Role::is_empty) {
                first = Some(role);
            }
        }
        match first {
            Some(role) if !role.is_empty() => role,
            Some(role) => Role {
                head: role.head,
                ..self.object_nearest(at, frame, taken)
            },
            None => self.object_nearest(at, frame, taken),
        }
    }

    fn place(&self, at: usize, name: &str, passive: bool) -> Place {
        let heads = match name {
            "obj" if passive => return self.syntax.subjects(at),
            "obj" => self.syntax.objects(at),
            "that" => self.syntax.clause_subjects(at),
            preposition => self.syntax.with_preposition(at, preposition),
        };
        Place::own(heads)
    }

    /// A role without those that have another, and without whoever speaks of himself.
    fn free(&self, role: Role, taken: &Role) -> Role {
        let fits = |at: &usize| {
            let party = &self.parties[*at];
            !taken.parties.contains(at) && party.sort != Sort::First
        };
        Role {
            parties: role.parties.into_iter().filter(fits).collect(),
            ..role
        }
    }

    /// Who does what a passive tells: with `by`, else whose attack it happened in.
    pub(crate) fn agent(&self, at: usize) -> Role {
        let place = Place::own(self.syntax.agents(at));
        if !place.heads.is_empty() {
            return self.role(&place, false);
        }
        let mut inside = self.syntax.children_by(at, &["obl"]).filter(|&child| {
            let case = self.syntax.case(child);
            case.is_some_and(|case| self.words.is(case, &["in", "during", "as"]))
                && self.lexicon.triggers.contains_key(self.words.lower(child))
        });
        inside.next().map_or_else(Role::default, |noun| self.owner_of_noun(noun))
    }

    /// Whose act a noun names: the subject of the verb that carries it, else its owner; and whether a verb carries it.
    pub(crate) fn owner(&self, at: usize, before: &Role) -> (Role, bool) {
        if let Some(verb) = self.carrier(at) {
            let passive = self.syntax.is_passive(verb);
            let role = if passive { self.agent(verb) } else { self.subject(verb, before) };
            return (role, true);
        }
        (self.owner_of_noun(at), false)
    }

    fn owner_of_noun(&self, at: usize) -> Role {
        let agents = self.syntax.agents(at);
        let owners = self.syntax.children(at).filter(|&child| {
            self.syntax.relation(child) == "nmod:poss"
                || matches!(self.syntax.kind(child), "amod" | "compound" | "nmod")
                    && child < at
                    && self.party_at(child).is_some_and(|party| self.may_own(party))
        });
        let mut heads: Vec<usize> = owners.collect();
        // `their withdrawal` is that of whoever completes it.
        if let (Some(&own), Some(verb)) = (heads.first(), self.syntax.head(at))
            && self.syntax.tag(own) == "PRP$"
            && self.party_at(own).is_none()
        {
            return self.role(&self.syntax.subjects(verb), false);
        }
        if heads.is_empty() {
            heads = agents;
        }
        self.role(
            &Place::own(heads),
            false,
        )
    }

    /// Whether a party may do what the noun behind it names: `Israeli raid`, not `Paris raid`.
    fn may_own(&self, at: usize) -> bool {
        let party = &self.parties[at];
        matches!(
            party.sort,
            Sort::Role
                | Sort::Unknown
                | Sort::Named(
                    Kind::People
                        | Kind::Country
                        | Kind::Organisation
                        | Kind::Seat
                        | Kind::Group
                        | Kind::Capital
                        | Kind::Person
                )
        )
    }

    /// The light verb that carries a noun: `launched` of `launched a new attack`, of `an attack launched by …`.
    fn carrier(&self, at: usize) -> Option<usize> {
        let light = |verb: &usize| {
            self.syntax.is_verb(*verb) && self.lexicon.light.contains(self.words.lower(*verb))
        };
        let carried = self
            .syntax
            .children_by(at, &["acl"])
            .find(|verb| light(verb) && self.syntax.is_passive(*verb));
        if carried.is_some() {
            return carried;
        }
        let mut here = at;
        // `a series of attacks` is carried as its first noun is.
        for _ in 0..3 {
            let head = self.syntax.head(here)?;
            match self.syntax.relation(here) {
                "obj" | "nsubj:pass" => return Some(head).filter(light),
                "obl" if self.syntax.has_kind(head, "compound") => return Some(head).filter(light),
                "nmod" | "conj" => here = head,
                _ => return None,
            }
        }
        None
    }
}
