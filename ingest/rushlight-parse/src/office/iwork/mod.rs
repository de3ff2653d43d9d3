//! Documents of Apple's iWork (Pages, Numbers, Keynote): their words, of those in XML (to 2009) and of those in IWA (since
//! 2013). What tables compute is not read in IWA: its numbers lie in a form of their own.

mod iwa;

use super::package::Package;
use super::xml::{Step, attribute, walk};
use super::{OfficeFault, OfficeText, Piece, Role, Spot};

/// Elements whose text is an example for the writer, or a form that is kept for later.
const UNSEEN: [&str; 8] = [
    "ghost-text",
    "master-slides",
    "theme-list",
    "prototype",
    "tabular-prototypes",
    "section-prototypes",
    "stylesheet",
    "version-history",
];

/// Reads a document. Stops once there is more than `max_text` bytes of text.
pub(super) fn read(bytes: &[u8], max_text: usize) -> Result<OfficeText, OfficeFault> {
    let mut package = Package::open(bytes)?;
    for name in ["index.xml", "index.apxl"] {
        if let Some(xml) = package.part(name) {
            return of_xml(&xml, max_text);
        }
    }
    let mut out = iwa::read(&mut package, max_text);
    if out.pieces.is_empty()
        && let Some((inner, false)) = package.bytes("Index.zip", u64::MAX)
    {
        out = iwa::read(&mut Package::open(&inner)?, max_text);
    }
    Ok(out)
}

/// What stands in the XML of the older documents.
fn of_xml(xml: &str, max_text: usize) -> Result<OfficeText, OfficeFault> {
    let mut out = OfficeText::default();
    let (mut unseen, mut slides, mut taken) = (0usize, 0u32, 0usize);
    let mut line: Option<String> = None;
    let read = walk(xml, |step| {
        let mut said = None;
        match step {
            Step::Start(name, _) if UNSEEN.contains(&name) => unseen += 1,
            Step::End(name) if UNSEEN.contains(&name) => unseen = unseen.saturating_sub(1),
            _ if unseen > 0 => {}
            Step::Start("slide", _) => slides = slides.saturating_add(1),
            Step::Start("p", _) => line = Some(String::new()),
            Step::Start("tab" | "br" | "lnbr" | "crbr", _) => {
                if let Some(line) = &mut line {
                    line.push(' ');
                }
            }
            // A cell with words, and one with a number.
            Step::Start("ct", start) => said = attribute(start, "s"),
            Step::Start("n" | "rn", start) => said = attribute(start, "v"),
            Step::Start("tabular-model", start) => said = attribute(start, "name"),
            Step::Text(text) => {
                if let Some(line) = &mut line {
                    line.push_str(text);
                }
            }
            Step::End("p") => said = line.take(),
            _ => {}
        }
        if let Some(text) = said.filter(|text| !text.trim().is_empty()) {
            taken += text.len();
            out.pieces.push(Piece {
                role: Role::Paragraph,
                text,
                spot: spot(slides),
            });
        }
        taken <= max_text
    });
    out.pages = (slides > 0).then_some(slides);
    match read {
        Err(error) if out.pieces.is_empty() => return Err(OfficeFault::Broken(error.to_string())),
        Err(error) => out.broken_off = Some(error.to_string()),
        Ok(()) => {}
    }
    Ok(out)
}

fn spot(slide: u32) -> Spot {
    if slide > 0 {
        Spot::Slide(slide)
    } else {
        Spot::Whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::tests::package;
    use crate::office::{OfficeKind, of_zip};

    #[test]
    fn older_slides_are_read_without_their_examples() {
        let xml = r#"<key:presentation><key:theme-list><key:master-slides><key:master-slide><sf:p>Title Text</sf:p></key:master-slide></key:master-slides></key:theme-list>
            <key:slide-list><key:slide><sf:p>All <sf:span>of</sf:span><sf:tab/>tea</sf:p><sf:p><sf:ghost-text>type here</sf:ghost-text></sf:p></key:slide>
            <key:slide><sf:tabular-model sf:name="庫存"><sf:t><sf:ct sfa:s="红茶"/></sf:t><sf:n sf:v="3"/></sf:tabular-model></key:slide></key:slide-list></key:presentation>"#;
        let bytes = package(&[("index.apxl", xml), ("buildVersionHistory.plist", "")]);
        assert_eq!(of_zip(&bytes), Some(OfficeKind::Apple));
        let found = read(&bytes, 1000).expect("is read");
        let texts: Vec<_> = found
            .pieces
            .iter()
            .map(|piece| (&*piece.text, &piece.spot))
            .collect();
        let (one, two) = (Spot::Slide(1), Spot::Slide(2));
        assert_eq!(
            texts,
            [("All of tea", &one), ("庫存", &two), ("红茶", &two), ("3", &two)]
        );
        assert_eq!(found.pages, Some(2));
    }

    #[test]
    fn a_broken_document_says_so() {
        let bytes = package(&[("index.xml", "<a></b>")]);
        assert!(matches!(read(&bytes, 10), Err(OfficeFault::Broken(_))));
        let bytes = package(&[("index.xml", "<a><p>one</p></b>")]);
        assert!(read(&bytes, 10).is_ok_and(|found| found.broken_off.is_some()));
    }
}
