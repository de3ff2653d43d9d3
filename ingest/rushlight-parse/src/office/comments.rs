//! Comments in Microsoft's packages: those of Word, of slides old and new, and of sheets, their threads included.

use std::collections::HashMap;

use super::xml::{Step, attribute, walk};

/// A comment as it reads.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Comment {
    /// The cell that it is about, in sheets.
    pub(super) cell: Option<String>,
    pub(super) author: String,
    pub(super) text: String,
}

impl Comment {
    /// The comment on its own: its place, who says it, and what.
    pub(super) fn line(&self) -> String {
        let mut line = self.cell.clone().unwrap_or_default();
        // Programs write the author into the comment as well.
        if !self.author.is_empty() && !self.text.starts_with(&self.author) {
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&self.author);
        }
        if !line.is_empty() {
            line.push_str(": ");
        }
        line.push_str(&self.text);
        line
    }
}

/// The people of a list of them: names by the ids that comments refer to.
pub(super) fn people(xml: &str) -> HashMap<String, String> {
    let mut found = HashMap::new();
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        if let Step::Start("person" | "author" | "cmAuthor", start) = step {
            let name = attribute(start, "displayName").or_else(|| attribute(start, "name"));
            found.extend(attribute(start, "id").zip(name));
        }
        true
    });
    found
}

/// The comments of a part, those without words left out. An answer follows what it answers.
pub(super) fn read(xml: &str, people: &HashMap<String, String>) -> Vec<Comment> {
    let mut reading = Reading::new(people);
    // What stands before a break is kept.
    let _ = walk(xml, |step| {
        reading.take(step);
        true
    });
    let mut found = reading.found;
    for comment in &mut found {
        comment.text = comment.text.trim().to_owned();
    }
    found.retain(|comment| !comment.text.is_empty());
    found
}

struct Reading<'a> {
    people: &'a HashMap<String, String>,
    found: Vec<Comment>,
    /// The comments that are open, by their place: answers lie in what they answer.
    open: Vec<usize>,
    /// Names that the part lists itself; they are referred to by their place.
    listed: Vec<String>,
    /// The names of the open elements, as far as they matter.
    within: Vec<Within>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Name,
    Words,
    /// How words are pronounced.
    Reading,
    Other,
}

impl<'a> Reading<'a> {
    fn new(people: &'a HashMap<String, String>) -> Self {
        Self {
            people,
            found: Vec::new(),
            open: Vec::new(),
            listed: Vec::new(),
            within: Vec::new(),
        }
    }

    fn take(&mut self, step: Step<'_>) {
        match step {
            Step::Start(name, start) => {
                self.within.push(match name {
                    "t" | "text" if self.within.last() != Some(&Within::Reading) => Within::Words,
                    "author" => Within::Name,
                    "rPh" => Within::Reading,
                    _ => Within::Other,
                });
                match name {
                    "comment" | "cm" | "reply" | "threadedComment" => {
                        self.open.push(self.found.len());
                        self.found.push(Comment {
                            cell: attribute(start, "ref"),
                            author: self.author(|name| attribute(start, name)),
                            text: String::new(),
                        });
                    }
                    "author" => self.listed.push(String::new()),
                    "br" => self.say("\n"),
                    _ => {}
                }
            }
            Step::End(name) => {
                self.within.pop();
                match name {
                    "comment" | "cm" | "reply" | "threadedComment" => {
                        self.open.pop();
                    }
                    "p" => self.say("\n"),
                    _ => {}
                }
            }
            Step::Text(text) => match self.within.last() {
                Some(Within::Words) => self.say(text),
                Some(Within::Name) => {
                    if let Some(name) = self.listed.last_mut() {
                        name.push_str(text);
                    }
                }
                _ => {}
            },
        }
    }

    fn author(&self, attribute: impl Fn(&str) -> Option<String>) -> String {
        if let Some(name) = attribute("author") {
            return name;
        }
        let Some(id) = attribute("authorId").or_else(|| attribute("personId")) else {
            return String::new();
        };
        let listed = || self.listed.get(id.parse::<usize>().ok()?);
        self.people
            .get(&id)
            .or_else(listed)
            .map(|name| name.trim().to_owned())
            .unwrap_or_default()
    }

    fn say(&mut self, text: &str) {
        let last = self.open.last();
        if let Some(comment) = last.and_then(|place| self.found.get_mut(*place)) {
            comment.text.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(xml: &str, people_xml: &str) -> Vec<String> {
        let people = people(people_xml);
        read(xml, &people).iter().map(Comment::line).collect()
    }

    #[test]
    fn comments_of_word() {
        let xml = r#"<w:comments xmlns:w="w"><w:comment w:id="0" w:author="Ada Lin"><w:p><w:r><w:t>太貴了</w:t></w:r></w:p><w:p><w:r><w:t>really</w:t></w:r></w:p></w:comment>
            <w:comment w:id="1" w:author="Bo"><w:p/></w:comment></w:comments>"#;
        assert_eq!(lines(xml, "<p/>"), ["Ada Lin: 太貴了\nreally"]);
    }

    #[test]
    fn comments_of_slides_old_and_new() {
        let old = r#"<p:cmLst><p:cm authorId="1" idx="1"><p:pos x="1"/><p:text>Larger &amp; louder</p:text></p:cm></p:cmLst>"#;
        let people = r#"<p:cmAuthorLst><p:cmAuthor id="1" name="Ada Lin"/></p:cmAuthorLst>"#;
        assert_eq!(lines(old, people), ["Ada Lin: Larger & louder"]);
        let new = r#"<p:cmLst><p:cm authorId="{A}"><p:replyLst><p:reply authorId="{B}"><p:txBody><a:p><a:r><a:t>No</a:t></a:r></a:p></p:txBody></p:reply></p:replyLst>
            <p:txBody><a:p><a:r><a:t>Is it so?</a:t></a:r></a:p></p:txBody></p:cm></p:cmLst>"#;
        let people =
            r#"<p:authorLst><p:author id="{A}" name="Ada"/><p:author id="{B}" name="Bo"/></p:authorLst>"#;
        assert_eq!(lines(new, people), ["Ada: Is it so?", "Bo: No"]);
    }

    #[test]
    fn comments_of_cells_and_their_threads() {
        let old = r#"<comments><authors><author>Ada Lin</author><author>Bo</author></authors><commentList>
            <comment ref="B2" authorId="1"><text><r><t>Bo:</t></r><r><t xml:space="preserve"> 庫存不足</t></r><rPh><t>kana</t></rPh></text></comment>
            <comment ref="C3" authorId="0"><text><t>sold</t></text></comment></commentList></comments>"#;
        assert_eq!(lines(old, "<p/>"), ["B2: Bo: 庫存不足", "C3 Ada Lin: sold"]);
        let new = r#"<ThreadedComments><threadedComment ref="A1" personId="{P}"><text>茶？</text></threadedComment></ThreadedComments>"#;
        let people = r#"<personList><person displayName="Ada" id="{P}"/></personList>"#;
        assert_eq!(lines(new, people), ["A1 Ada: 茶？"]);
    }
}
