//! Whose act a noun tells: of whoever carries it with a light verb, of whoever it belongs to.

use super::{
    actor::Sort,
    lexicon::Kind,
    role::{Role, Scene},
    syntax::clause::Place,
};

impl Scene<'_, '_> {
    /// Whose act a noun names: the subject of the verb that carries it, else its owner; and whether a verb carries it.
    pub(crate) fn owner(&self, at: usize, before: &Role) -> (Role, bool) {
        if let Some(verb) = self.carrier(at) {
            let passive = self.syntax.is_passive(verb);
            let role = if passive {
                self.agent(verb)
            } else {
                self.subject(verb, before)
            };
            return (role, true);
        }
        (self.owner_of_noun(at), false)
    }

    /// Whose act a noun names by its own phrase: `Russia's attack`, `the arrest of a man by police`.
    pub(crate) fn owner_of_noun(&self, at: usize) -> Role {
        let agents = self.agents_of_noun(at);
        let owners = self.syntax.children(at).filter(|&child| {
            self.syntax.relation(child) == "nmod:poss"
                || matches!(self.syntax.kind(child), "amod" | "compound" | "nmod")
                    && child < at
                    && self
                        .party_at(child)
                        .is_some_and(|party| self.may_own(party))
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
        self.role(&Place::own(heads), false)
    }

    /// Who stands behind `by`, also where the parser hangs that on whoever suffers it: `the arrest of a man by police`.
    fn agents_of_noun(&self, at: usize) -> Vec<usize> {
        let own = self.syntax.agents(at);
        if !own.is_empty() {
            return own;
        }
        let of = |child: &usize| {
            let case = self.syntax.case(*child);
            case.is_some_and(|case| self.words.is(case, &["of"]))
        };
        let sufferers = self.syntax.children_by(at, &["nmod"]).filter(of);
        let below = sufferers.flat_map(|sufferer| self.syntax.agents(sufferer));
        below
            .filter(|&agent| self.party_at(agent).is_some())
            .collect()
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
