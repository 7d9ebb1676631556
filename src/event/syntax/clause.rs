//! Who stands in which place of a clause: subjects, agents and objects of a verb, also those it only shares.

use super::Syntax;

/// Verbs on the way up to a subject.
// Longer chains are faults of the parse.
const MOST_CLAUSES: usize = 8;
/// Relations that a search for a preposition goes down through.
const COMPLEMENTS: [&str; 9] = [
    "obj", "iobj", "obl", "nmod", "xcomp", "ccomp", "nsubj", "acl", "conj",
];
/// Words looked at in such a search.
const MOST_SEEN: usize = 40;

/// The heads of phrases in a place, and how they came there.
#[derive(Debug, Default)]
pub(crate) struct Place {
    pub(crate) heads: Vec<usize>,
    /// `syntax`, or `inherited` where the place is that of another verb.
    pub(crate) from: &'static str,
}

impl Place {
    pub(crate) fn own(heads: Vec<usize>) -> Self {
        Self {
            heads,
            from: "syntax",
        }
    }
}

impl Syntax<'_> {
    /// Whether a verb tells what happens to its subject.
    pub(crate) fn is_passive(&self, at: usize) -> bool {
        let mut here = at;
        for _ in 0..MOST_CLAUSES {
            let object = self.has_kind(here, "obj");
            if self.has(here, "aux:pass") || self.has(here, "nsubj:pass") && !object {
                return true;
            }
            // A participle with an object is a past that was tagged wrong.
            if self.tag(here) != "VBN" || self.has_kind(here, "aux") || object {
                return false;
            }
            if self.relation(here) == "acl" || self.has(here, "obl:agent") {
                return true;
            }
            match (self.kind(here), self.head(here)) {
                ("advcl", _) => return true,
                ("conj", Some(head)) if !self.has_kind(here, "nsubj") => here = head,
                _ => return false,
            }
        }
        false
    }

    /// The subjects of a verb, its own or those it shares with the verb above; for a passive, who suffers.
    pub(crate) fn subjects(&self, at: usize) -> Place {
        let mut here = at;
        let mut from = "syntax";
        for _ in 0..MOST_CLAUSES {
            // `A, B and C met` may be read as two subjects; one behind the verb is that of another.
            let own: Vec<usize> = self
                .children_by(here, &["nsubj"])
                .filter(|&subject| !self.is_whom(subject))
                .enumerate()
                .filter(|&(index, subject)| index == 0 || subject < here)
                .map(|(_, subject)| self.antecedent(subject))
                .collect();
            if !own.is_empty() {
                return Place { heads: own, from };
            }
            let Some(head) = self.head(here) else { break };
            if let Some(heads) = self.shared(here, head) {
                return Place { heads, from };
            }
            let Some(next) = self.sharing(here, head) else {
                break;
            };
            if self.kind(here) != "xcomp" {
                from = "inherited";
            }
            here = next;
        }
        Place::default()
    }

    /// The subject that a dependent clause takes from the word right above it.
    fn shared(&self, here: usize, head: usize) -> Option<Vec<usize>> {
        match self.relation(here) {
            "xcomp" if self.is_verb(head) && !self.is_passive(head) => self
                .children_by(head, &["obj", "iobj"])
                .next()
                .map(|object| vec![self.antecedent(object)]),
            "advcl" if !self.is_passive(here) && self.is_passive(head) => {
                Some(self.agents(head)).filter(|agents| !agents.is_empty())
            }
            "acl:relcl" => Some(vec![head]),
            "acl" if self.tag(here) != "VB" => Some(vec![head]),
            "acl" => self
                .children(head)
                .find(|&child| self.relation(child) == "nmod:poss")
                .map(|owner| vec![owner]),
            _ => None,
        }
    }

    /// The word whose subject a clause without one of its own has.
    fn sharing(&self, here: usize, head: usize) -> Option<usize> {
        match self.kind(here) {
            "conj" if !self.is_nominal(head) => Some(head),
            "xcomp" | "advcl" => Some(head),
            "ccomp" | "csubj" if !self.is_finite(here) => Some(head),
            "acl" if matches!(self.kind(head), "obj" | "obl" | "xcomp") => self.head(head),
            "obj" | "obl" | "nmod" if !self.is_nominal(here) => Some(head),
            _ => None,
        }
    }

    /// `whom`, which is never a subject.
    fn is_whom(&self, at: usize) -> bool {
        self.lemma(at) == "whom"
    }

    /// The noun that a relative pronoun stands for, else the word itself.
    pub(crate) fn antecedent(&self, at: usize) -> usize {
        if !self.is_relative(at) {
            return at;
        }
        let mut above = self.ancestors(at);
        let clause = above.find(|&verb| self.relation(verb) == "acl:relcl");
        clause.and_then(|verb| self.head(verb)).unwrap_or(at)
    }

    /// Who does what a passive verb or a noun tells: the phrases with `by`.
    pub(crate) fn agents(&self, at: usize) -> Vec<usize> {
        let by = |child: &usize| {
            self.relation(*child) == "obl:agent"
                || matches!(self.kind(*child), "obl" | "nmod")
                    && self
                        .case(*child)
                        .is_some_and(|case| self.lemma(case) == "by")
        };
        let found = self.children(at).filter(by);
        found.filter(|&at| self.is_nominal(at)).collect()
    }

    /// The objects of a verb, the one that receives before the one that is given; in a relative clause without one the
    /// noun it belongs to; else whoever a clause behind the verb is about.
    pub(crate) fn objects(&self, at: usize) -> Vec<usize> {
        let mut found: Vec<usize> = self.children_by(at, &["iobj"]).collect();
        found.extend(self.children_by(at, &["obj"]));
        if found.is_empty() {
            // The parser takes `whom` for a subject, and the ruling of `called the ruling “unjust”` for what it is called.
            let whom = self
                .children_by(at, &["nsubj"])
                .filter(|&at| self.is_whom(at));
            found.extend(whom);
            let mut called = self.children_by(at, &["xcomp"]).filter(|&child| child > at);
            let first = called.next().filter(|&first| self.is_nominal(first));
            found.extend(first.filter(|_| called.next().is_some()));
        }
        if found.is_empty() && self.relation(at) == "acl:relcl" {
            let mut subjects = self.children_by(at, &["nsubj"]);
            let gap = subjects.next().is_some_and(|s| !self.is_relative(s));
            found.extend(self.head(at).filter(|_| gap));
        }
        if found.is_empty() {
            found = self.clause_subjects(at);
        }
        found.into_iter().map(|at| self.antecedent(at)).collect()
    }

    /// The subjects of the clause that a verb governs: `demanded that X …`, `wants X to …`.
    pub(crate) fn clause_subjects(&self, at: usize) -> Vec<usize> {
        let clauses = self.children_by(at, &["ccomp", "xcomp"]);
        clauses
            .filter(|&clause| clause > at)
            .flat_map(|clause| self.children_by(clause, &["nsubj"]))
            .collect()
    }

    /// The subjects of what an act depends on: `unless X withdraws`.
    pub(crate) fn condition_subjects(&self, at: usize) -> Vec<usize> {
        let conditional = |&clause: &usize| {
            let mut marks = self.children_by(clause, &["mark"]);
            marks.any(|mark| matches!(self.lemma(mark), "unless" | "until" | "if"))
        };
        let below = std::iter::once(at).chain(self.children_by(at, &["xcomp", "ccomp"]));
        let clauses = below.flat_map(|verb| self.children_by(verb, &["advcl"]));
        let clauses = clauses.filter(conditional).collect::<Vec<_>>();
        let subjects = |clause: usize| self.children_by(clause, &["nsubj"]).collect::<Vec<_>>();
        clauses.into_iter().flat_map(subjects).collect()
    }

    /// Whether a preposition stands alone with a verb: `whom X called on`.
    pub(crate) fn is_stranded(&self, at: usize, preposition: &str) -> bool {
        let mut alone = self.children_by(at, &["compound", "obl", "advmod"]);
        alone.any(|child| self.lemma(child) == preposition)
    }

    /// The phrases that stand with a preposition under a word, the shallowest first.
    pub(crate) fn with_preposition(&self, at: usize, preposition: &str) -> Vec<usize> {
        let mut open = vec![at];
        let mut next = 0;
        while next < open.len() && open.len() < MOST_SEEN {
            let here = open[next];
            next += 1;
            for child in self.children(here) {
                let stands = self
                    .children_by(child, &["case", "mark"])
                    .any(|case| self.lemma(case) == preposition);
                let behind = child > at || self.relation(here) == "nsubj:pass";
                if stands && self.is_nominal(child) && (behind || self.is_relative(child)) {
                    return vec![self.antecedent(child)];
                }
                let down = COMPLEMENTS.contains(&self.kind(child))
                    && self.relation(child) != "acl:relcl"
                    && (here != at || child > at || self.relation(child) == "nsubj:pass");
                if down {
                    open.push(child);
                }
            }
        }
        Vec::new()
    }
}
