//! One story, once, on a cluster as in a file: copies between the two publish no story again.

use crate::support::{
    broker,
    papers::{self, Papers, STORIES_TOLD, check_copies, check_once, copy_ledger},
    worker::Home,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_ledger_that_goes_to_a_cluster_and_back_publishes_no_story_again() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let papers = Papers::open().await;
    let home = Home::new(&papers.settings(""));
    assert!(papers.poll(&home, 3).stop().success());
    let prefix = broker::unique("identity");
    let cluster = Home::new(&papers.settings(&format!(
        "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{}\"\nprefix = \"{prefix}.\"\npartitions = 4\n",
        broker.address
    )));
    copy_ledger(&home, &cluster);
    assert!(papers.poll(&cluster, 10).stop().success());
    assert!(papers.poll(&cluster, 3).stop().success());
    let back = Home::new(&papers.settings(""));
    copy_ledger(&cluster, &back);
    assert!(papers.poll(&back, 3).stop().success());
    check_once(&back);
}

#[tokio::test(flavor = "multi_thread")]
async fn copies_are_known_on_a_cluster_as_in_a_file() {
    let Some((broker, _turn)) = broker::shared() else {
        return;
    };
    let site = papers::sections().await;
    let prefix = broker::unique("copies");
    let cluster = Home::new(&papers::sections_settings(
        &site,
        &format!(
            "[ledger]\nkind = \"kafka\"\n[kafka]\nbrokers = \"{}\"\nprefix = \"{prefix}.\"\npartitions = 4\n",
            broker.address
        ),
    ));
    let mut worker = cluster.start();
    // The topics are not there at once.
    let told = || {
        let told = cluster.ask(&["tail", "articles", "--json"]);
        told.status
            .success()
            .then(|| told.stdout.split(|byte| *byte == b'\n').count() - 1)
    };
    cluster.until(&mut worker, "all stories", || {
        (told()? == STORIES_TOLD.len() - 1).then_some(())
    });
    assert!(worker.stop().success());
    let back = Home::new(&papers::sections_settings(&site, ""));
    copy_ledger(&cluster, &back);
    check_copies(&back);
}
