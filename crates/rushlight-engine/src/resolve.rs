//! Which document a link means, as people who write such links expect it.

use std::cmp::Reverse;

use rushlight_core::{DocLink, LinkKind};
use rushlight_ledger::{LinkTarget, NamedBy, fold_name, without_ending};

/// The one of `candidates` that a link in `from` means. They bear the name at the end of the link's target, and come by
/// path; of several that fit, one of the same source comes first, a file's name before an alias, the same folder, and then
/// the shortest path.
pub(crate) fn resolve<'a>(
    from: &LinkTarget,
    link: &DocLink,
    candidates: &'a [LinkTarget],
) -> Option<&'a LinkTarget> {
    let wanted = Wanted::of(from, link);
    let folder = folder_of(&from.path);
    let fitting = candidates.iter().filter(|candidate| wanted.fits(candidate));
    fitting.min_by_key(|candidate| {
        (
            Reverse(candidate.source_id == from.source_id),
            candidate.named_by,
            Reverse(folder_of(&candidate.path) == folder),
            candidate.path.matches('/').count(),
            candidate.path.len(),
        )
    })
}

/// What a link asks for, folded.
enum Wanted {
    /// Any document of the name.
    Name,
    /// One whose path ends so.
    End(String),
    /// One of these absolute paths.
    Paths(Vec<String>),
}

impl Wanted {
    fn of(from: &LinkTarget, link: &DocLink) -> Self {
        let target = fold_name(&link.target);
        match link.kind {
            LinkKind::Name if target.trim_matches('/').contains('/') => {
                Self::End(format!("/{}", target.trim_matches('/')))
            }
            LinkKind::Name => Self::Name,
            LinkKind::Path => {
                let (root, folder) = (fold_name(&from.root), fold_name(folder_of(&from.path)));
                let mut paths = vec![joined(&folder, target.trim_start_matches('/'))];
                if target.starts_with('/') {
                    // From the root of the folder that was added, as notes have it, or of the file system.
                    paths = vec![joined(&root, target.trim_start_matches('/')), joined("", &target)];
                }
                Self::Paths(paths)
            }
        }
    }

    fn fits(&self, candidate: &LinkTarget) -> bool {
        match self {
            Self::Name => true,
            // An alias lies nowhere.
            _ if candidate.named_by == NamedBy::Alias => false,
            Self::End(end) => named(candidate).ends_with(end.as_str()),
            Self::Paths(paths) => paths.contains(&named(candidate)),
        }
    }
}

/// The candidate's path as far as it was named.
fn named(candidate: &LinkTarget) -> String {
    let path = fold_name(&candidate.path);
    match candidate.named_by {
        NamedBy::Stem => without_ending(&path).to_owned(),
        NamedBy::File | NamedBy::Alias => path,
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// The path that `target` means in `folder`, without `.` and `..`.
fn joined(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use rushlight_core::{DocId, DocumentKind, SourceId, Timestamp};

    use super::*;

    fn at(path: &str, named_by: NamedBy) -> LinkTarget {
        let root = if path.starts_with("/other/") {
            "/other"
        } else {
            "/notes"
        };
        LinkTarget {
            doc_id: DocId([0; 16]),
            source_id: SourceId(if root == "/other" { 2 } else { 1 }),
            root: root.to_owned(),
            path: path.to_owned(),
            part: String::new(),
            title: String::new(),
            kind: DocumentKind::Note,
            date: Timestamp(0),
            named_by,
        }
    }

    /// Where a link in `/notes/daily/today.md` leads to.
    fn leads_to(kind: LinkKind, target: &str, candidates: &[(&str, NamedBy)]) -> Option<String> {
        let from = at("/notes/daily/Today.md", NamedBy::File);
        let link = DocLink {
            kind,
            target: target.to_owned(),
            fragment: None,
            embedded: false,
        };
        let candidates: Vec<_> = candidates.iter().map(|(path, by)| at(path, *by)).collect();
        resolve(&from, &link, &candidates).map(|found| found.path.clone())
    }

    use NamedBy::{Alias, File, Stem};

    #[test]
    fn a_name_means_the_nearest_that_bears_it() {
        let name = |candidates: &[(&str, NamedBy)]| leads_to(LinkKind::Name, "Tea", candidates);
        assert_eq!(name(&[]), None);
        let far = ("/other/tea.md", Stem);
        assert_eq!(name(&[far]).as_deref(), Some("/other/tea.md"));
        let alias = ("/notes/cha.md", Alias);
        assert_eq!(name(&[far, alias]).as_deref(), Some("/notes/cha.md"));
        let deep = ("/notes/a/b/tea.md", Stem);
        assert_eq!(name(&[far, alias, deep]).as_deref(), Some("/notes/a/b/tea.md"));
        let top = ("/notes/tea.md", Stem);
        assert_eq!(name(&[far, alias, deep, top]).as_deref(), Some("/notes/tea.md"));
        let beside = ("/notes/daily/tea.md", Stem);
        assert_eq!(
            name(&[far, alias, deep, top, beside]).as_deref(),
            Some("/notes/daily/tea.md")
        );
    }

    #[test]
    fn a_name_with_folders_is_the_end_of_a_path() {
        let found = |target: &str| {
            leads_to(
                LinkKind::Name,
                target,
                &[
                    ("/notes/drinks/Tea.md", Stem),
                    ("/notes/hot/drinks/tea.md", Stem),
                    ("/notes/x.md", Alias),
                ],
            )
        };
        assert_eq!(found("drinks/tea").as_deref(), Some("/notes/drinks/Tea.md"));
        assert_eq!(
            found("hot/Drinks/tea").as_deref(),
            Some("/notes/hot/drinks/tea.md")
        );
        assert_eq!(found("cold/tea"), None);
        assert_eq!(found("inks/tea"), None, "parts are whole");
    }

    #[test]
    fn a_path_is_one_place_only() {
        let found = |target: &str| {
            leads_to(
                LinkKind::Path,
                target,
                &[
                    ("/notes/daily/tea.md", File),
                    ("/notes/drinks/Tea.md", File),
                    ("/notes/tea.md", Stem),
                    ("/notes/daily/cha.md", Alias),
                ],
            )
        };
        assert_eq!(found("tea.md").as_deref(), Some("/notes/daily/tea.md"));
        assert_eq!(found("./x/../tea.md").as_deref(), Some("/notes/daily/tea.md"));
        assert_eq!(found("../drinks/tea.md").as_deref(), Some("/notes/drinks/Tea.md"));
        assert_eq!(
            found("..\\drinks\\tea.md").as_deref(),
            Some("/notes/drinks/Tea.md")
        );
        assert_eq!(found("../tea").as_deref(), Some("/notes/tea.md"));
        assert_eq!(found("/drinks/tea.md").as_deref(), Some("/notes/drinks/Tea.md"));
        assert_eq!(
            found("/notes/drinks/tea.md").as_deref(),
            Some("/notes/drinks/Tea.md")
        );
        assert_eq!(found("../../../../notes/tea").as_deref(), Some("/notes/tea.md"));
        assert_eq!(found("../other/tea.md"), None);
        assert_eq!(found("cha.md"), None, "an alias lies nowhere");
    }
}
