//! XML as office documents use it: read in one pass, without a tree.

use quick_xml::Reader;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesRef, BytesStart, Event};

/// What a document is made of. Names are without their prefix: programs choose that freely.
pub(super) enum Step<'a> {
    Start(&'a str, &'a BytesStart<'a>),
    End(&'a str),
    Text(&'a str),
}

/// Hands over what stands in `xml`, in order, until `visit` says that it is enough.
///
/// # Errors
/// Where the XML is broken, after what stands before that was handed over.
pub(super) fn walk(xml: &str, mut visit: impl FnMut(Step<'_>) -> bool) -> Result<(), quick_xml::Error> {
    let mut reader = Reader::from_str(xml);
    loop {
        let go_on = match reader.read_event()? {
            Event::Start(start) => visit(Step::Start(start.local_name().into_inner(), &start)),
            Event::Empty(start) => {
                let name = start.local_name().into_inner();
                visit(Step::Start(name, &start)) && visit(Step::End(name))
            }
            Event::End(end) => visit(Step::End(end.local_name().into_inner())),
            Event::Text(text) => visit(Step::Text(&text.xml10_content())),
            Event::CData(text) => visit(Step::Text(&text.xml10_content())),
            Event::GeneralRef(entity) => match resolved(&entity) {
                Some(character) => visit(Step::Text(character.encode_utf8(&mut [0; 4]))),
                None => true,
            },
            Event::Eof => return Ok(()),
            _ => true,
        };
        if !go_on {
            return Ok(());
        }
    }
}

/// The value of the attribute of this name, whatever its prefix.
pub(super) fn attribute(start: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = start
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().into_inner() == name)?;
    let value = unescape(&found.value);
    Some(value.map_or_else(|_| found.value.to_string(), |value| value.into_owned()))
}

/// The text of the first element of this name; nothing when it is blank or not there.
pub(super) fn element_text(xml: &str, name: &str) -> Option<String> {
    let (mut inside, mut ended, mut text) = (false, false, String::new());
    let read = walk(xml, |step| {
        match step {
            Step::Start(begins, _) if begins == name => inside = true,
            Step::End(ends) if inside && ends == name => ended = true,
            Step::Text(piece) if inside => text.push_str(piece),
            _ => {}
        }
        !ended
    });
    read.ok()?;
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (ended && !text.is_empty()).then_some(text)
}

/// An attribute of the first element of this name.
pub(super) fn first_attribute(xml: &str, element: &str, name: &str) -> Option<String> {
    let mut found = None;
    let read = walk(xml, |step| match step {
        Step::Start(begins, start) if begins == element => {
            found = attribute(start, name);
            false
        }
        _ => true,
    });
    read.ok()?;
    found
}

/// The paragraphs (`p`) of a text whose words stand in `t`: that of drawings, notes and diagrams, and of Word. What other
/// programs are offered instead of it is left out, and so is what is broken.
pub(super) fn paragraphs(xml: &str) -> Vec<String> {
    let mut lines = Lines::default();
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        lines.take(&step);
        true
    });
    lines.finish()
}

/// Gathers the lines of a text, step by step.
#[derive(Default)]
pub(super) struct Lines {
    found: Vec<String>,
    line: String,
    /// For each open element, whether its text is shown.
    shown: Vec<bool>,
    /// Alternatives for other programs that are open.
    in_fallback: usize,
}

impl Lines {
    pub(super) fn take(&mut self, step: &Step<'_>) {
        match step {
            Step::Start(name, _) => {
                self.in_fallback += usize::from(*name == "Fallback");
                self.shown.push(*name == "t");
                match *name {
                    "br" | "cr" => self.line.push('\n'),
                    "tab" => self.line.push(' '),
                    _ => {}
                }
            }
            Step::End(name) => {
                self.shown.pop();
                match *name {
                    "p" => self.end_line(),
                    "Fallback" => self.in_fallback = self.in_fallback.saturating_sub(1),
                    _ => {}
                }
            }
            Step::Text(text) => {
                if self.in_fallback == 0 && self.shown.last() == Some(&true) {
                    self.line.push_str(text);
                }
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.trim();
        if !line.is_empty() {
            self.found.push(line.to_owned());
        }
    }

    pub(super) fn finish(mut self) -> Vec<String> {
        self.end_line();
        self.found
    }
}

/// The character that a reference stands for.
pub(crate) fn resolved(entity: &BytesRef<'_>) -> Option<char> {
    if let Ok(Some(character)) = entity.resolve_char_ref() {
        return Some(character);
    }
    let name: &str = entity;
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_in_their_paragraphs() {
        let xml = r#"<s xmlns:a="a"><a:p> <a:r><a:t>Tea &amp; </a:t></a:r><a:fld><a:t>3</a:t></a:fld></a:p>
            <dgm:t><a:p><a:r><a:t>茶</a:t><a:br/><a:t>紅</a:t></a:r></a:p></dgm:t>
            <mc:Fallback><a:p><a:t>again</a:t></a:p></mc:Fallback><a:p/></s>"#;
        assert_eq!(paragraphs(xml), ["Tea & 3", "茶\n紅"]);
        assert_eq!(paragraphs("<p><t>one</t></p><p><t>two</q>"), ["one", "two"]);
    }

    #[test]
    fn attributes_and_texts_are_resolved() {
        let xml = r#"<a><b r:id="x &quot;y&quot;"/><c> t <d>&#33590;</d>&lt;</c><c>u</c></a>"#;
        assert_eq!(first_attribute(xml, "b", "id").as_deref(), Some("x \"y\""));
        assert_eq!(first_attribute(xml, "c", "id"), None);
        assert_eq!(element_text(xml, "c").as_deref(), Some("t 茶<"));
        assert_eq!(element_text("<a><c>cut", "c"), None);
    }
}
