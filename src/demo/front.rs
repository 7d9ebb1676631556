//! What every host shows besides stories: its front page and its robots.txt.
use super::{
    feeds::Listing,
    sites::DemoOutlet,
    template::{Values, fill_values},
};

/// The front page: the outlet's name and what its feed lists.
pub(crate) fn render_front(outlet: &DemoOutlet, items: &[Listing]) -> String {
    let path = outlet.feed.as_ref().map_or("", |feed| feed.path.as_str());
    let kind = outlet.feed.as_ref().map_or("", |feed| {
        feed.kind
            .content_type()
            .split(';')
            .next()
            .unwrap_or_default()
    });
    let mut text = fill_values(
        "<!doctype html><html lang=\"en\"><head><title>{{name}}</title>\
         <link rel=\"alternate\" type=\"{{kind}}\" href=\"{{path}}\"></head><body>\
         <h1>{{name}}</h1><ul>",
        &Values::from([
            ("name", outlet.name.clone()),
            ("kind", kind.to_owned()),
            ("path", path.to_owned()),
        ]),
    );
    for item in items {
        let values = Values::from([("link", item.link.clone()), ("title", item.title.clone())]);
        text.push_str(&fill_values(
            "<li><a href=\"{{link}}\">{{title}}</a></li>",
            &values,
        ));
    }
    text.push_str("</ul></body></html>\n");
    text
}

/// The outlet's robots.txt; hosts that are no outlet allow everything.
pub(crate) fn render_robots(outlet: Option<&DemoOutlet>) -> String {
    let mut text = "User-agent: *\n".to_owned();
    for path in outlet.map_or(&[][..], |outlet| &outlet.disallow) {
        text.push_str("Disallow: ");
        text.push_str(path);
        text.push('\n');
    }
    text.push_str("Allow: /\n");
    text
}
