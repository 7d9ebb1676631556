//! `dateline demo` as a newcomer runs it: what it prints, what it leaves, and that its records keep their schemas.

use std::{
    collections::HashMap,
    fs,
    process::{Command, Output},
    sync::OnceLock,
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::tools;

/// What the README promises, with room for a shared machine.
const LONGEST: Duration = Duration::from_secs(30);
/// Megabytes.
const MOST_MEMORY: f64 = 130.0;

/// One run of the demo for all tests.
struct Demo {
    /// Keeps the ledger.
    _folder: TempDir,
    status: Option<i32>,
    printed: String,
    took: Duration,
}

fn dateline(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(arguments)
        .env_remove("DATELINE_CONFIG")
        .output()
        .expect("the program starts")
}

fn told(arguments: &[&str]) -> String {
    let output = dateline(arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

fn demo() -> &'static Demo {
    static DEMO: OnceLock<Demo> = OnceLock::new();
    DEMO.get_or_init(|| {
        let folder = TempDir::new().expect("a temporary folder");
        let began = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_dateline"))
            .arg("demo")
            .env("TMPDIR", folder.path())
            .output()
            .expect("the program starts");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let said = String::from_utf8_lossy(&output.stderr);
        Demo {
            _folder: folder,
            status: output.status.code(),
            printed: format!("{printed}\n{said}"),
            took: began.elapsed(),
        }
    })
}

/// The number in the second column of a row of the summary.
fn count(printed: &str, row: &str) -> usize {
    let line = printed
        .lines()
        .find(|line| line.starts_with(row) && !line.contains("→"));
    let number = line.and_then(|line| {
        let rest = &line[row.len()..];
        rest.split_whitespace().next()?.parse().ok()
    });
    number.unwrap_or_else(|| panic!("no row `{row}` in\n{printed}"))
}

/// The ledger's place, as the summary names it.
pub(crate) fn ledger() -> &'static str {
    let line = demo()
        .printed
        .lines()
        .find_map(|line| line.strip_prefix("The ledger: "));
    line.expect("the summary names the ledger")
}

/// All records of an outlet of the demo.
fn records(outlet: &str) -> Vec<Value> {
    told(&["tail", outlet, "--ledger", ledger()])
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect()
}

#[test]
fn the_demo_prints_its_events_and_a_summary_and_exits_0() {
    let printed = &demo().printed;
    assert_eq!(demo().status, Some(0), "{printed}");
    assert!(count(printed, "articles") >= 40, "{printed}");
    let events = count(printed, "events");
    for line in [
        "Console: http://127.0.0.1:",
        "held back",
        "set aside",
        "events that the text asserts",
        "confidence of 0.5 or more",
        "Next:",
        "dateline events <a story you are reading>",
        "dateline tail --ledger",
        "dateline init",
    ] {
        assert!(printed.contains(line), "`{line}` is not in\n{printed}");
    }
    let told = printed.lines().filter(|line| line.contains(" “")).count();
    assert_eq!(told, events, "each event is printed once");
}

#[test]
fn the_demo_takes_seconds_and_little_memory() {
    let printed = &demo().printed;
    let line = printed
        .lines()
        .find_map(|line| line.strip_prefix("From start to the last event: "))
        .expect("the summary tells the time");
    let numbers: Vec<f64> = line
        .split([' ', ','])
        .filter_map(|word| word.parse().ok())
        .collect();
    assert!(demo().took < LONGEST, "{:?}", demo().took);
    assert!(numbers[0] < LONGEST.as_secs_f64(), "{line}");
    if cfg!(target_os = "linux") {
        assert!(numbers[1] < MOST_MEMORY, "{line}");
    }
}

#[test]
fn the_demos_ledger_is_read_with_tail() {
    let printed = &demo().printed;
    assert_eq!(records("events").len(), count(printed, "events"));
    assert_eq!(records("articles").len(), count(printed, "articles"));
    assert_eq!(records("set-aside").len(), count(printed, "set aside"));
    let some = told(&["tail", "events", "--ledger", ledger(), "--limit", "3"]);
    assert_eq!(some.lines().count(), 3);
}

/// The part of a JSON Schema that ours use.
struct Schema {
    root: Value,
    faults: Vec<String>,
}

impl Schema {
    fn of(record: &str) -> Self {
        Self {
            root: serde_json::from_str(&told(&["schema", record])).expect("JSON"),
            faults: Vec::new(),
        }
    }

    /// The schema that a reference leads to.
    fn resolved(&self, schema: &Value) -> Value {
        let name = schema["$ref"]
            .as_str()
            .and_then(|path| path.strip_prefix("#/$defs/"));
        name.map_or_else(|| schema.clone(), |name| self.root["$defs"][name].clone())
    }

    fn check(&mut self, value: &Value, schema: &Value, at: &str) {
        let schema = self.resolved(schema);
        if let Some(options) = schema["anyOf"].as_array() {
            let null = |option: &&Value| option["type"] == "null";
            match options.iter().find(|option| !null(option)) {
                Some(_) if value.is_null() && options.iter().any(|o| null(&o)) => {}
                Some(option) => self.check(value, &option.clone(), at),
                None => self.faults.push(format!("{at}: no choice")),
            }
            return;
        }
        self.check_type(value, &schema, at);
        if let Value::Object(fields) = value {
            self.check_keys(fields, &schema, at);
        }
        if let Value::Array(items) = value {
            for item in items {
                self.check(item, &schema["items"].clone(), &format!("{at}[]"));
            }
        }
    }

    fn check_type(&mut self, value: &Value, schema: &Value, at: &str) {
        let types: Vec<&str> = match &schema["type"] {
            Value::String(name) => vec![name],
            Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let is = |name: &&str| match *name {
            "null" => value.is_null(),
            "string" => value.is_string(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => false,
        };
        let right_format = match (schema["format"].as_str(), value.as_str()) {
            (Some("date-time"), Some(text)) => {
                text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
            }
            (Some("date"), Some(text)) => text.parse::<jiff::civil::Date>().is_ok(),
            _ => true,
        };
        if !types.iter().any(is) || !right_format {
            self.faults.push(format!("{at}: {value} is no {schema}"));
        }
    }

    /// Every key is always written, and no other.
    fn check_keys(&mut self, fields: &serde_json::Map<String, Value>, schema: &Value, at: &str) {
        let mut required: Vec<&str> = schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let mut written: Vec<&str> = fields.keys().map(String::as_str).collect();
        required.sort_unstable();
        written.sort_unstable();
        if required != written {
            self.faults
                .push(format!("{at}: written {written:?}, required {required:?}"));
        }
        for (key, value) in fields {
            let property = schema["properties"][key].clone();
            self.check(value, &property, &format!("{at}.{key}"));
        }
    }
}

#[test]
fn every_record_of_the_demo_is_as_its_schema_says_and_has_every_key() {
    for record in ["event", "article", "set-aside"] {
        let mut schema = Schema::of(record);
        let outlet = if record == "set-aside" {
            record.to_owned()
        } else {
            format!("{record}s")
        };
        let root = schema.root.clone();
        let all = records(&outlet);
        assert!(!all.is_empty(), "no {record} to look at");
        for value in &all {
            schema.check(value, &root, record);
        }
        schema.faults.dedup();
        assert!(
            schema.faults.is_empty(),
            "{}",
            schema.faults[..schema.faults.len().min(20)].join("\n")
        );
    }
}

/// Every object of a record that has a start and an end, wherever it stands.
fn spans<'v>(value: &'v Value, found: &mut Vec<&'v Value>) {
    match value {
        Value::Object(fields) => {
            if fields.get("start").is_some_and(Value::is_u64) {
                found.push(value);
            }
            fields.values().for_each(|field| spans(field, found));
        }
        Value::Array(items) => items.iter().for_each(|item| spans(item, found)),
        _ => {}
    }
}

#[test]
fn every_span_of_every_event_of_the_demo_is_the_text_it_claims() {
    let articles: HashMap<String, Vec<char>> = records("articles")
        .iter()
        .map(|article| {
            let text = article["text"].as_str().expect("a text").chars().collect();
            (article["id"].to_string(), text)
        })
        .collect();
    let mut looked_at = 0;
    for event in records("events") {
        let text = &articles[&event["article"]["id"].to_string()];
        let mut found = Vec::new();
        spans(&event, &mut found);
        for span in found {
            let place = |key: &str| span[key].as_u64().and_then(|at| usize::try_from(at).ok());
            let range = place("start")
                .zip(place("end"))
                .expect("a start and an end");
            let said: String = text[range.0..range.1].iter().collect();
            assert!(
                span["text"].is_null() || span["text"] == said.as_str(),
                "{said:?} is not {span}"
            );
            looked_at += 1;
        }
    }
    assert!(looked_at > 400, "{looked_at} spans");
}

#[test]
fn a_schema_finds_what_is_missing_or_of_another_kind() {
    let mut event = records("events").swap_remove(0);
    for (key, wrong) in [
        ("quad", Value::from("4")),
        ("recorded", Value::from("yesterday")),
        ("actors", Value::Null),
        ("another", Value::from(1)),
    ] {
        let mut schema = Schema::of("event");
        let root = schema.root.clone();
        let right = event[key].clone();
        event[key] = wrong;
        schema.check(&event, &root, "event");
        assert!(!schema.faults.is_empty(), "{key}");
        if right.is_null() {
            let fields = event.as_object_mut().expect("a record");
            fields.remove(key);
        } else {
            event[key] = right;
        }
    }
}

/// The rows of a view and those that DuckDB reads from what `tail` wrote, as text and in one order.
const SAME_ROWS: &str = r#"
import duckdb, sqlite3, sys
ledger, view, csv, parquet = sys.argv[1:]
said = sqlite3.connect(ledger).execute(f"SELECT * FROM {view}")
names = [column[0] for column in said.description]
def rows(found):
    return sorted(tuple("" if cell is None else str(cell) for cell in row) for row in found)
wanted = rows(said.fetchall())
for read in (f"read_csv('{csv}', all_varchar = true)", f"read_parquet('{parquet}')"):
    table = duckdb.sql(f"SELECT * FROM {read}")
    assert table.columns == names, (table.columns, names)
    assert rows(table.fetchall()) == wanted, (read, rows(table.fetchall())[0], wanted[0])
print(len(wanted), dict(zip(names, map(str, duckdb.sql(f"SELECT * FROM read_parquet('{parquet}')").types)))["revision"])
"#;

#[test]
fn csv_and_parquet_have_the_columns_and_rows_of_the_views() {
    let Some(python) = tools::python("duckdb") else {
        return;
    };
    let folder = TempDir::new().expect("a temporary folder");
    for view in ["events", "articles"] {
        let files = ["csv", "parquet"].map(|format| {
            let tail = ["tail", view, "--ledger", ledger(), "--format", format];
            let output = dateline(&tail);
            assert!(output.status.success(), "{output:?}");
            let file = folder.path().join(format!("{view}.{format}"));
            fs::write(&file, &output.stdout).expect("a writable folder");
            file
        });
        let compared = Command::new(&python)
            .args(["-c", SAME_ROWS, ledger(), view])
            .args(&files)
            .output()
            .expect("Python starts");
        let said = String::from_utf8_lossy(&compared.stdout);
        assert!(compared.status.success(), "{compared:?}");
        let (rows, kind) = said.trim().split_once(' ').expect("two words");
        assert!(rows.parse::<usize>().is_ok_and(|rows| rows > 20), "{said}");
        assert_eq!(kind, "BIGINT");
    }
}

#[test]
fn a_parquet_file_cannot_be_followed_and_an_empty_one_is_whole() {
    let follow = dateline(&[
        "tail",
        "--ledger",
        ledger(),
        "--format",
        "parquet",
        "--follow",
    ]);
    assert_eq!(follow.status.code(), Some(64), "{follow:?}");
    let none = dateline(&[
        "tail",
        "--ledger",
        ledger(),
        "--format",
        "parquet",
        "--from",
        "now",
    ]);
    assert!(none.status.success());
    assert!(none.stdout.starts_with(b"PAR1") && none.stdout.ends_with(b"PAR1"));
}
