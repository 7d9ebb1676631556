//! Articles: what a page tells, and the address it is known by.

pub mod url;
