//! Page templates: named sections of HTML with `{{placeholders}}`.
use std::collections::BTreeMap;

/// Values by placeholder name.
pub(crate) type Values = BTreeMap<&'static str, String>;

/// A template file: sections that start with a line `--- name`.
#[derive(Debug)]
pub(crate) struct Template(BTreeMap<String, String>);

impl Template {
    pub(crate) fn read_template(text: &str) -> Self {
        let sections = text.split("--- ").filter_map(|part| part.split_once('\n'));
        Self(
            sections
                .map(|(name, body)| (name.trim().to_owned(), body.to_owned()))
                .collect(),
        )
    }

    /// The section filled with `values`; empty when the template has no such section.
    pub(crate) fn fill_section(&self, section: &str, values: &Values) -> String {
        self.0
            .get(section)
            .map_or_else(String::new, |text| fill_values(text, values))
    }
}

/// Puts values into `{{name}}` (as HTML text), `{{!name}}` (as it is) and `{{json name}}` (as a
/// JSON string that cannot close a script element). An unknown name yields nothing.
pub(crate) fn fill_values(text: &str, values: &Values) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        out.push_str(before);
        let (name, tail) = after.split_once("}}").unwrap_or((after, ""));
        let value = |name: &str| values.get(name).map_or("", String::as_str);
        if let Some(raw) = name.strip_prefix('!') {
            out.push_str(value(raw));
        } else if let Some(json) = name.strip_prefix("json ") {
            out.push_str(
                &serde_json::json!(value(json))
                    .to_string()
                    .replace('<', "\\u003c"),
            );
        } else {
            out.push_str(&escape_html(value(name)));
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// Text as HTML or XML content or attribute value.
pub(crate) fn escape_html(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_escaped_for_the_place_it_stands_in() {
        let values = Values::from([("t", "</script> & \"x\"".to_owned())]);
        let filled = fill_values("<p>{{t}}</p>{{json t}}{{!t}}{{none}}.", &values);
        assert_eq!(
            filled,
            "<p>&lt;/script&gt; &amp; &quot;x&quot;</p>\"\\u003c/script> & \\\"x\\\"\"\
             </script> & \"x\"."
        );
    }
}
