//! Links to other documents, as notes write them.

use std::borrow::Cow;
use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use rushlight_core::{DocLink, LinkKind};

/// Links beyond these are not kept: a note that has more is a list made by a program.
const MAX_LINKS: usize = 10_000;
/// A longer target is no name and no path.
const MAX_TARGET: usize = 1024;

/// Links in the order in which they stand, each once.
#[derive(Debug, Default)]
pub(crate) struct Links {
    found: Vec<DocLink>,
    seen: HashSet<DocLink>,
}

impl Links {
    /// A link by a note's name: `name`, `name#heading`, `folder/name#^block`.
    pub(crate) fn by_name(&mut self, link: &str, embedded: bool) {
        let (target, fragment) = parted(link, "#");
        self.add(LinkKind::Name, Cow::Borrowed(target), fragment, embedded);
    }

    /// A link as a web page has it; one that leads out of the folder's world (`https:`, `mailto:`) is not kept.
    pub(crate) fn by_path(&mut self, link: &str, embedded: bool) {
        if has_scheme(link) || link.starts_with("//") {
            return;
        }
        let (target, fragment) = parted(link, "#");
        self.add(LinkKind::Path, percent_decoded(target), fragment, embedded);
    }

    /// The links to files in a stretch of Org: `[[file:tea.org::*Green][green tea]]`, `[[./tea.org]]`.
    pub(crate) fn of_org(&mut self, text: &str) {
        let mut rest = text;
        while let Some(at) = rest.find("[[") {
            rest = &rest[at + 2..];
            let Some(end) = rest.find("]]") else {
                return;
            };
            let (link, _) = parted(&rest[..end], "][");
            let file = link.strip_prefix("file:");
            if let Some(file) = file.or_else(|| link.starts_with(['.', '/']).then_some(link)) {
                let (target, place) = parted(file, "::");
                let heading = place.map(|place| place.trim_start_matches(['*', '#', ' ']));
                self.add(LinkKind::Path, Cow::Borrowed(target), heading, false);
            }
            rest = &rest[end + 2..];
        }
    }

    /// What was found.
    pub(crate) fn into_vec(self) -> Vec<DocLink> {
        self.found
    }

    fn add(&mut self, kind: LinkKind, target: Cow<'_, str>, fragment: Option<&str>, embedded: bool) {
        let target = target.trim();
        // Without a target it leads to another place of the same document.
        if target.is_empty() || target.len() > MAX_TARGET || self.found.len() >= MAX_LINKS {
            return;
        }
        let link = DocLink {
            kind,
            target: target.to_owned(),
            fragment: fragment
                .map(|fragment| percent_decoded(fragment.trim()).into_owned())
                .filter(|fragment| !fragment.is_empty() && fragment.len() <= MAX_TARGET),
            embedded,
        };
        if self.seen.insert(link.clone()) {
            self.found.push(link);
        }
    }
}

/// What stands before the sign, and behind it where it is there.
fn parted<'a>(text: &'a str, sign: &str) -> (&'a str, Option<&'a str>) {
    match text.split_once(sign) {
        Some((before, behind)) => (before, Some(behind)),
        None => (text, None),
    }
}

/// `%20` and the like as what they stand for, where that is text.
fn percent_decoded(text: &str) -> Cow<'_, str> {
    percent_decode_str(text)
        .decode_utf8()
        .unwrap_or(Cow::Borrowed(text))
}

/// True for what begins with a scheme of two letters or more; one letter is a drive.
fn has_scheme(target: &str) -> bool {
    target.split_once(':').is_some_and(|(scheme, _)| {
        scheme.len() > 1
            && scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_leads_out_is_not_kept() {
        let mut links = Links::default();
        for target in [
            "https://example.org/a.md",
            "mailto:a@example.org",
            "//host/a",
            "#here",
            "",
            "obsidian://open?vault=x",
        ] {
            links.by_path(target, false);
        }
        assert!(links.into_vec().is_empty());
    }

    #[test]
    fn codes_are_read_where_they_are_text() {
        let mut links = Links::default();
        for target in ["%E8%8C%B6%20a.md#hot%20tea", "100%.md", "%ff.md", "a%23b.md"] {
            links.by_path(target, false);
        }
        let found: Vec<_> = links
            .into_vec()
            .into_iter()
            .map(|link| (link.target, link.fragment))
            .collect();
        let whole = |target: &str| (target.to_owned(), None);
        assert_eq!(
            found,
            [
                ("茶 a.md".to_owned(), Some("hot tea".to_owned())),
                whole("100%.md"),
                whole("%ff.md"),
                whole("a#b.md"),
            ]
        );
    }

    #[test]
    fn org_links_files() {
        let mut links = Links::default();
        links.of_org("See [[file:tea.org::*Green][green tea]], [[./a b.org]], [[id:17]], [[https://example.org][web]], [[Tea]] and [[file:");
        let found: Vec<_> = links
            .into_vec()
            .into_iter()
            .map(|link| (link.target, link.fragment))
            .collect();
        assert_eq!(
            found,
            [
                ("tea.org".to_owned(), Some("Green".to_owned())),
                ("./a b.org".to_owned(), None),
            ]
        );
    }
}
