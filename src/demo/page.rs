//! From a story to its page: the clean paragraphs between all that real pages put around them.
use super::{
    sites::DemoOutlet,
    story::DemoStory,
    template::{Template, Values},
};

/// The page of `story` in its outlet's template; `related` are other stories to link to.
pub(crate) fn render_page(
    story: &DemoStory,
    outlet: &DemoOutlet,
    template: &Template,
    related: &[&DemoStory],
    port: u16,
) -> String {
    let mut values = head_values(story, outlet, port);
    values.insert(
        "tags",
        render_list(
            template,
            "tag",
            story.tags.iter().map(|tag| (tag.clone(), tag)),
        ),
    );
    let links = related
        .iter()
        .map(|other| (page_address(other, port), &other.title));
    values.insert("related", render_list(template, "related", links));
    values.insert("body", render_body(story, template, related, port));
    template.fill_section("page", &values)
}

/// The address of a story's page.
pub(crate) fn page_address(story: &DemoStory, port: u16) -> String {
    format!("http://{}:{port}{}", story.host, story.path)
}

fn head_values(story: &DemoStory, outlet: &DemoOutlet, port: u16) -> Values {
    Values::from([
        ("site", outlet.name.clone()),
        ("origin", format!("http://{}:{port}", story.host)),
        ("url", page_address(story, port)),
        ("title", story.title.clone()),
        ("summary", story.summary.clone()),
        ("author", story.author.clone()),
        ("section", story.section.clone()),
        ("iso", story.published.to_string()),
        ("day", story.published.strftime("%Y-%m-%d").to_string()),
        (
            "long_day",
            story.published.strftime("%A, %-d %B %Y").to_string(),
        ),
        ("us_day", story.published.strftime("%B %-d, %Y").to_string()),
        ("clock", story.published.strftime("%H:%M").to_string()),
    ])
}

/// The paragraphs, with the dateline before the first and inserts after the second and third.
fn render_body(
    story: &DemoStory,
    template: &Template,
    related: &[&DemoStory],
    port: u16,
) -> String {
    let mut out = String::new();
    let mut insert = Values::new();
    if let Some(other) = related.first() {
        insert.insert("link", page_address(other, port));
        insert.insert("text", other.title.clone());
    }
    for (i, text) in story.paragraphs.iter().enumerate() {
        let mut values = Values::from([("text", text.clone())]);
        if let (0, Some(place)) = (i, &story.dateline) {
            let place = Values::from([("place", place.clone())]);
            values.insert(
                "dateline",
                template
                    .fill_section("dateline", &place)
                    .trim_end()
                    .to_owned(),
            );
        }
        out.push_str(&template.fill_section("paragraph", &values));
        match i {
            1 => out.push_str(&template.fill_section("insert", &insert)),
            2 => out.push_str(&template.fill_section("break", &insert)),
            _ => {}
        }
    }
    out
}

fn render_list<'a>(
    template: &Template,
    section: &str,
    items: impl Iterator<Item = (String, &'a String)>,
) -> String {
    let line = |(link, text): (String, &String)| {
        template.fill_section(
            section,
            &Values::from([("link", link), ("text", text.clone())]),
        )
    };
    items.map(line).collect()
}
