//! What lies in `deploy/` fits the program: metrics that alerts and dashboards name exist, manifests name files and probes
//! that there are.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use dateline::telemetry::Metrics;
use regex::Regex;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The metrics that a text names, as the family is called that they belong to.
fn families(text: &str) -> BTreeSet<String> {
    let name = Regex::new(r"dateline_[a-z_]+").expect("a pattern");
    name.find_iter(text)
        .map(|found| {
            let family = found.as_str();
            let end = ["_total", "_bucket"]
                .into_iter()
                .find_map(|end| family.strip_suffix(end));
            end.unwrap_or(family).to_owned()
        })
        .collect()
}

/// Where the program names its metrics: a family without samples is in no reading, so the source is asked.
fn declared() -> BTreeSet<String> {
    let name = Regex::new(
        r#"(?:metric|seconds|level_figure|total_figure)\(\s*"([a-z_]+)"(?:,\s*"[^"]*",\s*(?:Some\("(\w+)"\))?)?"#,
    )
    .expect("a pattern");
    let family = Regex::new(r#"name: "([a-z_]+)""#).expect("a pattern");
    let (own, ledger) = (
        read("src/telemetry/metrics.rs"),
        read("src/kafka/figures.rs"),
    );
    let mut names = BTreeSet::new();
    for found in name.captures_iter(&own).chain(name.captures_iter(&ledger)) {
        let unit = found.get(2).map(|unit| format!("_{}", unit.as_str()));
        let unit = unit.or_else(|| {
            found[0]
                .starts_with("seconds")
                .then(|| "_seconds".to_owned())
        });
        names.insert(format!(
            "dateline_{}{}",
            &found[1],
            unit.unwrap_or_default()
        ));
    }
    names.extend(
        family
            .captures_iter(&ledger)
            .map(|found| format!("dateline_{}", &found[1])),
    );
    names
}

#[test]
fn every_metric_that_alerts_and_dashboards_name_exists() {
    let declared = declared();
    let metrics = Metrics::default().render_text();
    assert!(metrics.contains("dateline_feeds "), "{metrics}");
    assert!(
        declared.contains("dateline_feeds") && declared.len() > 20,
        "{declared:?}"
    );
    for path in [
        "deploy/prometheus/alerts.yaml",
        "deploy/grafana/dateline.json",
    ] {
        let named = families(&read(path));
        assert!(named.len() > 10, "{path}: {named:?}");
        for family in named {
            assert!(
                declared.contains(&family),
                "{path} names {family}: {declared:?}"
            );
        }
    }
}

#[test]
fn the_dashboard_is_json_whose_panels_do_not_overlap() {
    let board: serde_json::Value =
        serde_json::from_str(&read("deploy/grafana/dateline.json")).expect("JSON");
    let mut taken = BTreeSet::new();
    for panel in board["panels"].as_array().expect("panels") {
        let at = |key: &str| panel["gridPos"][key].as_u64().expect("a place");
        for x in at("x")..at("x") + at("w") {
            for y in at("y")..at("y") + at("h") {
                assert!(x < 24 && taken.insert((x, y)), "{}", panel["title"]);
            }
        }
    }
}

#[test]
fn the_configuration_for_kubernetes_is_right() {
    if !cfg!(feature = "kafka") {
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/kubernetes");
    let checked = Command::new(env!("CARGO_BIN_EXE_dateline"))
        .args(["check", "--config"])
        .arg(folder.join("dateline.toml"))
        .env("DATELINE_INSTANCE", "dateline-0")
        .output()
        .expect("it starts");
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert!(checked.status.success(), "{said}");
    let list = read("deploy/kubernetes/kustomization.yaml");
    for entry in fs::read_dir(&folder).expect("a folder") {
        let name = entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(
            name == "kustomization.yaml" || list.contains(&name),
            "{name} is not listed"
        );
    }
    let workers = read("deploy/kubernetes/workers.yaml");
    for path in ["/livez", "/readyz"] {
        assert!(workers.contains(path), "{path}");
    }
}
