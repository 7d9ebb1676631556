//! Topics that are set otherwise than they must be.

use std::time::Duration;

use super::{
    broker,
    folder::{Folder, fatal_faults},
    runtime, tables, until,
};

/// Starts the worker, waits until it works, ends it.
fn works(folder: &Folder) {
    let worker = folder.run();
    let before = folder.log().matches("partition restored").count();
    runtime().block_on(until(folder, "it owns partitions", async || {
        (folder.log().matches("partition restored").count() > before).then_some(())
    }));
    assert!(worker.terminate().success(), "{}", folder.log());
}

/// What is said at a start that ends with 64.
fn refused(folder: &Folder) -> String {
    let before = folder.log().len();
    let mut worker = folder.run();
    runtime().block_on(until(folder, "the start ends", async || {
        (!worker.runs()).then_some(())
    }));
    let (code, log) = (worker.exit().code(), folder.log());
    assert_eq!(code, Some(64), "{log}");
    log[before..].to_owned()
}

#[test]
fn topics_that_would_lose_records_end_the_start_with_commands_that_mend_them() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let prefix = broker::unique("wrong");
    let feeds = ["http://127.0.0.1:9/feed".to_owned()];
    let folder = Folder::new(
        &[],
        &feeds,
        Duration::from_millis(5),
        &tables(&broker.address, &prefix),
    );
    works(&folder);
    let alter = |topic: &str, change: [&str; 2]| {
        let line = format!(
            "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {prefix}.{topic} {} {}",
            broker.address, change[0], change[1]
        );
        broker.run_printed(&line);
    };
    alter("seen", ["--add-config", "cleanup.policy=delete"]);
    alter("sites", ["--delete-config", "message.timestamp.type"]);

    let said = refused(&folder);
    let said = fatal_faults(&said).join("\n");
    let commands: Vec<&str> = said
        .lines()
        .filter_map(|line| Some(line.split_once("mend it with: ")?.1))
        .collect();
    let told = |topic: &str, setting: &str| {
        let command = commands
            .iter()
            .find(|line| line.contains(&format!("{prefix}.{topic} ")));
        command.is_some_and(|line| line.starts_with("kafka-configs.sh ") && line.contains(setting))
    };
    assert!(told("seen", "cleanup.policy=[compact,delete]"), "{said}");
    assert!(
        told("sites", "message.timestamp.type=LogAppendTime"),
        "{said}"
    );
    assert_eq!(commands.len(), 2, "{said}");
    for command in commands {
        broker.run_printed(command);
    }
    works(&folder);
}
