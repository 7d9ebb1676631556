//! Parties: phrases of a sentence that name somebody who can act or be acted on.

use super::lexicon::{Entry, Kind};
use crate::language::Span;

/// What a phrase is, for the roles it can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    /// In the lexicon.
    Named(Kind),
    /// A noun of role, with or without whose.
    Role,
    /// Capitals nobody listed.
    Unknown,
    /// `he`, `it`, `they`.
    Third,
    /// `we`, `I`.
    First,
}

/// One phrase.
#[derive(Debug, Clone)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the phrase"
)]
pub(crate) struct Party<'l> {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) sort: Sort,
    pub(crate) name: Option<String>,
    pub(crate) country: &'l str,
    pub(crate) country_from: &'static str,
    pub(crate) group: &'l str,
    pub(crate) sectors: Vec<&'l str>,
    pub(crate) wikidata: &'l str,
    /// Where the name was read, when that is not the phrase itself.
    pub(crate) name_at: Option<Span>,
    /// A territory that is folded into a state, by its own name.
    pub(crate) territory: &'l str,
    /// The place it names, where it names one.
    pub(crate) place: Option<&'l Entry>,
    /// The word that governs it, where that is a preposition.
    pub(crate) preposition: Option<usize>,
    /// Joined to the party before it: `Poland and Romania`.
    pub(crate) joined: bool,
    /// `Pakistan's` before something that is no party.
    pub(crate) possessive: bool,
    /// May be of the country around it where the text gives none; a state may not.
    pub(crate) inherits: bool,
    /// Who reports, and is no party of what is reported.
    pub(crate) speaker: bool,
}

impl Party<'_> {
    /// Whether it shares a word with `start..end`.
    pub(crate) fn meets(&self, start: usize, end: usize) -> bool {
        self.start < end && start < self.end
    }

    pub(crate) fn coded(&self) -> bool {
        !self.country.is_empty() || !self.group.is_empty()
    }

    /// Nobody says of which country, and it may be taken for one of the country around it: a noun of role may, a name
    /// that nobody listed only where the article is about one country alone.
    pub(crate) fn open(&self, alone: bool) -> bool {
        !self.coded() && self.inherits && (self.name.is_none() || alone)
    }

    pub(crate) fn pronoun(&self) -> bool {
        matches!(self.sort, Sort::Third | Sort::First)
    }

    /// Names a place and nothing else.
    pub(crate) fn only_place(&self) -> bool {
        matches!(self.sort, Sort::Named(Kind::City | Kind::Area))
    }
}
