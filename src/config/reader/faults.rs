//! Faults of keys: where each stands, and what was meant where a name is near one that is known.

use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

use super::{ConfigDocument, ConfigTable};
use crate::config::{ConfigFault, near::find_nearest};

impl ConfigDocument {
    pub(super) fn record_at(&self, at: usize, key: &str, problem: String, accepted: &str) {
        let before = self.text.as_bytes().iter().take(at);
        self.faults.borrow_mut().push(ConfigFault {
            file: self.path.clone(),
            line: before.filter(|&&byte| byte == b'\n').count() + 1,
            key: key.to_owned(),
            problem,
            accepted: accepted.to_owned(),
        });
    }
}

impl ConfigTable<'_> {
    /// Records a fault of a key of this table.
    pub(crate) fn record_fault(&self, key: &str, problem: impl Into<String>, accepted: &str) {
        let full = self.full_key(key);
        // A variable may stand for a whole table.
        let set = [full.as_str(), self.path.as_str()].map(|key| self.overrides.find(key));
        if let Some(set) = set.into_iter().flatten().next() {
            self.document.faults.borrow_mut().push(ConfigFault {
                file: format!("the environment, {}", set.name()).into(),
                line: 1,
                key: full,
                problem: problem.into(),
                accepted: accepted.to_owned(),
            });
            return;
        }
        let at = self
            .entries
            .and_then(|entries| entries.get_key_value(key))
            .map(|(name, _)| name.span().start);
        self.document
            .record_at(at.unwrap_or(self.at), &full, problem.into(), accepted);
    }

    /// Refuses the keys nobody asked for.
    pub(crate) fn refuse_unknown(&self) {
        let asked = self.asked.borrow();
        // Each text may come from a file as well; that is said once, in the file that `init` writes.
        let is_told = |key: &&str| {
            key.strip_suffix("_file")
                .is_none_or(|base| !asked.contains(base))
        };
        let known: Vec<&str> = asked.iter().map(String::as_str).filter(is_told).collect();
        for (name, _) in self.entries.into_iter().flatten() {
            let name_text: &str = name.get_ref();
            if asked.contains(name_text) {
                continue;
            }
            let problem = match find_nearest(name_text, known.iter().copied()) {
                Some(meant) => format!("unknown key; did you mean `{meant}`?"),
                None => "unknown key".to_owned(),
            };
            let key = self.full_key(name_text);
            self.document
                .record_at(name.span().start, &key, problem, &known.join(", "));
        }
    }

    pub(super) fn record_wrong_kind(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        accepted: &str,
    ) {
        let kind = value.get_ref().type_str();
        let problem = format!("is {} {kind}", indefinite_article(kind));
        self.record_fault(key, problem, accepted);
    }
}

fn indefinite_article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o']) {
        "an"
    } else {
        "a"
    }
}

/// The line of a key of a file, by the names of its tables and its own; of the last of them that is there.
pub(crate) fn find_line(text: &str, path: &[&str]) -> usize {
    let (root, _) = DeTable::parse_recoverable(text);
    let (mut table, mut at) = (Some(root.get_ref()), 0);
    for name in path {
        let Some((key, value)) = table.and_then(|table| table.get_key_value(*name)) else {
            break;
        };
        at = key.span().start;
        table = value.get_ref().as_table();
    }
    text.as_bytes()
        .iter()
        .take(at)
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}
