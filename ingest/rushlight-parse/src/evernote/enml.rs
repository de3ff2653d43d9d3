//! ENML, the page inside a note: XHTML with elements of its own for check boxes, files and what is encrypted.

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// A note's page in HTML.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Content {
    pub(super) html: String,
    /// Encrypted stretches, which are left out.
    pub(super) encrypted: u32,
}

/// Elements that HTML knows as empty: they are written without an end.
const VOID: &[&str] = &["area", "br", "col", "hr", "img", "wbr"];

/// Turns ENML into HTML. What is no XML is taken as the HTML it resembles, from the broken place on.
pub(super) fn to_html(enml: &str) -> Content {
    let mut reader = Reader::from_str(enml);
    reader.config_mut().check_end_names = false;
    let mut out = Content::default();
    let mut in_encrypted = false;
    loop {
        let before = usize::try_from(reader.buffer_position()).unwrap_or(usize::MAX);
        let event = match reader.read_event() {
            Ok(event) => event,
            Err(_) => {
                out.html.push_str(enml.get(before..).unwrap_or_default());
                return out;
            }
        };
        match event {
            Event::Eof => return out,
            Event::Start(start) if start.local_name().into_inner() == "en-crypt" => {
                in_encrypted = true;
                out.encrypted += 1;
            }
            Event::End(end) if end.local_name().into_inner() == "en-crypt" => in_encrypted = false,
            _ if in_encrypted => {}
            Event::Empty(start) => {
                let name = start.local_name().into_inner();
                match name {
                    "en-todo" => out.html.push_str(check_box(&start)),
                    "en-media" => {}
                    _ if VOID.contains(&name) => write_start(&start, &mut out.html),
                    _ => {
                        write_start(&start, &mut out.html);
                        out.html.push_str("</");
                        out.html.push_str(name);
                        out.html.push('>');
                    }
                }
            }
            Event::Start(start) => match start.local_name().into_inner() {
                "en-todo" => out.html.push_str(check_box(&start)),
                "en-media" => {}
                "en-note" => out.html.push_str("<div>"),
                _ => write_start(&start, &mut out.html),
            },
            Event::End(end) => match end.local_name().into_inner() {
                "en-todo" | "en-media" => {}
                "en-note" => out.html.push_str("</div>"),
                name => {
                    out.html.push_str("</");
                    out.html.push_str(name);
                    out.html.push('>');
                }
            },
            Event::Text(text) => out.html.push_str(&text),
            Event::CData(text) => out.html.push_str(&text.replace('<', "&lt;")),
            Event::GeneralRef(entity) => {
                out.html.push('&');
                out.html.push_str(&entity);
                out.html.push(';');
            }
            Event::Decl(_) | Event::DocType(_) | Event::Comment(_) | Event::PI(_) => {}
        }
    }
}

fn write_start(start: &BytesStart<'_>, html: &mut String) {
    html.push('<');
    html.push_str(start);
    html.push('>');
}

fn check_box(start: &BytesStart<'_>) -> &'static str {
    let checked = start
        .attributes()
        .flatten()
        .any(|attribute| attribute.key.local_name().into_inner() == "checked" && &*attribute.value == "true");
    if checked { "☑ " } else { "☐ " }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_of_its_own_do_not_swallow_what_follows() {
        let content = to_html(
            "<?xml version=\"1.0\"?><!DOCTYPE en-note SYSTEM \"x.dtd\"><en-note><div>\
             <en-todo checked=\"true\"/>tea &amp; milk<br/></div><en-media hash=\"a\" type=\"image/png\"/>\
             <div/><p><en-todo></en-todo>cup</p><en-crypt cipher=\"AES\">UkM0</en-crypt></en-note>",
        );
        assert_eq!(
            content,
            Content {
                html: "<div><div>☑ tea &amp; milk<br></div><div></div><p>☐ cup</p></div>".to_owned(),
                encrypted: 1,
            }
        );
    }

    #[test]
    fn what_is_no_xml_keeps_its_text() {
        assert_eq!(to_html("<en-note>a<b").html, "<div>a<b");
        assert_eq!(to_html("").html, "");
    }
}
