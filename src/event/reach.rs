//! Where the words of a pattern may stand: near behind an act, right on it, in the phrases that it governs.

use super::{role::Scene, syntax::Syntax};

/// Words of the phrases of one act that are looked at.
const MOST_SEEN: usize = 60;

/// The words that belong to the act at a word, found once for all its frames.
#[derive(Debug)]
pub(crate) struct Reach {
    /// The word that tells the act.
    pub(crate) at: usize,
    /// Those that hang right on it, and the prepositions of its phrases.
    pub(crate) attached: Vec<usize>,
    /// Those of the phrases that it governs.
    pub(crate) arguments: Vec<usize>,
}

impl Reach {
    pub(crate) fn of(scene: &Scene<'_, '_>, at: usize) -> Self {
        Self {
            at,
            attached: attached(&scene.syntax, at),
            arguments: arguments(&scene.syntax, at),
        }
    }

    /// The words of the phrases that are the subject of the act.
    pub(crate) fn subject<'s>(&self, scene: &'s Scene<'_, '_>) -> impl Iterator<Item = usize> + 's {
        let heads = scene.syntax.subjects(self.at).heads.into_iter();
        heads.flat_map(move |head| {
            let parts = ["compound", "amod", "nmod", "conj", "nummod"];
            let parts = scene.syntax.children(head).filter(move |&part| {
                parts.contains(&scene.syntax.kind(part))
                    && scene.syntax.relation(part) != "nmod:poss"
            });
            std::iter::once(head).chain(parts)
        })
    }
}

/// The words that hang right on an act, and the prepositions of its phrases.
fn attached(syntax: &Syntax<'_>, at: usize) -> Vec<usize> {
    let mut out: Vec<usize> = syntax
        .children_by(
            at,
            &["compound", "obj", "xcomp", "advmod", "obl", "nmod", "acl"],
        )
        .filter(|&child| child > at)
        .collect();
    for at in out.clone() {
        out.extend(syntax.children_by(at, &["case", "mark"]));
    }
    out
}

/// The words of the phrases that an act governs, and of the noun it is told of.
fn arguments(syntax: &Syntax<'_>, at: usize) -> Vec<usize> {
    let mut open: Vec<usize> = syntax
        .children(at)
        .filter(|&child| {
            matches!(
                syntax.kind(child),
                "obj" | "iobj" | "obl" | "xcomp" | "compound" | "nmod"
            ) || syntax.relation(child) == "nsubj:pass"
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
