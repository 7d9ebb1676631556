//! What is said of a wrong configuration: everything at once, each fault with its file, line, key and what was meant.

use std::{fs, process::Output};

use serde_json::Value;

use crate::support::worker::{Home, Settings, dateline};

fn home() -> Home {
    Home::new(&Settings::local(
        Vec::new(),
        vec!["http://127.0.0.1:9/feed".to_owned()],
    ))
}

/// What `check` says of a configuration, with its exit code.
fn checked(home: &Home, text: &str) -> (Option<i32>, String) {
    home.write("dateline.toml", text);
    told(&home.ask(&["check"]))
}

fn told(output: &Output) -> (Option<i32>, String) {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    (
        output.status.code(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

/// Wrong values that can be read, each with its key: they make no sense, or name what is not there.
const SENSELESS: [(&str, &str); 24] = [
    ("ledger.keep", "\"1s\""),
    ("ledger.path", "\"no/such/folder/dateline.db\""),
    ("poll.interval", "\"1m\""),
    ("poll.interval", "\"29d\""),
    ("article.recheck", "[\"6h\", \"1h\"]"),
    ("article.recheck", "[\"1h\", \"1h\"]"),
    ("article.boilerplate", "[\"nowhere.toml\"]"),
    ("article.metadata_only", "[\"noindx\"]"),
    ("coder.publish", "[\"aserted\"]"),
    ("coder.actors", "[\"nobody.tsv\"]"),
    ("coder.lexicon", "\"nowhere\""),
    ("fetch.ca_file", "\"nowhere.pem\""),
    ("fetch.ca_file", "\"feeds.toml\""),
    ("fetch.proxy", "\"socks5://127.0.0.1:1080\""),
    ("fetch.proxy", "\"proxy.example.org\""),
    ("kafka.brokers", "\"\""),
    ("kafka.brokers", "\"localhost\""),
    ("kafka.brokers", "\"one:9092, two\""),
    ("kafka.brokers", "\"one:many\""),
    ("kafka.min_insync", "3"),
    ("kafka.instance", "\"a b\""),
    ("kafka.prefix", "\"news/\""),
    ("http.listen", "\"127.0.0.1\""),
    ("http.listen", "\"localhost:9464\""),
];

#[test]
fn a_value_that_makes_no_sense_is_refused_with_its_line_and_what_would_do() {
    let home = home();
    let mut passed = Vec::new();
    for (key, value) in SENSELESS {
        let (table, name) = key.split_once('.').expect("a table and a name");
        let text = format!("contact = \"ops@example.org\"\n\n[{table}]\n{name} = {value}\n");
        let (code, said) = checked(&home, &text);
        let place = format!("dateline.toml:4: {key}: ");
        if code != Some(64) || !said.contains(&place) || !said.contains("; accepted: ") {
            passed.push(format!("{key} = {value}: {code:?} {said}"));
        }
    }
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

#[test]
fn a_feed_whose_language_is_a_name_is_refused() {
    let home = home();
    for language in ["english", "e", "en_GB", "12"] {
        home.write(
            "feeds.toml",
            &format!("[[feed]]\nurl = \"http://a.test/\"\nlanguage = \"{language}\"\n"),
        );
        let (code, said) = told(&home.ask(&["check"]));
        assert_eq!(code, Some(64), "{language}: {said}");
        assert!(said.contains("feeds.toml:3: feed.language: "), "{said}");
    }
}

/// Five faults each in ten files: in the configuration, in the feed list, and in what the configuration names.
#[test]
fn ten_files_with_five_faults_each_list_all_five() {
    const WRONG: [(&str, &str); 15] = [
        ("fetch", "pace = \"quick\""),
        ("fetch", "ca_file = \"nowhere.pem\""),
        ("fetch", "concurency = 3"),
        ("poll", "first_poll = -1"),
        ("poll", "max_items = 0"),
        ("poll", "max_feed_size = \"10\""),
        ("article", "recheck = [\"2h\", \"1h\"]"),
        ("article", "keep_removed = 1"),
        ("coder", "min_confidence = 7"),
        ("coder", "publish = [\"maybe\"]"),
        ("coder", "actors = [\"nobody.tsv\"]"),
        ("http", "listen = \"here\""),
        ("worker", "grace = \"0s\""),
        ("worker", "threads = \"all\""),
        ("ledger", "keep = \"1s\""),
    ];
    let home = home();
    home.write("feeds.toml", "[[feed]]\nurl = \"ftp://x/\"\n");
    for file in 0..10 {
        let mut text = "contact = \"ops@example.org\"\n".to_owned();
        let mut expected = vec!["feeds.toml:2: feed.url: ".to_owned()];
        for nth in 0..4 {
            let (table, line) = WRONG[(file * 7 + nth * 4) % WRONG.len()];
            // Each in the dotted form, so that a table may come twice.
            text.extend([table, ".", line, "\n"]);
            let name = line.split(' ').next().expect("a name");
            expected.push(format!("dateline.toml:{}: {table}.{name}: ", nth + 2));
        }
        let (code, said) = checked(&home, &text);
        assert_eq!(code, Some(64), "{text}{said}");
        for fault in &expected {
            assert!(said.contains(fault), "{fault} of\n{text}is not in\n{said}");
        }
        assert_eq!(said.matches(".toml:").count(), 5, "{said}");
    }
}

#[test]
fn a_key_or_a_word_with_a_slip_is_answered_with_the_one_that_was_meant() {
    let home = home();
    let (code, said) = checked(
        &home,
        "contact = \"ops@example.org\"\n[fetch]\npcae = \"2s\"\n[coder]\npublish = [\"negatd\"]\n[ledger]\nkind = \"sqllite\"\n\
         [kafka]\ntimeout = 3\n",
    );
    assert_eq!(code, Some(64));
    for meant in [
        "did you mean `pace`?",
        "did you mean `negated`?",
        "did you mean `sqlite`?",
    ] {
        assert!(said.contains(meant), "{meant}: {said}");
    }
    let far = said.lines().find(|line| line.contains("kafka.timeout"));
    assert!(
        far.is_some_and(|line| !line.contains("did you mean")),
        "{said}"
    );
    assert!(!said.contains("proxy_file"), "{said}");
}

/// A key of each kind that the environment may set, what to, and what `check` says where it is wrong.
#[test]
fn a_variable_of_the_environment_stands_for_any_key() {
    let home = home();
    let ask = |name: &str, value: &str| {
        let output = dateline()
            .args(["check", "--config"])
            .arg(home.config())
            .env(name, value)
            .output();
        told(&output.expect("the program starts"))
    };
    for (name, right, wrong) in [
        ("DATELINE_FETCH_PACE", "3s", "quick"),
        ("DATELINE_FETCH_CONCURRENCY", "7", "none"),
        ("DATELINE_FETCH_PRIVATE", "127.0.0.0/8, 10.0.0.0/8", "here"),
        (
            "DATELINE_FETCH_HOSTS",
            "{ \"a.test\" = \"127.0.0.1\" }",
            "{ \"a.test\" = \"x\" }",
        ),
        ("DATELINE_ARTICLE_KEEP_REMOVED", "true", "perhaps"),
        ("DATELINE_CODER_MIN_CONFIDENCE", "0.7", "7"),
        (
            "DATELINE_CODER_PUBLISH",
            "[\"asserted\", \"negated\"]",
            "maybe",
        ),
        ("DATELINE_LEDGER_KIND", "sqlite", "oracle"),
        ("DATELINE_CONTACT", "ops@example.org", "x"),
        ("DATELINE_KAFKA_PREFIX", "2024.", "a/b"),
    ] {
        let (code, said) = ask(name, right);
        assert_eq!(code, Some(0), "{name}={right}: {said}");
        let (code, said) = ask(name, wrong);
        assert_eq!(code, Some(64), "{name}={wrong}: {said}");
        assert!(said.contains(name), "{name}={wrong}: {said}");
    }
}

#[test]
fn the_environment_wins_over_the_file() {
    let home = home();
    home.write(
        "other.toml",
        "[[feed]]\nurl = \"http://b.test/\"\n[[feed]]\nurl = \"http://c.test/\"\n",
    );
    let output = dateline()
        .args(["check", "--config"])
        .arg(home.config())
        .env("DATELINE_FEEDS", "other.toml")
        .output();
    let (code, said) = told(&output.expect("the program starts"));
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("2 feeds"), "{said}");
}

fn schema(home: &Home, of: &str) -> Value {
    serde_json::from_str(&home.told(&["schema", of])).expect("JSON")
}

/// Whether a schema describes each key of a table of TOML, and those of the tables in it.
fn assert_described(schema: &Value, table: &toml::Table, above: &str) {
    for (key, value) in table {
        let path = format!("{above}{key}");
        let property = schema["properties"].get(key);
        let property = property.unwrap_or_else(|| panic!("{path} is not in the schema"));
        match value {
            toml::Value::Table(inner) => assert_described(property, inner, &format!("{path}.")),
            value => {
                let default = serde_json::to_value(value).expect("TOML is JSON here");
                assert_eq!(property["default"], default, "{path}");
            }
        }
    }
}

#[test]
fn the_schema_for_editors_describes_every_key_of_the_shipped_file_with_its_default() {
    let home = home();
    let schema_of_file = schema(&home, "config");
    let shipped: toml::Table = dateline::config::DEFAULT.parse().expect("the shipped file");
    assert_described(&schema_of_file, &shipped, "");
    // Keys that the shipped file has in comments alone.
    for (table, key) in [
        ("kafka", "token_command"),
        ("kafka", "min_insync"),
        ("fetch", "proxy_file"),
    ] {
        let found = &schema_of_file["properties"][table]["properties"][key];
        assert!(found.is_object(), "{table}.{key}");
    }
    let site =
        &schema_of_file["properties"]["fetch"]["properties"]["sites"]["additionalProperties"];
    assert!(site["properties"]["verify_tls"].is_object(), "{site}");
    assert_eq!(
        schema_of_file["properties"]["fetch"]["additionalProperties"],
        false
    );
    let feed = &schema(&home, "feeds")["properties"]["feed"]["items"]["properties"];
    for key in [
        "url", "name", "interval", "language", "country", "tags", "id",
    ] {
        assert!(feed[key].is_object(), "{key}: {feed}");
    }
}

#[test]
fn a_ledger_in_a_folder_that_this_user_may_not_write_is_a_fault_of_its_key() {
    let home = home();
    let config = fs::read_to_string(home.config()).expect("written before");
    // A file stands where the folder should be: not even root may write there.
    home.write("taken", "");
    let (code, said) = checked(
        &home,
        &format!("{config}[ledger]\npath = \"taken/dateline.db\"\n"),
    );
    assert_eq!(code, Some(64), "{said}");
    assert!(
        said.contains("ledger.path: ") && said.contains("cannot be written"),
        "{said}"
    );
}
