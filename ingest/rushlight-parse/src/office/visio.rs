//! Visio's newer drawings: the texts of the shapes, page by page.

use super::package::{Package, by_id};
use super::xml::{Step, attribute, element_text, walk};
use super::{OfficeFault, OfficeText, Piece, Role, Spot, property};

/// Reads a drawing.
pub(super) fn read(bytes: &[u8]) -> Result<OfficeText, OfficeFault> {
    let mut package = Package::open(bytes)?;
    let mut out = OfficeText::default();
    let mut count = 0;
    for (document, _) in package.related("", "document") {
        for (list, xml) in package.related(&document, "pages") {
            let relations = package.relations(&list);
            let relations = by_id(&relations);
            for (name, id) in pages(&xml) {
                count += 1;
                let Some(xml) = relations
                    .get(&*id)
                    .and_then(|relation| package.part(&relation.target))
                else {
                    continue;
                };
                let texts = texts(&xml);
                let heading = (!texts.is_empty()).then_some((Role::Heading(2), name));
                let texts = texts.into_iter().map(|text| (Role::Paragraph, text));
                out.pieces
                    .extend(heading.into_iter().chain(texts).map(|(role, text)| Piece {
                        role,
                        text,
                        spot: Spot::Slide(count),
                    }));
            }
        }
    }
    if let Some(core) = package.part("docProps/core.xml") {
        out.title = property(element_text(&core, "title"));
        out.authors = property(element_text(&core, "creator")).into_iter().collect();
        out.created = element_text(&core, "created");
    }
    out.pages = Some(count);
    Ok(out)
}

/// The pages in their order: their names, and the ids of their relations.
fn pages(xml: &str) -> Vec<(String, String)> {
    let mut found: Vec<(String, String)> = Vec::new();
    let mut name = String::new();
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        match step {
            Step::Start("Page", start) => name = attribute(start, "Name").unwrap_or_default(),
            Step::Start("Rel", start) => {
                found.extend(attribute(start, "id").map(|id| (std::mem::take(&mut name), id)));
            }
            _ => {}
        }
        true
    });
    found
}

fn texts(xml: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut text: Option<String> = None;
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        match step {
            Step::Start("Text", _) => text = Some(String::new()),
            Step::Text(piece) => {
                if let Some(text) = &mut text {
                    text.push_str(piece);
                }
            }
            Step::End("Text") => {
                let text = text.take().map(|text| text.trim().to_owned());
                found.extend(text.filter(|text| !text.is_empty()));
            }
            _ => {}
        }
        true
    });
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::tests::package;
    use crate::office::{OfficeKind, of_zip};

    #[test]
    fn texts_of_shapes_are_read_page_by_page() {
        let relations = |kind: &str, target: &str| {
            format!(
                r#"<Relationships><Relationship Id="r1" Type="http://x/{kind}" Target="{target}"/></Relationships>"#
            )
        };
        let bytes = package(&[
            ("[Content_Types].xml", "<Types/>"),
            ("_rels/.rels", &relations("document", "visio/document.xml")),
            (
                "visio/_rels/document.xml.rels",
                &relations("pages", "pages/pages.xml"),
            ),
            ("visio/document.xml", "<V/>"),
            (
                "visio/pages/_rels/pages.xml.rels",
                &relations("page", "page1.xml"),
            ),
            (
                "visio/pages/pages.xml",
                r#"<Pages><Page ID="0" Name="流程"><Rel r:id="r1"/></Page></Pages>"#,
            ),
            (
                "visio/pages/page1.xml",
                "<PageContents><Shapes><Shape><Text><cp IX='0'/>Pick\n</Text></Shape><Shape><Text>茶 &amp; dry</Text></Shape></Shapes></PageContents>",
            ),
        ]);
        assert_eq!(of_zip(&bytes), Some(OfficeKind::Diagram));
        let found = read(&bytes).expect("is read");
        let texts: Vec<_> = found.pieces.iter().map(|piece| &*piece.text).collect();
        assert_eq!(texts, ["流程", "Pick", "茶 & dry"]);
        assert_eq!(found.pages, Some(1));
    }
}
