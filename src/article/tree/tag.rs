//! The elements of HTML that the extractor tells apart.

/// The elements that the extractor tells apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tag {
    Text,
    Html,
    Head,
    Title,
    Meta,
    Link,
    Script,
    Body,
    /// Never holds words of a story: style, form controls, players, drawings.
    Void,
    Noscript,
    /// What a script would show later.
    Template,
    Form,
    Nav,
    Aside,
    Footer,
    Header,
    Figure,
    Caption,
    Main,
    Article,
    /// div, section and other boxes.
    Block,
    P,
    Pre,
    Quote,
    List,
    Item,
    Table,
    Row,
    Cell,
    /// Its level, 1 to 6.
    Heading(u8),
    Br,
    A,
    Time,
    /// `q`: its quotation marks are the reader's to draw.
    Spoken,
    /// `sup`, which may hold the mark of a footnote.
    Raised,
    /// Part of a sentence where one goes on behind it.
    Button,
    /// Any other element: part of the line it stands in.
    Inline,
}

impl Tag {
    pub(super) fn of(name: &str) -> Self {
        match name {
            "a" => Self::A,
            "br" => Self::Br,
            "p" => Self::P,
            "div" | "section" | "center" | "fieldset" | "details" | "summary" | "hgroup"
            | "address" | "hr" | "article-body" | "amp-story" => Self::Block,
            "li" | "dt" | "dd" => Self::Item,
            "ul" | "ol" | "dl" => Self::List,
            "h1" => Self::Heading(1),
            "h2" => Self::Heading(2),
            "h3" => Self::Heading(3),
            "h4" => Self::Heading(4),
            "h5" => Self::Heading(5),
            "h6" => Self::Heading(6),
            "article" => Self::Article,
            "main" => Self::Main,
            "blockquote" | "q-block" => Self::Quote,
            "pre" => Self::Pre,
            "table" | "tbody" | "thead" | "tfoot" => Self::Table,
            "tr" => Self::Row,
            "td" | "th" => Self::Cell,
            "figure" | "picture" => Self::Figure,
            "figcaption" | "caption" => Self::Caption,
            "nav" | "menu" => Self::Nav,
            "aside" => Self::Aside,
            "footer" => Self::Footer,
            "header" => Self::Header,
            "form" => Self::Form,
            "time" => Self::Time,
            "q" => Self::Spoken,
            "sup" => Self::Raised,
            "button" => Self::Button,
            "noscript" => Self::Noscript,
            "template" => Self::Template,
            "script" => Self::Script,
            "style" | "svg" | "iframe" | "select" | "textarea" | "input" | "option" | "canvas"
            | "object" | "embed" | "video" | "audio" | "dialog" | "math" | "map" | "label"
            | "progress" | "meter" | "amp-ad" | "amp-sidebar" | "rp" | "rt" => Self::Void,
            "meta" => Self::Meta,
            "link" => Self::Link,
            "title" => Self::Title,
            "head" => Self::Head,
            "body" => Self::Body,
            "html" => Self::Html,
            _ => Self::Inline,
        }
    }

    /// Whether it begins and ends a line.
    pub(crate) fn is_block(self) -> bool {
        !matches!(
            self,
            Self::Text
                | Self::Inline
                | Self::A
                | Self::Time
                | Self::Spoken
                | Self::Raised
                | Self::Button
                | Self::Br
                | Self::Cell
                | Self::Link
                | Self::Meta
        )
    }

    /// Whether its words are never part of a story.
    pub(crate) fn is_skipped(self) -> bool {
        matches!(
            self,
            Self::Head | Self::Script | Self::Void | Self::Noscript | Self::Template | Self::Title
        )
    }
}
