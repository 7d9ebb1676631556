//! dateline: from news feeds to structured events.
pub mod article;
pub mod feed;
pub mod fetch;
pub mod id;
pub mod ledger;
pub mod record;
pub mod set_aside;
pub mod site;
