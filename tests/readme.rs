//! The README's own lines, executed as they stand there.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use dateline::{
    demo::DemoSite,
    ledger::{Outlet, Position},
    sqlite::SqliteReader,
};

use crate::support::{folder::BINARY, tools};

/// The line of the README that begins so, up to its comment.
fn line(start: &str) -> String {
    let readme = fs::read_to_string("README.md").expect("the README");
    let found = readme.lines().find(|line| line.starts_with(start));
    let found = found.unwrap_or_else(|| panic!("the README has no line `{start}…`"));
    found.split("  #").next().unwrap_or(found).trim().to_owned()
}

/// Runs a line in a shell in which `dateline` is the built binary.
fn shell(folder: &Path, line: &str) -> String {
    let bin = Path::new(BINARY)
        .parent()
        .expect("a binary lies in a folder");
    let path = format!(
        "{}:{}",
        bin.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    let out = Command::new("bash")
        .args(["-ec", line])
        .env("PATH", path)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .expect("bash runs");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        out.status.success(),
        "{line}\n{}{}",
        text(&out.stdout),
        text(&out.stderr)
    );
    text(&out.stdout)
}

#[tokio::test(flavor = "multi_thread")]
async fn three_lines_run_ones_own_feeds_and_the_next_read_them_back() {
    let site = DemoSite::start().await.expect("the demo site");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let folder = folder.path();

    shell(folder, &line("dateline init"));
    let settings = folder.join("dateline.toml");
    let hosts: Vec<String> = site
        .hosts()
        .iter()
        .map(|host| format!("\"{host}\" = \"127.0.0.1\""))
        .collect();
    let text = fs::read_to_string(&settings).expect("init wrote it");
    let text = text
        .replace(
            "[fetch.hosts]",
            &format!("[fetch.hosts]\n{}", hosts.join("\n")),
        )
        .replace("private = []", "private = [\"127.0.0.0/8\"]")
        .replace("pace = \"1500ms\" ", "pace = \"20ms\" ")
        .replace("listen = \"127.0.0.1:9464\"", "listen = \"127.0.0.1:0\"");
    fs::write(&settings, text).expect("a writable folder");
    fs::write(folder.join("feeds.toml"), "").expect("a writable folder");

    let feed = site.feeds().remove(0);
    let home = url::Url::parse(&feed.url)
        .expect("an address")
        .join("/")
        .expect("an address");
    let add = line("dateline feeds add").replace("https://www.example.org/", home.as_str());
    let added = shell(folder, &add);
    assert!(added.contains("added: "), "{added}");

    let run = line("dateline run");
    assert_eq!(run, "dateline run");
    let mut worker = Command::new(BINARY)
        .arg("run")
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("it starts");
    let began = Instant::now();
    let events = || {
        let reader = SqliteReader::open(&folder.join("dateline.db")).ok()?;
        reader
            .read_after(Outlet::Events, Position::default(), 100)
            .ok()
    };
    while events().is_none_or(|events| events.len() < 5) {
        assert!(began.elapsed() < Duration::from_secs(60), "no events came");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    shell(folder, &format!("kill -TERM {}", worker.id()));
    assert!(worker.wait().expect("a child").success());
    site.stop().await;

    let tail = shell(folder, &line("dateline tail events --last 5"));
    assert_eq!(tail.lines().count(), 5);
    assert!(
        tail.lines()
            .all(|line| line.starts_with("{\"schema\":\"dateline.event/1\"")),
        "{tail}"
    );

    let sql = line("sqlite3 dateline.db");
    let query = sql.split('"').nth(1).expect("a query in quotes");
    let file = rusqlite::Connection::open(folder.join("dateline.db")).expect("a database");
    let mut statement = file.prepare(query).expect("the README's query");
    let rows = statement
        .query_map([], |row| row.get::<_, String>(2))
        .expect("it runs");
    assert_eq!(rows.flatten().count(), 5);

    shell(folder, &line("dateline tail events --json"));
    duckdb(folder);
}

/// The README's DuckDB line, its query run by DuckDB's Python package.
fn duckdb(folder: &Path) {
    let Some(python) = tools::python("duckdb") else {
        return;
    };
    let line = line("duckdb -c");
    let query = line.split_once("duckdb -c ").expect("it begins so").1;
    let script = "import duckdb,sys; print(sum(n for _, n in duckdb.sql(sys.argv[1]).fetchall()))";
    let counted = shell(
        folder,
        &format!("{} -c '{script}' {query}", python.display()),
    );
    let lines = fs::read_to_string(folder.join("events.jsonl")).expect("the line before wrote it");
    assert_eq!(counted.trim(), lines.lines().count().to_string());
}

#[test]
fn the_sentence_and_the_event_line_at_the_top_belong_together() {
    let readme = fs::read_to_string("README.md").expect("the README");
    let sentence: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("> "))
        .take(2)
        .collect();
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("story.txt"), sentence.join(" ")).expect("a writable folder");
    let shown = shell(folder.path(), "dateline events --explain story.txt");
    let event = shown.lines().next().expect("an event");
    assert!(
        readme.lines().any(|line| line == event),
        "the README does not show\n{event}"
    );
}

/// The rooms of the source in the order of the table in docs/ARCHITECTURE.md.
fn rooms() -> Vec<String> {
    let page = fs::read_to_string("docs/ARCHITECTURE.md").expect("the page");
    let table = page
        .lines()
        .skip_while(|line| !line.starts_with("| room |"))
        .skip(2)
        .take_while(|line| line.starts_with('|'));
    let named = table.filter_map(|line| line.split('|').nth(1));
    named
        .flat_map(|cell| cell.split(','))
        .map(|name| name.trim().trim_matches('`').to_owned())
        .collect()
}

/// The files below a folder.
fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .filter(|path| path.extension().is_some_and(|end| end == "rs"))
        .collect()
}

/// The rooms that a source text names after `crate::`, in braces too; comments and tests aside.
fn rooms_used(text: &str) -> Vec<String> {
    let text = text
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let code: Vec<&str> = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect();
    let code = code.join("\n");
    let mut used = Vec::new();
    for rest in code.split("crate::").skip(1) {
        let Some(list) = rest.strip_prefix('{') else {
            used.push(rest);
            continue;
        };
        let mut depth = 0;
        let mut from = 0;
        for (at, letter) in list.char_indices() {
            match letter {
                '{' => depth += 1,
                ',' | '}' if depth == 0 => {
                    used.push(list[from..at].trim_start());
                    from = at + 1;
                    if letter == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    let name = |text: &str| {
        text.chars()
            .take_while(|c| c.is_ascii_lowercase() || *c == '_')
            .collect()
    };
    used.into_iter().map(name).collect()
}

#[test]
fn a_room_uses_only_rooms_above_it_in_the_table_of_the_architecture() {
    let rooms = rooms();
    let place = |name: &str| rooms.iter().position(|room| room == name);
    let mut arrows = 0;
    for path in files(std::path::Path::new("src")) {
        let below = path.strip_prefix("src").expect("a file of the source");
        let first = below.components().next().expect("a name");
        let room = first.as_os_str().to_string_lossy().replace(".rs", "");
        let Some(own) = place(&room) else {
            assert!(
                ["lib", "main"].contains(&&*room),
                "{room} is not in the table"
            );
            continue;
        };
        for used in rooms_used(&fs::read_to_string(&path).expect("a text")) {
            if let Some(other) = place(&used).filter(|other| *other != own) {
                assert!(
                    other < own,
                    "{} uses {used}, which stands below it",
                    path.display()
                );
                arrows += 1;
            }
        }
    }
    assert!(arrows > 100, "{arrows} arrows were found");
}

#[test]
fn every_file_of_tests_belongs_to_one_of_the_two_binaries() {
    let read = |name: &str| fs::read_to_string(Path::new("tests").join(name)).expect("a text");
    let (without, with) = (read("without_kafka.rs"), read("with_kafka.rs"));
    let entries = fs::read_dir("tests").expect("a folder");
    let mut count = 0;
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let is_root = ["without_kafka", "with_kafka"].contains(&&*name);
        if is_root || path.extension().is_none_or(|end| end != "rs") {
            continue;
        }
        let named = format!("\nmod {name};\n");
        assert!(
            without.contains(&named) || with.contains(&named),
            "no binary runs {}",
            path.display()
        );
        count += 1;
    }
    assert!(count > 30, "{count} files were found");
}

/// Whether a test of this name stands in a file of tests, or in one of the source.
fn has_test(named: &str) -> bool {
    let Some((file, name)) = named.split_once("::") else {
        return false;
    };
    let path = if file.starts_with("src/") {
        file.to_owned()
    } else {
        format!("tests/{file}.rs")
    };
    let mut text = fs::read_to_string(&path).unwrap_or_default();
    // Tests that every ledger passes are made by a macro from the names here.
    text.push_str(&fs::read_to_string("tests/support/conformance.rs").unwrap_or_default());
    text.contains(&format!("fn {name}("))
}

#[test]
fn each_row_of_the_fault_table_names_tests_that_exist() {
    let page = fs::read_to_string("docs/FAULTS.md").expect("the page");
    let make = fs::read_to_string("Makefile").expect("the file");
    let rows: Vec<Vec<&str>> = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| #"))
        .map(|line| line.trim_matches('|').split(" | ").map(str::trim).collect())
        .collect();
    assert_eq!(rows.len(), 45);
    for (row, number) in rows.iter().zip(1..) {
        assert_eq!(row[0], number.to_string());
        assert_eq!(row.len(), 5, "{row:?}");
        let named: Vec<&str> = row[3].split('`').skip(1).step_by(2).collect();
        assert!(!named.is_empty(), "{row:?}");
        for name in named {
            let exists = name.strip_prefix("make ").map_or_else(
                || has_test(name),
                |target| make.contains(&format!("\n{target}:")),
            );
            assert!(exists, "row {number}: {name} is nowhere");
        }
    }
}
