//! What lies in a binary workbook and is not read: it is named, so that nobody takes its words for searched.

use super::package::Package;

/// Beginnings of names below the package's main folder, and what people call what is there.
const KINDS: [(&str, &str); 2] = [("xl/comments", "comments"), ("xl/threadedComments/", "comments")];

/// What of a package is not read, each kind once.
pub(super) fn kinds(package: &Package<'_>) -> Vec<String> {
    let names = package.names();
    if !names.iter().any(|name| name == "xl/workbook.bin") {
        return Vec::new();
    }
    let mut found: Vec<&str> = Vec::new();
    for (beginning, kind) in KINDS {
        if !found.contains(&kind) && names.iter().any(|name| name.starts_with(beginning)) {
            found.push(kind);
        }
    }
    found.into_iter().map(str::to_owned).collect()
}
