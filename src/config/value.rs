//! Values with units, and variables of the environment in texts.

use std::time::Duration;

/// Units of durations in milliseconds, the longest names first.
const UNITS: &[(&str, u64)] = &[
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// A duration such as `1500ms`, `15m` or `90d`.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let digits = text
        .trim()
        .trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = text.trim()[digits.len()..].to_owned();
    let number: u64 = digits
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is no duration"))?;
    let found = UNITS.iter().find(|(name, _)| *name == unit);
    let Some((_, millis)) = found else {
        return Err(format!("`{text}` has no unit: ms, s, m, h, d or w"));
    };
    let millis = number
        .checked_mul(*millis)
        .ok_or_else(|| format!("`{text}` is too long"))?;
    Ok(Duration::from_millis(millis))
}

/// Units of sizes in bytes.
const SIZES: [(&str, usize); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A size such as `512KiB` or `10MiB`.
pub fn parse_size(text: &str) -> Result<usize, String> {
    let text = text.trim();
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let number: usize = digits
        .trim()
        .parse()
        .map_err(|_| format!("`{text}` is no size"))?;
    let unit = &text[digits.len()..];
    let (_, bytes) = SIZES
        .iter()
        .find(|(name, _)| *name == unit)
        .ok_or_else(|| format!("`{text}` has no unit: KiB, MiB or GiB"))?;
    number
        .checked_mul(*bytes)
        .ok_or_else(|| format!("`{text}` is too large"))
}

/// A duration as it would be written in a configuration.
pub fn show_duration(duration: Duration) -> String {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let fits = UNITS
        .iter()
        .rev()
        .skip(1)
        .find(|(_, unit)| millis.is_multiple_of(*unit) && millis >= *unit);
    fits.map_or_else(
        || format!("{millis}ms"),
        |(name, unit)| format!("{}{name}", millis / unit),
    )
}

/// Fills in `${VAR}` and `${VAR:-default}`; `$$` stands for a dollar sign.
pub fn fill_variables(
    text: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<String, String> {
    let mut filled = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        filled.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        if let Some(tail) = after.strip_prefix('$') {
            filled.push('$');
            rest = tail;
        } else if let Some(tail) = after.strip_prefix('{') {
            let end = tail.find('}').ok_or("`${` is not closed by `}`")?;
            let (name, default) = tail[..end]
                .split_once(":-")
                .map_or((&tail[..end], None), |(n, d)| (n, Some(d)));
            match (variable(name), default) {
                (Some(value), _) if !(value.is_empty() && default.is_some()) => {
                    filled.push_str(&value);
                }
                (_, Some(default)) => filled.push_str(default),
                _ => return Err(format!("the variable `{name}` is not set")),
            }
            rest = &tail[end + 1..];
        } else {
            filled.push('$');
            rest = after;
        }
    }
    filled.push_str(rest);
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_carry_their_unit() {
        assert_eq!(parse_duration("1500ms"), Ok(Duration::from_millis(1500)));
        assert_eq!(parse_duration("90d"), Ok(Duration::from_secs(90 * 86_400)));
        for wrong in [
            "15",
            "m",
            "1.5h",
            "-1s",
            "15 minutes",
            "",
            "99999999999999999w",
        ] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_duration_shows_as_it_is_written() {
        for text in ["1500ms", "15m", "1h", "90d", "2s"] {
            assert_eq!(parse_duration(text).map(show_duration), Ok(text.to_owned()));
        }
    }

    #[test]
    fn variables_are_filled_in_and_an_unset_one_is_a_fault() {
        let set = |name: &str| (name == "A").then(|| "x".to_owned());
        assert_eq!(
            fill_variables("${A}-${B:-y}-$$", set),
            Ok("x-y-$".to_owned())
        );
        assert!(fill_variables("${B}", set).is_err() && fill_variables("${A", set).is_err());
    }
}
