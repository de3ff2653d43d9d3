//! What lies in an office package and is not read: it is named, so that nobody takes its words for searched.

use std::io::Cursor;

use zip::ZipArchive;

/// Beginnings of names below the package's main folder (`word`, `ppt`, `xl`), and what people call what is there.
const EVERYWHERE: [(&str, &str); 4] = [
    ("comments", "comments"),
    ("threadedComments/", "comments"),
    ("diagrams/data", "diagrams"),
    ("embeddings/", "embedded files"),
];
/// The same in spreadsheets: elsewhere these are read.
const WORKBOOKS: [(&str, &str); 2] = [("drawings/drawing", "drawings"), ("charts/chart", "charts")];

/// What of the package is not read, each kind once; nothing for a file that is no package.
pub(super) fn kinds(bytes: &[u8]) -> Vec<String> {
    let mut found: Vec<&str> = Vec::new();
    let archive = ZipArchive::new(Cursor::new(bytes));
    for name in archive.iter().flat_map(ZipArchive::file_names).flatten() {
        let Some((folder @ ("word" | "ppt" | "xl"), below)) = name.split_once('/') else {
            continue;
        };
        let more = if folder == "xl" { &WORKBOOKS[..] } else { &[] };
        for (beginning, kind) in EVERYWHERE.iter().chain(more) {
            let holds = below.starts_with(beginning) && !below.ends_with('/');
            if holds && !found.contains(kind) {
                found.push(kind);
            }
        }
    }
    found.sort_unstable();
    found.into_iter().map(str::to_owned).collect()
}
