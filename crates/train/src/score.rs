//! How well one CoNLL-U text agrees with another, aligned by characters as the evaluation of the CoNLL 2018 shared task
//! does it: sentences and words may be cut otherwise, the text itself must be the same.

mod sides;

use std::collections::BTreeMap;

use dateline::language::conllu::{Block, Word};

use self::sides::{Item, Side, align, common, same_text};
use crate::report;

/// Counts that a precision, a recall and their mean come from.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    pub gold: usize,
    pub answered: usize,
    pub right: usize,
}

impl Count {
    /// Precision, recall and F1 in percent; nothing answered and nothing to find is no mistake.
    pub(crate) fn shares(self) -> [f64; 3] {
        let share = |right: usize, of: usize| {
            if of == 0 {
                0.0
            } else {
                100.0 * right as f64 / of as f64
            }
        };
        [
            share(self.right, self.answered),
            share(self.right, self.gold),
            share(2 * self.right, self.gold + self.answered),
        ]
    }
}

/// What two texts have in common.
#[derive(Debug, Default, Clone)]
pub(crate) struct Score {
    pub sentences: Count,
    /// Orthographic words.
    pub tokens: Count,
    /// Syntactic words.
    pub words: Count,
    pub upos: Count,
    pub xpos: Count,
    pub lemma: Count,
    /// Right heads.
    pub uas: Count,
    /// Right heads and relations, subtypes included.
    pub las: Count,
    /// The same without what follows the colon of a relation, as the shared task counted.
    pub las_plain: Count,
    /// By relation, right in both head and relation.
    pub relations: BTreeMap<String, Count>,
}

impl Score {
    pub(crate) fn line(&self) -> String {
        let f1 = |count: Count| count.shares()[2];
        format!(
            "UAS {:.2}  LAS {:.2}  UPOS {:.2}  XPOS {:.2}  lemma {:.2}",
            f1(self.uas),
            f1(self.las),
            f1(self.upos),
            f1(self.xpos),
            f1(self.lemma)
        )
    }

    /// The names and counts of all that is measured on whole texts.
    pub(crate) fn counts(&self) -> [(&'static str, Count); 9] {
        [
            ("tokens", self.tokens),
            ("sentences", self.sentences),
            ("words", self.words),
            ("UPOS", self.upos),
            ("XPOS", self.xpos),
            ("lemmas", self.lemma),
            ("UAS", self.uas),
            ("LAS", self.las),
            ("LAS-plain", self.las_plain),
        ]
    }
}

/// Compares an answer with the truth; refused where they are not of one text.
pub(crate) fn score(gold: &[Block], answer: &[Block]) -> Result<Score, String> {
    let both = Both::new(Side::new(gold), Side::new(answer))?;
    let same = |column: fn(&Word) -> &str| both.count(|g, a| column(g.word) == column(a.word));
    let plain = |word: &Word| word.relation.split(':').next().map(str::to_string);
    Ok(Score {
        sentences: common(&both.gold.sentences, &both.answer.sentences),
        tokens: common(&both.gold.tokens, &both.answer.tokens),
        words: both.count(|_, _| true),
        upos: same(|word| &word.upos),
        xpos: same(|word| &word.xpos),
        lemma: same(|word| &word.lemma),
        uas: both.count(|g, a| both.same_head(g, a)),
        las: both.count(|g, a| both.same_arc(g, a)),
        las_plain: both.count(|g, a| both.same_head(g, a) && plain(g.word) == plain(a.word)),
        relations: both.relations(),
    })
}

/// Two sides of one text, their words paired.
struct Both<'a> {
    gold: Side<'a>,
    answer: Side<'a>,
    pairs: Vec<(usize, usize)>,
    /// The answer's word that a word of the truth is paired with.
    found: Vec<Option<usize>>,
}

impl<'a> Both<'a> {
    fn new(gold: Side<'a>, answer: Side<'a>) -> Result<Self, String> {
        same_text(&gold.letters, &answer.letters)?;
        let pairs = align(&gold.words, &answer.words);
        let mut found = vec![None; gold.words.len()];
        for (g, a) in &pairs {
            found[*g] = Some(*a);
        }
        Ok(Self {
            gold,
            answer,
            pairs,
            found,
        })
    }

    /// The pairs that pass.
    fn passing(&self, test: impl Fn(&Item, &Item) -> bool) -> impl Iterator<Item = &Item<'a>> {
        let pairs = self.pairs.iter();
        let items = pairs.map(|(g, a)| (&self.gold.words[*g], &self.answer.words[*a]));
        items.filter(move |(g, a)| test(g, a)).map(|(g, _)| g)
    }

    fn count(&self, test: impl Fn(&Item, &Item) -> bool) -> Count {
        Count {
            gold: self.gold.words.len(),
            answered: self.answer.words.len(),
            right: self.passing(test).count(),
        }
    }

    fn same_head(&self, g: &Item, a: &Item) -> bool {
        match g.head {
            None => a.head.is_none(),
            Some(head) => self.found[head].is_some() && self.found[head] == a.head,
        }
    }

    fn same_arc(&self, g: &Item, a: &Item) -> bool {
        self.same_head(g, a) && g.word.relation == a.word.relation
    }

    fn relations(&self) -> BTreeMap<String, Count> {
        let mut counts: BTreeMap<String, Count> = BTreeMap::new();
        let mut add = |item: &Item, to: fn(&mut Count) -> &mut usize| {
            *to(counts.entry(item.word.relation.clone()).or_default()) += 1;
        };
        let (gold, answer) = (&self.gold.words, &self.answer.words);
        gold.iter()
            .for_each(|item| add(item, |count| &mut count.gold));
        answer
            .iter()
            .for_each(|item| add(item, |count| &mut count.answered));
        self.passing(|g, a| self.same_arc(g, a))
            .for_each(|item| add(item, |count| &mut count.right));
        counts
    }
}

/// `train score`: prints how well a file agrees with the truth.
pub(crate) fn files(args: &crate::ScoreArgs) -> Result<(), Box<dyn std::error::Error>> {
    let gold = crate::corpus::read(&args.gold)?;
    let answer = crate::corpus::read(&args.answer)?;
    report::table(&mut std::io::stdout().lock(), &score(&gold, &answer)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dateline::language::conllu;

    /// Blocks from lines of `id form head relation`.
    fn blocks(sentences: &[&[&str]]) -> Vec<Block> {
        let mut text = String::new();
        for sentence in sentences {
            for line in *sentence {
                let fields: Vec<&str> = line.split(' ').collect();
                let head = fields.get(2).unwrap_or(&"_");
                let relation = fields.get(3).unwrap_or(&"_");
                let line = format!(
                    "{}\t{}\t_\t_\t_\t_\t{head}\t{relation}\t_\t_\n",
                    fields[0], fields[1]
                );
                text.push_str(&line);
            }
            text.push('\n');
        }
        conllu::read(&text).expect("the lines are well formed")
    }

    #[test]
    fn the_same_is_all_right() {
        let gold = blocks(&[
            &["1-2 can't", "1 ca 0 root", "2 n't 1 advmod"],
            &["1 No 0 root"],
        ]);
        let score = score(&gold, &gold).expect("one text");
        for (name, count) in score.counts() {
            assert!(
                (count.shares()[2] - 100.0).abs() < 1e-9,
                "{name}: {count:?}"
            );
        }
    }

    #[test]
    fn a_word_cut_otherwise_costs_itself_and_those_that_hang_on_it() {
        let gold = blocks(&[&["1 a 3 det", "2 well-off 3 amod", "3 man 0 root"]]);
        let answer = blocks(&[&[
            "1 a 5 det",
            "2 well 4 advmod",
            "3 - 4 punct",
            "4 off 5 amod",
            "5 man 0 root",
        ]]);
        let score = score(&gold, &answer).expect("one text");
        assert_eq!(
            score.words,
            Count {
                gold: 3,
                answered: 5,
                right: 2
            }
        );
        assert_eq!(score.las.right, 2);
        assert_eq!(score.sentences.right, 1);
        assert_eq!(
            score.relations["amod"],
            Count {
                gold: 1,
                answered: 1,
                right: 0
            }
        );
    }

    #[test]
    fn parts_of_an_orthographic_word_are_paired_by_their_forms() {
        let gold = blocks(&[&["1-2 wanna", "1 want 0 root", "2 to 3 mark", "3 go 1 xcomp"]]);
        let answer = blocks(&[&["1-2 wanna", "1 wan 0 root", "2 to 3 mark", "3 go 1 xcomp"]]);
        let score = score(&gold, &answer).expect("one text");
        assert_eq!(score.tokens.right, 2);
        assert_eq!(score.words.right, 2);
        assert_eq!(score.las.right, 1);
    }

    #[test]
    fn sentences_cut_otherwise_are_not_the_same_sentences() {
        let gold = blocks(&[&["1 A 0 root"], &["1 B 0 root"], &["1 C 0 root"]]);
        let answer = blocks(&[&["1 A 0 root", "2 B 1 dep"], &["1 C 0 root"]]);
        let score = score(&gold, &answer).expect("one text");
        assert_eq!(
            score.sentences,
            Count {
                gold: 3,
                answered: 2,
                right: 1
            }
        );
        assert_eq!(score.uas.right, 2);
    }

    #[test]
    fn another_text_is_refused() {
        let error = score(&blocks(&[&["1 abc"]]), &blocks(&[&["1 abd"]]));
        assert!(error.is_err_and(|what| what.contains("character 2")));
    }
}
