//! What is drawn upon a sheet: text boxes, diagrams and charts, each with the row that it begins in.

use super::package::{Package, by_id};
use super::xml::{Lines, Step, attribute, paragraphs, walk};

/// A stretch of text in a drawing.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Drawn {
    /// The row, counted from one.
    pub(super) row: u32,
    pub(super) text: String,
}

/// The texts of a drawing, which is the part `name` with the content `xml`.
pub(super) fn read(package: &mut Package<'_>, name: &str, xml: &str) -> Vec<Drawn> {
    let relations = package.relations(name);
    let relations = by_id(&relations);
    let mut found = Vec::new();
    for anchor in anchors(xml) {
        let row = anchor.row;
        let mut texts = anchor.texts;
        for id in anchor.parts {
            let Some(relation) = relations.get(&*id).filter(|relation| !relation.external) else {
                continue;
            };
            match (&*relation.kind, package.part(&relation.target)) {
                ("diagramData", Some(xml)) => texts.extend(paragraphs(&xml)),
                ("chart" | "chartEx", Some(xml)) => texts.extend(chart(&xml)),
                _ => {}
            }
        }
        found.extend(texts.into_iter().map(|text| Drawn { row, text }));
    }
    found
}

#[derive(Default)]
struct Anchor {
    row: u32,
    texts: Vec<String>,
    /// Other parts that are shown there, by the id of the relation.
    parts: Vec<String>,
}

fn anchors(xml: &str) -> Vec<Anchor> {
    let mut found: Vec<Anchor> = Vec::new();
    let mut lines = Lines::default();
    let (mut from, mut row) = (0usize, None::<String>);
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        lines.take(&step);
        match step {
            Step::Start("twoCellAnchor" | "oneCellAnchor" | "absoluteAnchor", _) => {
                found.push(Anchor {
                    row: 1,
                    ..Anchor::default()
                });
            }
            Step::Start("from", _) => from += 1,
            Step::End("from") => from = from.saturating_sub(1),
            Step::Start("row", _) if from > 0 => row = Some(String::new()),
            Step::Text(text) => {
                if let Some(row) = &mut row {
                    row.push_str(text);
                }
            }
            Step::End("row") => {
                let number = row.take().and_then(|row| row.trim().parse::<u32>().ok());
                if let (Some(number), Some(anchor)) = (number, found.last_mut()) {
                    anchor.row = number.saturating_add(1);
                }
            }
            Step::Start("relIds", start) => {
                if let (Some(id), Some(anchor)) = (attribute(start, "dm"), found.last_mut()) {
                    anchor.parts.push(id);
                }
            }
            Step::Start("chart", start) => {
                if let (Some(id), Some(anchor)) = (attribute(start, "id"), found.last_mut()) {
                    anchor.parts.push(id);
                }
            }
            Step::End("twoCellAnchor" | "oneCellAnchor" | "absoluteAnchor") => {
                let texts = std::mem::take(&mut lines).finish();
                if let Some(anchor) = found.last_mut() {
                    anchor.texts = texts;
                }
            }
            _ => {}
        }
        true
    });
    found
}

/// What a chart says beside its values, which stand in the sheet: its titles and the names of its series.
fn chart(xml: &str) -> Vec<String> {
    let mut lines = Lines::default();
    let mut names = Vec::new();
    let (mut series_name, mut value) = (0usize, None::<String>);
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        lines.take(&step);
        match step {
            Step::Start("tx", _) => series_name += 1,
            Step::End("tx") => series_name = series_name.saturating_sub(1),
            Step::Start("v", _) if series_name > 0 => value = Some(String::new()),
            Step::Text(text) => {
                if let Some(value) = &mut value {
                    value.push_str(text);
                }
            }
            Step::End("v") => names.extend(value.take().filter(|name| !name.trim().is_empty())),
            _ => {}
        }
        true
    });
    let mut texts = lines.finish();
    texts.extend(names);
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::office::tests::package;

    #[test]
    fn boxes_diagrams_and_charts_are_read_where_they_stand() {
        let drawing = r#"<xdr:wsDr><xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:row>4</xdr:row></xdr:from><xdr:to><xdr:row>9</xdr:row></xdr:to>
            <xdr:grpSp><xdr:sp><xdr:txBody><a:p><a:r><a:t>註：</a:t></a:r><a:r><a:t>sold out</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:grpSp></xdr:twoCellAnchor>
            <xdr:oneCellAnchor><xdr:from><xdr:row>0</xdr:row></xdr:from><xdr:graphicFrame><dgm:relIds r:dm="r1" r:lo="r9"/></xdr:graphicFrame></xdr:oneCellAnchor>
            <xdr:absoluteAnchor><xdr:graphicFrame><c:chart r:id="r2"/></xdr:graphicFrame></xdr:absoluteAnchor></xdr:wsDr>"#;
        let relations = r#"<Relationships><Relationship Id="r1" Type="x/diagramData" Target="../diagrams/data1.xml"/><Relationship Id="r2" Type="x/chart" Target="../charts/chart1.xml"/></Relationships>"#;
        let diagram = "<dgm:dataModel><dgm:pt><dgm:t><a:p><a:r><a:t>Pick</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:dataModel>";
        let chart = "<c:chartSpace><c:title><c:tx><c:rich><a:p><a:r><a:t>Sales</a:t></a:r></a:p></c:rich></c:tx></c:title><c:ser><c:tx><c:strRef><c:strCache><c:pt><c:v>春茶</c:v></c:pt></c:strCache></c:strRef></c:tx><c:val><c:v>7</c:v></c:val></c:ser></c:chartSpace>";
        let bytes = package(&[
            ("xl/drawings/_rels/drawing1.xml.rels", relations),
            ("xl/diagrams/data1.xml", diagram),
            ("xl/charts/chart1.xml", chart),
        ]);
        let mut package = Package::open(&bytes).expect("a package");
        let found = read(&mut package, "xl/drawings/drawing1.xml", drawing);
        let short: Vec<_> = found.iter().map(|drawn| (drawn.row, &*drawn.text)).collect();
        assert_eq!(
            short,
            [(5, "註：sold out"), (1, "Pick"), (1, "Sales"), (1, "春茶")]
        );
    }
}
