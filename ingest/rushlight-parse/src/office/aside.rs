//! What stands beside the text in newer documents and slides: comments, notes and diagrams.

use std::collections::{HashMap, HashSet};

use super::comments::{self, Comment};
use super::package::{Package, by_id};
use super::xml::{Lines, Step, attribute, paragraphs, walk};
use super::{Piece, Role, Spot};

/// A text beside the others.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Aside {
    Own(String),
    /// The header, footer or page number of a slide's notes, the same for many.
    Running(String),
}

/// What belongs to a document's text or a slide's without standing in it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Beside {
    pub(super) texts: Vec<Aside>,
    /// What a slide's layout asks the writer to write, where the slide does not say the same.
    pub(super) prompts: HashSet<String>,
}

/// What stands beside a document's text, as that of its one section.
pub(super) fn of_document(package: &mut Package<'_>) -> Vec<Beside> {
    let mut found = Vec::new();
    for (main, xml) in package.related("", "officeDocument") {
        for kind in ["footnotes", "endnotes"] {
            let notes = package.related(&main, kind);
            let texts = notes.iter().flat_map(|(_, xml)| paragraphs(xml));
            found.extend(texts.map(Aside::Own));
        }
        found.extend(equations(&xml));
        found.extend(diagrams(package, &main));
        for (_, xml) in package.related(&main, "comments") {
            let comments = comments::read(&xml, &HashMap::new());
            found.extend(comments.iter().map(Comment::line).map(Aside::Own));
        }
    }
    vec![Beside {
        texts: found,
        prompts: HashSet::new(),
    }]
}

/// What stands beside each slide, in the order of the slides.
pub(super) fn of_slides(package: &mut Package<'_>) -> Vec<Beside> {
    let mut found = Vec::new();
    for (main, xml) in package.related("", "officeDocument") {
        let mut people = HashMap::new();
        for kind in ["commentAuthors", "authors"] {
            for (_, xml) in package.related(&main, kind) {
                people.extend(comments::people(&xml));
            }
        }
        for slide in slides(package, &main, &xml) {
            let own = package.part(&slide).unwrap_or_default();
            let mut beside = equations(&own);
            beside.extend(diagrams(package, &slide));
            for (_, xml) in package.related(&slide, "notesSlide") {
                beside.extend(notes(&xml));
            }
            for (_, xml) in package.related(&slide, "comments") {
                let comments = comments::read(&xml, &people);
                beside.extend(comments.iter().map(Comment::line).map(Aside::Own));
            }
            found.push(Beside {
                texts: beside,
                prompts: prompts(package, &slide, &own),
            });
        }
    }
    found
}

/// What the layout of a slide and its master ask the writer to write, but for what the slide, whose content is `own`, says.
fn prompts(package: &mut Package<'_>, slide: &str, own: &str) -> HashSet<String> {
    let mut found = HashSet::new();
    for (layout, xml) in package.related(slide, "slideLayout") {
        found.extend(
            of_shapes(&xml)
                .into_iter()
                .filter(|shape| shape.prompts)
                .map(|shape| shape.text),
        );
        for (_, xml) in package.related(&layout, "slideMaster") {
            found.extend(
                of_shapes(&xml)
                    .into_iter()
                    .filter(|shape| shape.prompts)
                    .map(|shape| shape.text),
            );
        }
    }
    for text in paragraphs(own) {
        found.remove(&text);
    }
    found
}

/// The text alone, for what cannot be read with its structure.
pub(super) fn plain(package: &mut Package<'_>, in_slides: bool) -> Vec<Piece> {
    let mut found = Vec::new();
    let mut take = |xml: &str, spot: &Spot| {
        found.extend(paragraphs(xml).into_iter().map(|text| Piece {
            role: Role::Paragraph,
            text,
            spot: spot.clone(),
        }));
    };
    for (main, xml) in package.related("", "officeDocument") {
        if !in_slides {
            take(&xml, &Spot::Whole);
            continue;
        }
        for (number, slide) in (1..).zip(slides(package, &main, &xml)) {
            if let Some(xml) = package.part(&slide) {
                take(&xml, &Spot::Slide(number));
            }
        }
    }
    found
}

/// Where the slides lie, in their order.
fn slides(package: &mut Package<'_>, main: &str, xml: &str) -> Vec<String> {
    let relations = package.relations(main);
    let relations = by_id(&relations);
    let mut found = Vec::new();
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        if let Step::Start("sldId", start) = step {
            // The slide's own number is called `id` too; the relation's has a prefix.
            let relation = start.attributes().flatten().find(|attribute| {
                attribute.key.prefix().is_some() && attribute.key.local_name().into_inner() == "id"
            });
            let relation = relation.and_then(|relation| relations.get(&*relation.value));
            found.extend(relation.map(|relation| relation.target.clone()));
        }
        true
    });
    found
}

fn diagrams(package: &mut Package<'_>, part: &str) -> Vec<Aside> {
    let diagrams = package.related(part, "diagramData");
    let texts = diagrams.iter().flat_map(|(_, xml)| paragraphs(xml));
    texts.map(Aside::Own).collect()
}

/// The equations of a text, each in one line.
fn equations(xml: &str) -> Vec<Aside> {
    let mut found = Vec::new();
    let (mut depth, mut shown, mut line) = (0usize, false, String::new());
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        match step {
            Step::Start("oMath", _) => depth += 1,
            Step::Start(name, _) => shown = name == "t",
            Step::Text(text) if depth > 0 && shown => line.push_str(text),
            Step::End("oMath") => {
                depth = depth.saturating_sub(1);
                let line = std::mem::take(&mut line);
                if depth == 0 && !line.trim().is_empty() {
                    found.push(Aside::Own(line));
                }
            }
            Step::End(_) => shown = false,
            Step::Text(_) => {}
        }
        true
    });
    found
}

/// The texts of a slide's notes, shape by shape.
fn notes(xml: &str) -> Vec<Aside> {
    let texts = of_shapes(xml).into_iter();
    texts
        .map(|shape| {
            if shape.running {
                Aside::Running(shape.text)
            } else {
                Aside::Own(shape.text)
            }
        })
        .collect()
}

/// A paragraph of a shape.
struct Shown {
    text: String,
    /// The shape is a header, a footer, a date or a page's number.
    running: bool,
    /// The shape is a place for something to be written.
    prompts: bool,
}

fn of_shapes(xml: &str) -> Vec<Shown> {
    let mut found = Vec::new();
    let mut lines = Lines::default();
    let (mut place, mut running) = (false, false);
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        lines.take(&step);
        match step {
            Step::Start("sp", _) => (place, running) = (false, false),
            Step::Start("ph", start) => {
                let kind = attribute(start, "type").unwrap_or_default();
                running = ["hdr", "ftr", "dt", "sldNum"].contains(&kind.as_str());
                place = !running;
            }
            Step::End("sp") => {
                let texts = std::mem::take(&mut lines).finish().into_iter();
                found.extend(texts.map(|text| Shown {
                    text,
                    running,
                    prompts: place,
                }));
            }
            _ => {}
        }
        true
    });
    found.extend(lines.finish().into_iter().map(|text| Shown {
        text,
        running: false,
        prompts: false,
    }));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::tests::package;

    #[test]
    fn notes_know_what_stands_on_every_page() {
        let xml = r#"<p:notes><p:sp><p:nvPr><p:ph type="body"/></p:nvPr><p:txBody><a:p><a:r><a:t>說慢一點</a:t></a:r></a:p></p:txBody></p:sp>
            <p:sp><p:nvPr><p:ph type="hdr"/></p:nvPr><p:txBody><a:p><a:r><a:t>Board</a:t></a:r></a:p></p:txBody></p:sp>
            <p:graphicFrame><a:tbl><a:tc><a:p><a:r><a:t>cell</a:t></a:r></a:p></a:tc></a:tbl></p:graphicFrame></p:notes>"#;
        assert_eq!(
            notes(xml),
            [
                Aside::Own("說慢一點".to_owned()),
                Aside::Running("Board".to_owned()),
                Aside::Own("cell".to_owned())
            ]
        );
    }

    #[test]
    fn slides_stand_in_their_order_with_what_is_beside_them() {
        let relation = |id: &str, kind: &str, target: &str| {
            format!(r#"<Relationship Id="{id}" Type="http://x/{kind}" Target="{target}"/>"#)
        };
        let relations = |entries: &[String]| format!("<Relationships>{}</Relationships>", entries.concat());
        let bytes = package(&[
            (
                "_rels/.rels",
                &relations(&[relation("r1", "officeDocument", "ppt/presentation.xml")]),
            ),
            (
                "ppt/presentation.xml",
                r#"<p:presentation><p:sldIdLst><p:sldId id="256" r:id="r2"/><p:sldId id="257" r:id="r1"/></p:sldIdLst></p:presentation>"#,
            ),
            (
                "ppt/_rels/presentation.xml.rels",
                &relations(&[
                    relation("r1", "slide", "slides/slide1.xml"),
                    relation("r2", "slide", "slides/slide2.xml"),
                    relation("r3", "commentAuthors", "commentAuthors.xml"),
                ]),
            ),
            (
                "ppt/commentAuthors.xml",
                r#"<a><p:cmAuthor id="1" name="Ada"/></a>"#,
            ),
            (
                "ppt/slides/slide1.xml",
                "<p:sld><a:p><a:t>second</a:t></a:p></p:sld>",
            ),
            (
                "ppt/slides/slide2.xml",
                "<p:sld><a:p><a:t>first</a:t></a:p></p:sld>",
            ),
            (
                "ppt/slides/_rels/slide1.xml.rels",
                &relations(&[
                    relation("r1", "comments", "../comments/comment7.xml"),
                    relation("r2", "diagramData", "../diagrams/data3.xml"),
                ]),
            ),
            (
                "ppt/slides/_rels/slide2.xml.rels",
                &relations(&[
                    relation("r1", "notesSlide", "../notesSlides/notesSlide1.xml"),
                    relation("r2", "slideLayout", "../slideLayouts/slideLayout1.xml"),
                ]),
            ),
            (
                "ppt/slideLayouts/slideLayout1.xml",
                "<p:l><p:sp><p:ph type='title'/><a:p><a:t>Click to edit</a:t></a:p></p:sp><p:sp><p:ph type='title'/><a:p><a:t>first</a:t></a:p></p:sp><p:sp><p:ph type='ftr'/><a:p><a:t>Tea house</a:t></a:p></p:sp></p:l>",
            ),
            (
                "ppt/comments/comment7.xml",
                r#"<p:cmLst><p:cm authorId="1"><p:text>Too long</p:text></p:cm></p:cmLst>"#,
            ),
            (
                "ppt/diagrams/data3.xml",
                "<dgm:pt><a:p><a:t>採茶</a:t></a:p></dgm:pt>",
            ),
            (
                "ppt/notesSlides/notesSlide1.xml",
                "<p:notes><p:sp><a:p><a:t>Welcome all</a:t></a:p></p:sp></p:notes>",
            ),
        ]);
        let mut package = Package::open(&bytes).expect("a package");
        let own = |text: &str| Aside::Own(text.to_owned());
        let found = of_slides(&mut package);
        let texts: Vec<_> = found.iter().map(|slide| &slide.texts).collect();
        assert_eq!(
            texts,
            [
                &vec![own("Welcome all")],
                &vec![own("採茶"), own("Ada: Too long")]
            ]
        );
        assert_eq!(found[0].prompts, HashSet::from(["Click to edit".to_owned()]));
        let plain = plain(&mut package, true);
        let texts: Vec<_> = plain.iter().map(|piece| (&*piece.text, &piece.spot)).collect();
        assert_eq!(texts, [("first", &Spot::Slide(1)), ("second", &Spot::Slide(2))]);
    }
}
