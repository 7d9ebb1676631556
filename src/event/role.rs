//! Who does it to whom: the phrases of a clause, each with the parties it names.

use super::{
    actor::{Party, Sort},
    frame::Frame,
    lexicon::Lexicon,
    syntax::Syntax,
    syntax::clause::Place,
    words::Words,
};

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

    /// The subject of the verb at `at`; the nearest party where the tree knows of none.
    pub(crate) fn subject(&self, at: usize, before: &Role) -> Role {
        let place = self.syntax.subjects(at);
        let role = self.role(&place, false);
        if role.head.is_none() || (role.is_empty() && place.heads.contains(&at)) {
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

    /// Who is acted on by the act at `at`, by the frame's list of places.
    pub(crate) fn object(&self, at: usize, frame: &Frame, taken: &Role, passive: bool) -> Role {
        if frame.closed && frame.places.is_empty() {
            return Role::default();
        }
        let agents = if passive {
            self.syntax.agents(at)
        } else {
            Vec::new()
        };
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
            _ if frame.closed => Role::default(),
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
            "unless" => self.syntax.condition_subjects(at),
            preposition
                if self.syntax.relation(at) == "acl:relcl"
                    && self.syntax.is_stranded(at, preposition) =>
            {
                self.syntax.objects(at)
            }
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
        let mut place = Place::own(self.syntax.agents(at));
        if place.heads.is_empty() {
            // `charged with fraud by prosecutors`, where the parser gives the fraud an agent.
            let far = self.syntax.with_preposition(at, "by").into_iter();
            place.heads = far.filter(|&head| self.party_at(head).is_some()).collect();
        }
        if !place.heads.is_empty() {
            return self.role(&place, false);
        }
        let mut inside = self.syntax.children_by(at, &["obl"]).filter(|&child| {
            let case = self.syntax.case(child);
            case.is_some_and(|case| self.words.is(case, &["in", "during", "as"]))
                && self.lexicon.triggers.contains_key(self.words.lower(child))
        });
        inside
            .next()
            .map_or_else(Role::default, |noun| self.owner_of_noun(noun))
    }
}
