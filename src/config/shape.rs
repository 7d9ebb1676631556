//! What each key of a file may hold, and the JSON Schema that says so to editors.

use serde_json::{Value, json};

/// A key with what it may hold.
#[derive(Debug, Clone)]
pub(crate) struct KeyShape {
    /// The key with the tables above it: `fetch.pace`; `*` for any key.
    pub(super) path: String,
    pub(super) value: ValueShape,
    /// What is accepted, in words.
    pub(super) accepted: String,
}

/// What a key may hold.
#[derive(Debug, Clone)]
pub(super) enum ValueShape {
    Text,
    Words(Vec<String>),
    Whole { least: u64, most: u64 },
    Number { least: f64, most: f64 },
    Flag,
    List,
    Table,
    Tables,
}

/// The JSON Schema of a file with these keys, and with the defaults that another file of them sets.
pub(crate) fn build_schema(title: &str, shapes: &[KeyShape], defaults: &toml::Table) -> Value {
    let mut root = object();
    for shape in shapes {
        let mut path: Vec<&str> = shape.path.split('.').collect();
        let Some(key) = path.pop() else { continue };
        let default = find_default(defaults, &shape.path);
        let table = descend(&mut root, &path);
        let is_text = matches!(shape.value, ValueShape::Text | ValueShape::Words(_));
        let schema = describe(shape, default);
        if key == "*" {
            table["additionalProperties"] = schema;
            continue;
        }
        table["properties"][key] = schema;
        if is_text && !key.ends_with("_file") {
            table["properties"][format!("{key}_file")] = json!({
                "type": "string",
                "description": format!("a file that holds the text of {key}"),
            });
        }
    }
    root["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    root["title"] = json!(title);
    root
}

fn object() -> Value {
    json!({"type": "object", "properties": {}, "additionalProperties": false})
}

/// The table that a path leads to.
fn descend<'v>(root: &'v mut Value, path: &[&str]) -> &'v mut Value {
    let mut at = root;
    for name in path {
        at = if *name == "*" {
            &mut at["additionalProperties"]
        } else {
            &mut at["properties"][*name]
        };
        if at["type"] == "array" {
            at = &mut at["items"];
        }
    }
    at
}

fn describe(shape: &KeyShape, default: Option<Value>) -> Value {
    let mut schema = match &shape.value {
        ValueShape::Text => json!({"type": "string"}),
        ValueShape::Words(words) => json!({"type": "string", "enum": words}),
        // A text may hold a variable of the environment.
        ValueShape::Whole { least, most } => {
            json!({"type": ["integer", "string"], "minimum": least, "maximum": most})
        }
        ValueShape::Number { least, most } => {
            json!({"type": "number", "minimum": least, "maximum": most})
        }
        ValueShape::Flag => json!({"type": "boolean"}),
        ValueShape::List => json!({"type": "array", "items": {"type": "string"}}),
        ValueShape::Table => object(),
        ValueShape::Tables => json!({"type": "array", "items": object()}),
    };
    if !shape.accepted.is_empty() {
        schema["description"] = json!(shape.accepted);
    }
    if let Some(default) = default.filter(|default| !default.is_object()) {
        schema["default"] = default;
    }
    schema
}

fn find_default(defaults: &toml::Table, path: &str) -> Option<Value> {
    let mut parts = path.split('.');
    let mut at = defaults.get(parts.next()?)?;
    for part in parts {
        at = at.get(part)?;
    }
    serde_json::to_value(at).ok()
}
