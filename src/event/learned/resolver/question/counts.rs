//! What is counted for each code that a word may mean.

/// What is counted for each code.
pub(super) struct Counts<'i> {
    /// Names in the phrase itself, nearest first: how far from the word, where and of which kind.
    pub(super) direct: Vec<Vec<(usize, usize, u8)>>,
    /// How many those are, and names with a code in the article.
    pub(super) named: usize,
    pub(super) total: f32,
    /// Names in the phrase with all that is said about it.
    pub(super) wide: Vec<f32>,
    /// How often the names of the phrase stood with the code elsewhere, and its noun before.
    pub(super) proper: Vec<f32>,
    pub(super) nouns: Vec<f32>,
    /// Words since it was named last.
    pub(super) last: Vec<f32>,
    /// Names in the sentence outside the phrase.
    pub(super) beside: Vec<f32>,
    /// The code named last.
    pub(super) latest: Option<usize>,
    /// Where the last subject with a code stands, and its code.
    pub(super) subject: Option<(usize, usize)>,
    /// How likely the cast takes the word for each code, and last for none.
    pub(super) heard: Option<&'i [f32]>,
}

impl Counts<'_> {
    /// How likely the cast takes the word for a code, and how many codes it thinks likelier.
    pub(super) fn heard_for(&self, code: usize) -> [f32; 2] {
        self.heard.map_or([-1.0, 0.0], |odds| {
            let better = odds.iter().filter(|other| **other > odds[code]).count();
            [odds[code], better as f32]
        })
    }
}
