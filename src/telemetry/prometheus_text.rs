//! Metrics in Prometheus' older text format, made from OpenMetrics.

use std::collections::HashSet;

/// OpenMetrics text as Prometheus' text format 0.0.4, which differs in three points: a counter is declared under the name
/// that its samples have (with `_total`), units are not declared, and no line marks the end.
pub fn write_prometheus_text(open_metrics: &str) -> String {
    let counters: HashSet<&str> = open_metrics
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.strip_suffix(" counter"))
        .collect();
    let mut out = String::with_capacity(open_metrics.len());
    for line in open_metrics.lines() {
        if line == "# EOF" || line.starts_with("# UNIT ") {
            continue;
        }
        let declared = ["# HELP ", "# TYPE "].into_iter().find_map(|word| {
            let (name, rest) = line.strip_prefix(word)?.split_once(' ')?;
            counters.contains(name).then_some((word, name, rest))
        });
        match declared {
            Some((word, name, rest)) => out.extend([word, name, "_total ", rest, "\n"]),
            None => out.extend([line, "\n"]),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_are_declared_by_the_name_of_their_samples() {
        let open = "# HELP a_polls Polls.\n# TYPE a_polls counter\na_polls_total{o=\"x\"} 1\n# HELP b Kept.\n\
                    # TYPE b gauge\n# UNIT b seconds\nb 2\n# EOF\n";
        let plain = "# HELP a_polls_total Polls.\n# TYPE a_polls_total counter\na_polls_total{o=\"x\"} 1\n\
                     # HELP b Kept.\n# TYPE b gauge\nb 2\n";
        assert_eq!(write_prometheus_text(open), plain);
    }
}
