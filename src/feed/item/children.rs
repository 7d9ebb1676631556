//! Which children of an item are read, by the family of their names.

use crate::feed::names::Family;

/// Children in the words of RSS, Atom, CDF and sitemaps.
const CORE: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "pubdate",
    "published",
    "issued",
    "updated",
    "modified",
    "created",
    "date",
    "description",
    "summary",
    "content",
    "author",
    "abstract",
    "a",
    "loc",
    "lastmod",
    "body",
    "encoded",
    "url",
    "lastbuilddate",
];
/// Children in the words of Dublin Core.
const DUBLIN: &[&str] = &[
    "title",
    "date",
    "creator",
    "issued",
    "modified",
    "created",
    "identifier",
    "description",
    "available",
];

/// The names of children that are read, of those in a family.
const fn children_of(family: Family) -> &'static [&'static str] {
    match family {
        Family::Core | Family::Atom => CORE,
        Family::Dublin => DUBLIN,
        Family::Content => &["encoded"],
        Family::Media => &["title", "description"],
        Family::Itunes => &["summary", "author"],
        Family::Burner => &["origlink"],
        Family::News => &["title", "publication_date"],
        Family::Rdf | Family::Syndication | Family::Other => &[],
    }
}

/// Whether a child is of interest: its inside is then handed to [`super::MarkupItem::take_child`].
pub(in crate::feed) fn wants_child(family: Family, local: &str) -> bool {
    children_of(family).contains(&local)
}
