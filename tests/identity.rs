//! One story, once: feeds without guids whose addresses change with every poll publish nothing twice, nor do a restart and
//! a copy of the ledger; what a site tells in nearly the same words a second time names what it repeats.

use dateline::ledger::Outlet;

use crate::support::{
    papers::{self, Papers, STORIES_TOLD, check_copies, check_once, copy_ledger},
    worker::Home,
};

#[tokio::test(flavor = "multi_thread")]
async fn twenty_feeds_with_changing_addresses_and_no_guid_publish_every_story_once() {
    let papers = Papers::open().await;
    let home = Home::new(&papers.settings(""));
    papers.poll(&home, 10).kill();
    assert!(papers.poll(&home, 3).stop().success());
    check_once(&home);
    let copy = Home::new(&papers.settings(""));
    copy_ledger(&home, &copy);
    assert!(papers.poll(&copy, 3).stop().success());
    check_once(&copy);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_story_of_two_sections_is_one_article_and_a_copy_names_what_it_repeats() {
    let site = papers::sections().await;
    let home = Home::new(&papers::sections_settings(&site, ""));
    let mut worker = home.start();
    home.until_count(&mut worker, Outlet::Articles, STORIES_TOLD.len() - 1);
    assert!(worker.stop().success());
    check_copies(&home);
}
