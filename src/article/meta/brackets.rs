//! Brackets in a byline: short names of agencies and papers, or a name between two others.

/// Cuts short names of agencies and papers in brackets: `Elena Oberholt (obe)`.
pub(super) fn without_brackets(line: &str) -> String {
    if has_middle_name(line) {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len());
    let mut depth = 0_u32;
    for c in line.chars() {
        match c {
            '(' | '[' | '（' | '【' => depth += 1,
            ')' | ']' | '）' | '】' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    // The whole line in brackets is the name itself: `【松岡大地】`.
    if out.trim().is_empty() {
        line.trim_matches(['(', ')', '[', ']', '（', '）', '【', '】'])
            .to_owned()
    } else {
        out
    }
}

/// Whether the only brackets hold one name between two others: `Ana (Luz) Costa`.
fn has_middle_name(line: &str) -> bool {
    let name = |text: &str| {
        text.starts_with(char::is_uppercase)
            && text
                .chars()
                .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'))
            && text.contains(char::is_lowercase)
    };
    let Some((before, (inside, after))) = line
        .split_once(" (")
        .and_then(|(before, rest)| Some((before, rest.split_once(") ")?)))
    else {
        return false;
    };
    [before, inside, after].iter().all(|part| name(part))
}
