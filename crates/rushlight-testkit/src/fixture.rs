//! A whole folder in one string.

use std::fs;
use std::io;
use std::path::Path;

/// Files with their contents, read from a text in which a line `//- /path` starts a file.
///
/// ```
/// let fixture = rushlight_testkit::Fixture::parse("
/// //- /notes/tea.md
/// ## Green tea
/// Steep at 70 °C.
/// //- /mail/a.eml
/// Subject: kettle
/// ");
/// assert_eq!(fixture.get("notes/tea.md"), Some("# Green tea\nSteep at 70 °C.\n"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fixture {
    files: Vec<(String, String)>,
}

impl Fixture {
    /// Reads the notation. Indentation shared by all lines that are not blank is taken off. Paths are below the root,
    /// with or without a leading `/`.
    ///
    /// # Panics
    /// When text stands before the first `//-` line, or a path is empty, leaves the root or appears twice.
    pub fn parse(text: &str) -> Self {
        let (whole, rest) = text.rsplit_once('\n').unwrap_or((text, ""));
        let text = if rest.trim().is_empty() { whole } else { text };
        let indent = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| line.len() - line.trim_start_matches(' ').len())
            .min()
            .unwrap_or(0);
        let mut files: Vec<(String, String)> = Vec::new();
        for line in text.lines() {
            let line = line.get(indent..).unwrap_or("");
            if let Some(path) = line.strip_prefix("//- ") {
                let path = path.trim().trim_start_matches('/').to_owned();
                assert!(
                    !path.is_empty() && !path.split('/').any(|part| part == ".."),
                    "not below the root: `{line}`"
                );
                assert!(
                    files.iter().all(|(known, _)| *known != path),
                    "`{path}` appears twice"
                );
                files.push((path, String::new()));
            } else if let Some((_, content)) = files.last_mut() {
                content.push_str(line);
                content.push('\n');
            } else {
                assert!(
                    line.trim().is_empty(),
                    "text before the first `//-` line: `{line}`"
                );
            }
        }
        Self { files }
    }

    /// Paths and contents, in order.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, content)| (path.as_str(), content.as_str()))
    }

    /// The content of one file.
    pub fn get(&self, path: &str) -> Option<&str> {
        self.files()
            .find(|(known, _)| *known == path)
            .map(|(_, content)| content)
    }

    /// Writes every file below `root`, with the folders it needs.
    pub fn write(&self, root: &Path) -> io::Result<()> {
        for (path, content) in self.files() {
            let path = root.join(path);
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            fs::write(path, content)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_written_as_the_text_says() {
        let fixture = Fixture::parse(
            "
            //- /a/tea.md
            # Tea

              indented
            //- b.txt
            ",
        );
        let folder = tempfile::tempdir().expect("a temporary folder");
        fixture.write(folder.path()).expect("writes");
        let read = |path| fs::read_to_string(folder.path().join(path)).expect("reads");
        assert_eq!(read("a/tea.md"), "# Tea\n\n  indented\n");
        assert_eq!(read("b.txt"), "");
    }

    #[test]
    #[should_panic(expected = "appears twice")]
    fn a_path_twice_is_a_mistake() {
        Fixture::parse("//- /a\n//- a\n");
    }
}
