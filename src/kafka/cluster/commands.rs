//! Commands of Kafka's own tools, as they are pasted into a shell.

/// What is said beside commands.
// A cluster that asks who the client is asks the operator too.
pub(in crate::kafka) const WHO: &str =
    "add --command-config FILE where the cluster asks who you are";

/// A word of a command: in quotes where a shell would read something else.
pub(in crate::kafka) fn quote_for_shell(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-.,:/=@%+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_a_shell_would_read_otherwise_is_in_quotes() {
        for (word, expected) in [
            ("User:dateline", "User:dateline"),
            ("User:CN=worker,O=Acme Corp", "'User:CN=worker,O=Acme Corp'"),
            ("a=[b,c]", "'a=[b,c]'"),
            ("User:O'Neill $HOME", "'User:O'\\''Neill $HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quote_for_shell(word), expected);
        }
    }
}
