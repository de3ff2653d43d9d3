//! A question with what is known of its answer.

use rushlight_core::{AnswerKind, DocumentKind};
use serde::{Deserialize, Serialize};

use crate::places;

/// Which half of a set a question is in. No document has questions in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// What numbers are learnt on.
    Dev,
    /// What they are reported on.
    Test,
}

impl Split {
    /// Both with their names in files and arguments.
    pub const NAMED: [(&'static str, Self); 2] = [("dev", Self::Dev), ("test", Self::Test)];

    /// The half of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::NAMED
            .into_iter()
            .find_map(|(known, split)| (known == name).then_some(split))
    }
}

/// Where a question's answer stands.
#[derive(Clone, Debug)]
pub enum GoldPlace {
    /// A paragraph of a file; its text as the set has it.
    Paragraph {
        /// The end of the file's path.
        file: String,
        /// All of it.
        text: String,
    },
    /// Places that a person named, found in the index.
    Places(PlacesFound),
    /// Nowhere, or nothing is known of it.
    Unknown,
}

/// Places of a person's question, with the documents that they name.
#[derive(Clone, Debug)]
pub struct PlacesFound(pub(crate) Vec<places::Found>);

/// A question with what is known of its answer.
#[derive(Clone, Debug)]
pub struct AnswerQuestion {
    /// Unique in the set.
    pub id: String,
    /// What kind of question it is, as the set says: `squad20 answerable`.
    pub class: String,
    /// `English`, `Traditional Chinese`, `Simplified Chinese`, or as the set says.
    pub language: String,
    /// Its half of the set; `None` where the set has none.
    pub split: Option<Split>,
    /// What it is about: questions of one document have the same. For learning without knowing the document.
    pub group: String,
    /// The question.
    pub text: String,
    /// Whether the documents answer it.
    pub answerable: bool,
    /// Known answers; any of them is right. May be empty where only the place is known.
    pub answers: Vec<String>,
    /// Where they stand.
    pub gold: GoldPlace,
    /// Names of the spaces to search; empty: all.
    pub spaces: Vec<String>,
    /// Kinds of documents to search; empty: all.
    pub kinds: Vec<DocumentKind>,
    /// How it is to be answered; `None`: as its words say.
    pub kind: Option<AnswerKind>,
}

impl AnswerQuestion {
    /// Letters and digits that are the same for this question in every run.
    pub fn digest(&self) -> String {
        blake3::hash(self.id.as_bytes()).to_hex()[..24].to_owned()
    }
}

/// Questions to be asked end to end.
#[derive(Clone, Debug)]
pub struct AnswerSet {
    /// Its name.
    pub name: String,
    /// In the order in which they are asked: one of each class in turn, so that a part of a run is a small whole.
    pub questions: Vec<AnswerQuestion>,
}

impl AnswerSet {
    /// Puts the questions in their order: one of each class in turn.
    pub(crate) fn new(name: String, questions: Vec<AnswerQuestion>) -> Self {
        let mut rounds: Vec<(usize, AnswerQuestion)> = Vec::with_capacity(questions.len());
        let mut of_class = std::collections::BTreeMap::<String, usize>::new();
        for question in questions {
            let round = of_class.entry(question.class.clone()).or_default();
            rounds.push((*round, question));
            *round += 1;
        }
        rounds.sort_by_key(|(round, _)| *round);
        Self {
            name,
            questions: rounds.into_iter().map(|(_, question)| question).collect(),
        }
    }

    /// Only these: of the half, and of each class the first so many.
    pub fn choose(&mut self, split: Option<Split>, limit: Option<usize>) {
        if split.is_some() {
            self.questions.retain(|question| question.split == split);
        }
        let mut of_class = std::collections::BTreeMap::<String, usize>::new();
        self.questions.retain(|question| {
            let count = of_class.entry(question.class.clone()).or_default();
            *count += 1;
            limit.is_none_or(|limit| *count <= limit)
        });
    }
}

/// The language of a question by its script, as it is reported.
pub(crate) fn language_of(text: &str) -> String {
    let scripts = rushlight_analysis::scripts(text);
    match (scripts.han > 0, scripts.is_traditional()) {
        (true, Some(false)) => "Simplified Chinese",
        (true, _) => "Traditional Chinese",
        (false, _) => "English",
    }
    .to_owned()
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn question(class: &str, id: &str, answerable: bool) -> AnswerQuestion {
        AnswerQuestion {
            id: id.to_owned(),
            class: class.to_owned(),
            language: "English".to_owned(),
            split: Some(if id.ends_with(['1', '3', '5']) {
                Split::Test
            } else {
                Split::Dev
            }),
            group: format!("document of {id}"),
            text: format!("what is {id}?"),
            answerable,
            answers: match answerable {
                true => vec!["red kettle".to_owned()],
                false => Vec::new(),
            },
            gold: GoldPlace::Unknown,
            spaces: Vec::new(),
            kinds: Vec::new(),
            kind: None,
        }
    }

    fn ids(set: &AnswerSet) -> Vec<&str> {
        set.questions
            .iter()
            .map(|question| question.id.as_str())
            .collect()
    }

    #[test]
    fn classes_are_asked_in_turn_and_a_part_has_some_of_each() {
        let questions = ["a0", "a1", "a2", "b0", "b1"].map(|id| question(&id[..1], id, true));
        let mut set = AnswerSet::new("tea".to_owned(), questions.to_vec());
        assert_eq!(ids(&set), ["a0", "b0", "a1", "b1", "a2"]);
        set.choose(None, Some(1));
        assert_eq!(ids(&set), ["a0", "b0"]);
        let mut set = AnswerSet::new("tea".to_owned(), questions.to_vec());
        set.choose(Some(Split::Dev), Some(1));
        assert_eq!(ids(&set), ["a0", "b0"]);
        let mut set = AnswerSet::new("tea".to_owned(), questions.to_vec());
        set.choose(Some(Split::Test), None);
        assert_eq!(ids(&set), ["a1", "b1"]);
    }

    #[test]
    fn a_language_is_told_by_the_script() {
        for (text, language) in [
            ("When did it begin?", "English"),
            ("軟體是什麼？", "Traditional Chinese"),
            ("软件是什么？", "Simplified Chinese"),
        ] {
            assert_eq!(language_of(text), language, "{text}");
        }
    }
}
