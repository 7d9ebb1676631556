//! The inside of a tag: its attributes, and the parts of its name.

/// Name and value pairs of a tag, values as written.
pub(super) fn split_attributes(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (name, after) = rest.split_once('=')?;
        let name = name
            .trim()
            .rsplit(char::is_whitespace)
            .next()
            .unwrap_or_default();
        let after = after.trim_start();
        let quote = after.chars().next().filter(|c| ['"', '\''].contains(c));
        let (value, left) = match quote {
            Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
            None => after.split_once(char::is_whitespace).unwrap_or((after, "")),
        };
        rest = left;
        Some((name, value))
    })
}

/// The name without its prefix, and the prefix.
pub(super) fn split_name(name: &str) -> (&str, &str) {
    match name.bytes().rposition(|byte| byte == b':') {
        Some(at) => (&name[..at], &name[at + 1..]),
        None => ("", name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attributes_are_read_with_any_quotes_and_none() {
        let read: Vec<_> = split_attributes(" a=\"1\" b = '2>' c=3 d").collect();
        assert_eq!(read, [("a", "1"), ("b", "2>"), ("c", "3")]);
    }
}
