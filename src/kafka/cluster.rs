//! The cluster as its clients see it: connections, settings, grants, topics.

pub(super) mod commands;
pub(super) mod connect;
pub(super) mod grants;
pub(super) mod link;
pub(super) mod settings;
pub(super) mod token;
pub(super) mod topics;
