//! Keys that the environment sets instead of the file: `DATELINE_FETCH_PACE` for `fetch.pace`.

use std::{borrow::Cow, collections::BTreeMap, env};

use toml::{Spanned, de::DeValue};

/// What the names of such variables begin with.
const PREFIX: &str = "DATELINE_";

/// The variables that may stand for keys.
pub(super) fn list_variables() -> Vec<(String, String)> {
    let variables = env::vars_os();
    let named = variables.filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        name.starts_with(PREFIX)
            .then_some((name, value.into_string().ok()?))
    });
    named.collect()
}

/// The name of the variable that stands for a key: `fetch.max_feed_size`, `kafka.client.sasl.username`.
fn variable_of(key: &str) -> String {
    let upper = key.chars().map(|c| match c {
        c if c.is_ascii_alphanumeric() => c.to_ascii_uppercase(),
        _ => '_',
    });
    PREFIX.chars().chain(upper).collect()
}

/// What a variable sets a key to.
#[derive(Debug)]
pub(super) struct SetValue<'v> {
    name: &'v str,
    text: Spanned<DeValue<'v>>,
    /// The text read as TOML, where it is some.
    toml: Option<Spanned<DeValue<'v>>>,
}

impl<'v> SetValue<'v> {
    /// The variable.
    pub(super) fn name(&self) -> &'v str {
        self.name
    }

    /// Its text as it stands.
    pub(super) fn as_text(&self) -> &Spanned<DeValue<'v>> {
        &self.text
    }

    /// Its text as TOML, else as it stands.
    pub(super) fn as_toml(&self) -> &Spanned<DeValue<'v>> {
        self.toml.as_ref().unwrap_or(&self.text)
    }
}

/// The variables by name.
#[derive(Debug, Default)]
pub(super) struct Overrides<'v>(BTreeMap<&'v str, SetValue<'v>>);

impl<'v> Overrides<'v> {
    pub(super) fn parse(variables: &'v [(String, String)]) -> Self {
        let values = variables.iter().map(|(name, text)| {
            let value = SetValue {
                name,
                text: Spanned::new(0..0, DeValue::String(Cow::Borrowed(text))),
                toml: DeValue::parse(text).ok(),
            };
            (name.as_str(), value)
        });
        Self(values.collect())
    }

    /// What the environment sets a key to.
    pub(super) fn find(&self, key: &str) -> Option<&SetValue<'v>> {
        if self.0.is_empty() {
            return None;
        }
        self.0.get(variable_of(key).as_str())
    }

    /// The keys of a table whose keys the user makes up, with full stops for the lines of the variables' names.
    pub(super) fn keys_below(&self, table: &str) -> Vec<String> {
        let prefix = format!("{}_", variable_of(table));
        let below = self.0.keys().filter_map(|name| name.strip_prefix(&prefix));
        let key = |rest: &str| {
            let (base, end) = match rest.strip_suffix("_FILE") {
                Some(base) => (base, "_file"),
                None => (rest, ""),
            };
            format!("{}{end}", base.to_lowercase().replace('_', "."))
        };
        below.map(key).collect()
    }
}
