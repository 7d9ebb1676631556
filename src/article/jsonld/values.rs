//! Values of JSON-LD, which systems write as one, as a list, as an object or as text.

use serde_json::{Map, Value};

use super::unescaped;

pub(super) fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(truth) => Some(*truth),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        _ => None,
    }
}

pub(super) fn text(object: &Map<String, Value>, key: &str) -> Option<String> {
    strings(object.get(key)).into_iter().next()
}

/// The strings of a value or list; a number as its digits.
pub(super) fn strings(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(text)) if !text.trim().is_empty() => vec![unescaped(text.trim())],
        Some(Value::Number(number)) => vec![number.to_string()],
        Some(Value::Array(list)) => list
            .iter()
            .filter_map(Value::as_str)
            .map(|text| unescaped(text.trim()))
            .collect(),
        _ => Vec::new(),
    }
}

pub(super) fn urls(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(url) => Some(url.clone()),
        Value::Object(object) => object.get("url")?.as_str().map(str::to_owned),
        Value::Array(list) => match list.first()? {
            Value::String(url) => Some(url.clone()),
            Value::Object(object) => object.get("url")?.as_str().map(str::to_owned),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn untagged(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut inside = false;
    for c in html.chars() {
        match c {
            '<' => inside = true,
            '>' if inside => {
                inside = false;
                out.push('\n');
            }
            c if !inside => out.push(c),
            _ => {}
        }
    }
    out
}
