//! Clues to whom a phrase means: what speaks for a code, as numbers that are weighed.

/// All clues, in the order of their numbers.
pub const CLUES: [&str; 49] = [
    "own_state",
    "own_people",
    "own_place",
    "own_body",
    "own_person",
    "before_state",
    "before_people",
    "before_place",
    "before_body",
    "before_person",
    "before_other",
    "after_of",
    "after_from",
    "after_in",
    "after_to",
    "after_other",
    "nearest",
    "aside",
    "aside_first",
    "surname",
    "surname_best",
    "noun",
    "noun_last",
    "sentence_before",
    "sentence_after",
    "sentence_place",
    "share",
    "most",
    "second",
    "title",
    "first",
    "last_named",
    "last_subject",
    "last_person",
    "last_body",
    "sentence_subject",
    "recent",
    "group",
    "speaker",
    "owner",
    "dateline",
    "role_group",
    "nobody_own",
    "nobody_loose",
    "nobody_many",
    "nobody",
    "nobody_few",
    "nobody_alone",
    "only",
];

/// What speaks for or against a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Clue {
    /// The head is in the name of a state.
    OwnState,
    /// The head is in the name of a people.
    OwnPeople,
    /// The head is in the name of a town or province.
    OwnPlace,
    /// The head is in the name of a body.
    OwnBody,
    /// The head is in the name of a person.
    OwnPerson,
    /// A state is named before the head.
    BeforeState,
    /// A people is named before the head.
    BeforePeople,
    /// A town or province is named before the head.
    BeforePlace,
    /// A body is named before the head.
    BeforeBody,
    /// A person is named before the head.
    BeforePerson,
    /// It is named twice before the head.
    BeforeOther,
    /// Named after `of`.
    AfterOf,
    /// Named after `from` or `by`.
    AfterFrom,
    /// Named after `in` or the like.
    AfterIn,
    /// Named after `to`, `for`, `with` or the like.
    AfterTo,
    /// Named after the head in another way.
    AfterOther,
    /// No name of the phrase is nearer to the head.
    Nearest,
    /// Named in an apposition or a relative clause.
    Aside,
    /// No name aside is nearer to the head.
    AsideFirst,
    /// Share of what stood with the proper nouns of the phrase elsewhere.
    Surname,
    /// Nothing stood more often with them.
    SurnameBest,
    /// Share of what stood with the same noun before.
    Noun,
    /// It stood with the same noun the last time.
    NounLast,
    /// Named earlier in the sentence.
    SentenceBefore,
    /// Named later in the sentence.
    SentenceAfter,
    /// Named in the sentence as where it happens.
    SentencePlace,
    /// Share of the names of the story.
    Share,
    /// Named most often in the story.
    Most,
    /// Named second most often.
    Second,
    /// Named in the headline.
    Title,
    /// The first name of the story.
    First,
    /// The last name before the phrase.
    LastNamed,
    /// The last subject whose country is known.
    LastSubject,
    /// The last such subject that is a person.
    LastPerson,
    /// The last such subject that is none.
    LastBody,
    /// The subject before it in the sentence.
    SentenceSubject,
    /// How near before it was named.
    Recent,
    /// It is a group, not a country.
    Group,
    /// Who says what the phrase stands in.
    Speaker,
    /// The subject, and a possessive pronoun stands in the phrase.
    Owner,
    /// Where the story is dated from.
    Dateline,
    /// The group of a noun of role in the phrase.
    RoleGroup,
    /// The noun is nobody's: the international community.
    NobodyOwn,
    /// A word such as `foreign` or `other` stands before the noun.
    NobodyLoose,
    /// The phrase names several.
    NobodyMany,
    /// Nobody whose country is known.
    Nobody,
    /// Hardly anybody is named in the story.
    NobodyFew,
    /// Nobody is named in the story.
    NobodyAlone,
    /// Nobody else is named in the story.
    Only,
}

impl Clue {
    /// Its place in the lists of weights.
    pub(crate) fn number(self) -> usize {
        self as usize
    }
}

/// What a phrase looks like: which clues count for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Situation {
    /// What its head is.
    pub(crate) head: &'static str,
    /// The strongest kind of evidence there is.
    pub(crate) evidence: &'static str,
}

/// One who may be meant, with the clues to it.
#[derive(Debug)]
pub(crate) struct Candidate<'l> {
    /// Country or group; empty: nobody whose country is known.
    pub(crate) code: &'l str,
    /// Numbers of clues and their strengths.
    pub(crate) clues: Vec<(usize, f32)>,
}

impl Candidate<'_> {
    /// Takes down a clue that holds.
    pub(crate) fn add(&mut self, clue: Clue, holds: bool) {
        if holds {
            self.weigh(clue, 1.0);
        }
    }

    /// Takes down a clue of some strength.
    pub(crate) fn weigh(&mut self, clue: Clue, strength: f32) {
        self.clues.push((clue.number(), strength));
    }
}

/// PLOVER's codes of those who are of no one country.
pub(crate) const GROUPS: [&str; 7] = ["IGO", "UNO", "EUR", "NGO", "ISM", "IMG", "MNC"];
