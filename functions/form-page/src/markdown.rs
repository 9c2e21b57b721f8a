//! The Markdown that forms are written in: paragraphs, emphasis, lists, and links to `https`, `http` and `mailto`. Whatever else
//! stands there, HTML too, is shown as the text that it is.

use askama::filters::{Escaper as _, Html};
use pulldown_cmark::{Event, Parser, Tag, TagEnd, html};
use url::Url;

/// What a link may lead to.
const SCHEMES: [&str; 3] = ["https", "http", "mailto"];

/// The text as HTML.
pub(crate) fn to_html(markdown: &str) -> String {
    let mut links = Vec::new();
    let events = Parser::new(markdown).filter_map(|event| shown(event, &mut links));
    let mut shown = String::new();
    html::push_html(&mut shown, events);
    shown
}

/// What is shown of a piece of Markdown. `links` are those that are open, each with whether it is shown as one.
fn shown<'a>(event: Event<'a>, links: &mut Vec<bool>) -> Option<Event<'a>> {
    Some(match event {
        Event::Html(text) | Event::InlineHtml(text) | Event::Code(text) => Event::Text(text),
        Event::Start(Tag::Link { dest_url, .. }) => {
            let link = opening(&dest_url);
            links.push(link.is_some());
            Event::InlineHtml(link?.into())
        }
        Event::End(TagEnd::Link) => {
            links.pop().filter(|is_shown| *is_shown)?;
            Event::InlineHtml("</a>".into())
        }
        Event::Start(Tag::Heading { .. } | Tag::CodeBlock(_) | Tag::HtmlBlock) => {
            Event::Start(Tag::Paragraph)
        }
        Event::End(TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::HtmlBlock) => {
            Event::End(TagEnd::Paragraph)
        }
        Event::Start(Tag::Paragraph | Tag::Emphasis | Tag::Strong | Tag::List(_) | Tag::Item)
        | Event::End(
            TagEnd::Paragraph | TagEnd::Emphasis | TagEnd::Strong | TagEnd::List(_) | TagEnd::Item,
        )
        | Event::Text(_)
        | Event::SoftBreak
        | Event::HardBreak => event,
        _ => return None,
    })
}

/// The tag that begins a link, if it may lead there. It opens beside the form, so that nothing that was filled in is lost.
fn opening(to: &str) -> Option<String> {
    let url = Url::parse(to).ok().filter(|url| SCHEMES.contains(&url.scheme()))?;
    let mut tag = "<a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=\"".to_owned();
    Html.write_escaped_str(&mut tag, url.as_str()).ok()?;
    tag.push_str("\">");
    Some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_emphasis_lists_and_links_are_shown() {
        for (markdown, html) in [
            ("One\n\nTwo *three* **four**", "<p>One</p>\n<p>Two <em>three</em> <strong>four</strong></p>\n"),
            ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
            ("2. a", "<ol start=\"2\">\n<li>a</li>\n</ol>\n"),
            (
                "[us](https://example.com/?a=1&b=\"2\")",
                "<p><a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=\"https://example.com/?a=1&#38;b=%222%22\">us</a></p>\n",
            ),
            (
                "<mailto:a@b.example>",
                "<p><a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=\"mailto:a@b.example\">mailto:a@b.example</a></p>\n",
            ),
        ] {
            assert_eq!(to_html(markdown), html, "{markdown}");
        }
    }

    #[test]
    fn everything_else_is_text() {
        for (markdown, html) in [
            ("<script>alert(1)</script>", "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n"),
            ("a <b onclick=x>b</b>", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt;</p>\n"),
            ("[x](javascript:alert(1))", "<p>x</p>\n"),
            ("[x](//example.com)", "<p>x</p>\n"),
            ("![alt](https://example.com/a.png)", "<p>alt</p>\n"),
            ("# Title", "<p>Title</p>\n"),
            ("    code <i>", "<p>code &lt;i&gt;</p>\n"),
            ("`code`", "<p>code</p>\n"),
            ("> said", "<p>said</p>\n"),
            ("---", ""),
        ] {
            assert_eq!(to_html(markdown), html, "{markdown}");
        }
    }

    #[test]
    fn a_link_within_a_link_that_is_none_ends_where_it_should() {
        assert_eq!(
            to_html("[a ![b](x) c](data:text/html,x) [d](http://e.example)"),
            "<p>a b c <a target=\"_blank\" rel=\"noopener noreferrer nofollow\" href=\"http://e.example/\">d</a></p>\n"
        );
    }
}
