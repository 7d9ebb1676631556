//! `dateline schema`: the schema of a record, from the Rust types; of the configuration and the feed list, from their readers.

use std::io::{self, Write};

use clap::{Args, ValueEnum};
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::Value;

use super::CommandFailure;
use crate::{
    config::Config,
    feed::list,
    record::{Article, Event, SetAside},
};

/// Arguments of `schema`.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Which record, or which file
    #[arg(value_enum)]
    what: Described,
    /// JSON Schema, or the columns for DuckDB's `read_json(columns = …)`
    #[arg(long, value_enum, default_value = "json-schema")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Described {
    Event,
    Article,
    SetAside,
    /// dateline.toml, for editors
    Config,
    /// feeds.toml, for editors
    Feeds,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    JsonSchema,
    Duckdb,
}

pub(super) fn print_schema(args: &SchemaArgs) -> Result<(), CommandFailure> {
    let (schema, is_record) = match args.what {
        Described::Event => (schema_of::<Event>(), true),
        Described::Article => (schema_of::<Article>(), true),
        Described::SetAside => (schema_of::<SetAside>(), true),
        Described::Config => (Config::json_schema(), false),
        Described::Feeds => (list::json_schema(), false),
    };
    let text = match args.format {
        Format::JsonSchema => serde_json::to_string_pretty(&schema).map_err(|error| {
            CommandFailure::Fault(format!("the schema cannot be written: {error}"))
        })?,
        Format::Duckdb if is_record => duckdb_columns(&schema),
        Format::Duckdb => {
            let refusal = "a file of settings has no columns; --format json-schema describes it";
            return Err(CommandFailure::Usage(refusal.to_owned()));
        }
    };
    writeln!(io::stdout().lock(), "{text}")?;
    Ok(())
}

fn schema_of<T: JsonSchema>() -> Value {
    // As they are written, so that every key that is always in a record is required.
    SchemaSettings::draft2020_12()
        .for_serialize()
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}

/// The columns of a record as DuckDB writes a struct literal: `{'id': 'VARCHAR', …}`.
fn duckdb_columns(schema: &Value) -> String {
    let columns: Vec<String> = schema_properties(schema)
        .map(|(name, property)| {
            format!(
                "{}: {}",
                quote_name(name),
                quote_name(&duckdb_type(property, schema))
            )
        })
        .collect();
    format!("{{{}}}", columns.join(", "))
}

fn schema_properties(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn quote_name(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The DuckDB type of a property. The schema's own types nest at most four deep and never contain themselves.
fn duckdb_type(property: &Value, root: &Value) -> String {
    if let Some(name) = property["$ref"]
        .as_str()
        .and_then(|path| path.strip_prefix("#/$defs/"))
    {
        return duckdb_type(&root["$defs"][name], root);
    }
    let options = property["anyOf"].as_array().into_iter().flatten();
    if let Some(option) = options.into_iter().find(|option| option["type"] != "null") {
        return duckdb_type(option, root);
    }
    let types: Vec<&str> = match &property["type"] {
        Value::Array(types) => types
            .iter()
            .filter_map(Value::as_str)
            .filter(|name| *name != "null")
            .collect(),
        Value::String(name) => vec![name],
        _ => Vec::new(),
    };
    match (types.first().copied(), property["format"].as_str()) {
        (Some("integer"), _) => "BIGINT".to_owned(),
        (Some("number"), _) => "DOUBLE".to_owned(),
        (Some("boolean"), _) => "BOOLEAN".to_owned(),
        (Some("string"), Some("date-time")) => "TIMESTAMPTZ".to_owned(),
        (Some("string"), Some("date")) => "DATE".to_owned(),
        (Some("string"), _) => "VARCHAR".to_owned(),
        (Some("array"), _) => format!("{}[]", duckdb_type(&property["items"], root)),
        (Some("object"), _) => {
            let fields: Vec<String> = schema_properties(property)
                .map(|(name, field)| format!("\"{name}\" {}", duckdb_type(field, root)))
                .collect();
            format!("STRUCT({})", fields.join(", "))
        }
        _ => "JSON".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_carry_nested_types() {
        let text = duckdb_columns(&schema_of::<Event>());
        assert!(text.contains("'recorded': 'TIMESTAMPTZ'"), "{text}");
        assert!(text.contains("\"lat\" DOUBLE"), "{text}");
        assert!(
            text.contains("'actors': 'STRUCT(\"text\" VARCHAR"),
            "{text}"
        );
        assert!(!text.contains("JSON"), "{text}");
    }
}
