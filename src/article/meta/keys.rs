//! Names in the head of a page for the times of publication and of the last change.

/// What Open Graph calls the time of publication.
pub(super) const OPEN_GRAPH: [&str; 4] = [
    "article:published_time",
    "og:article:published_time",
    "article:published",
    "og:published_time",
];
/// Other names in the head for it, the surest first.
pub(super) const HEAD_KEYS: [&str; 27] = [
    "datepublished",
    "date.issued",
    "dc.date.issued",
    "dcterms.created",
    "dc.date.created",
    "dc.date",
    "dcterms.date",
    "dc.created",
    "parsely-pub-date",
    "sailthru.date",
    "pubdate",
    "publishdate",
    "publish-date",
    "publish_date",
    "publication_date",
    "article_date_original",
    "cxenseparse:recs:publishtime",
    "originalpublicationdate",
    "date",
    "citation_publication_date",
    "citation_online_date",
    "bt:pubdate",
    "article.published",
    "published_time",
    "rnews:datepublished",
    "shareaholic:article_published_time",
    "dateposted",
];
/// Names in the head for the time of the last change.
pub(super) const CHANGE_KEYS: [&str; 6] = [
    "article:modified_time",
    "og:updated_time",
    "last-modified",
    "datemodified",
    "dateupdate",
    "revised",
];
