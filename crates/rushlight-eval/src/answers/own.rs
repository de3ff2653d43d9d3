//! A person's own questions, to be answered from their own index.

use rushlight_core::{Error, ErrorCode, Result};

use super::question::{AnswerQuestion, AnswerSet, GoldPlace, PlacesFound, language_of};
use crate::ask::Library;
use crate::places::find;
use crate::questions::{Question, QuestionSet};

/// The classes of a person's questions.
const WITH: &str = "with an answer";
const WITHOUT: &str = "without an answer";

impl AnswerSet {
    /// The questions of a set with the places that they name in an index.
    ///
    /// # Errors
    /// `InvalidRequest`, with its line, for a place that is not in the index, and for an id that two questions have; what reading the
    /// index fails with.
    pub fn of_questions(set: &QuestionSet, library: &dyn Library) -> Result<Self> {
        let documents = library.documents()?;
        let places = find(set, &documents, &mut |document| library.passages(document))?;
        let mut questions: Vec<AnswerQuestion> = Vec::new();
        let with_place = set.questions.iter().zip(places);
        let with_place =
            with_place.map(|(question, places)| (question, GoldPlace::Places(PlacesFound(places))));
        let without = set
            .without_place
            .iter()
            .map(|question| (question, GoldPlace::Unknown));
        for (question, gold) in with_place.chain(without) {
            if questions.iter().any(|other| other.id == question.id) {
                let message = format!(
                    "line {} of `{}`: the question stands there twice; give one of them an `id`",
                    question.line,
                    set.file.display()
                );
                return Err(Error::new(ErrorCode::InvalidRequest, message));
            }
            questions.push(of_question(question, gold));
        }
        Ok(Self::new(set.name.clone(), questions))
    }
}

fn of_question(question: &Question, gold: GoldPlace) -> AnswerQuestion {
    let Question {
        id,
        text,
        right,
        answerable,
        language,
        answers,
        spaces,
        kinds,
        ..
    } = question;
    AnswerQuestion {
        id: id.clone(),
        class: if *answerable { WITH } else { WITHOUT }.to_owned(),
        language: language.clone().unwrap_or_else(|| language_of(text)),
        split: None,
        group: right
            .first()
            .map_or_else(|| id.clone(), |place| place.path.clone()),
        text: text.clone(),
        answerable: *answerable,
        answers: match answerable {
            true => answers.clone(),
            false => Vec::new(),
        },
        gold,
        spaces: spaces.clone(),
        kinds: kinds.clone(),
        kind: None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use rushlight_core::{Chunk, DocId, SearchMode, SearchResponse};

    use super::*;
    use crate::places::KnownDocument;

    struct Shelf;

    impl Library for Shelf {
        fn documents(&self) -> Result<Vec<KnownDocument>> {
            Ok(vec![KnownDocument {
                doc_id: DocId([1; 16]),
                path: "/home/ada/notes/tea.md".to_owned(),
                part: String::new(),
                title: "Tea".to_owned(),
                passages: 1,
            }])
        }

        fn passages(&self, _: DocId) -> Result<Vec<Chunk>> {
            Ok(Vec::new())
        }

        fn search(&self, _: &Question, _: SearchMode) -> Result<SearchResponse> {
            Ok(SearchResponse::default())
        }

        fn embedding_model(&self) -> String {
            String::new()
        }

        fn candidates(&self) -> usize {
            0
        }
    }

    fn read(text: &str) -> Result<AnswerSet> {
        AnswerSet::of_questions(
            &QuestionSet::read_answerable(Path::new("tea.toml"), text)?,
            &Shelf,
        )
    }

    #[test]
    fn questions_with_and_without_an_answer() {
        let set = read(
            "[[question]]\ntext = \"how hot\"\nright = [\"tea.md\"]\nanswer = \"Seventy degrees.\"\naccept = [\"70\", \"seventy\"]\n\
             [[question]]\ntext = \"多少度\"\nanswer = \"七十度\"\n\
             [[question]]\ntext = \"who painted it\"\nanswerable = false\nlanguage = \"en\"\n\
             [[question]]\ntext = \"nothing is known of it\"\n",
        )
        .expect("reads");
        let shown: Vec<String> = set
            .questions
            .iter()
            .map(|one| {
                format!(
                    "{}|{}|{}|{:?}|{}",
                    one.text, one.class, one.language, one.answers, one.group
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                "how hot|with an answer|English|[\"70\", \"seventy\"]|tea.md",
                "who painted it|without an answer|en|[]|who painted it",
                "多少度|with an answer|Traditional Chinese|[\"七十度\"]|多少度",
            ]
        );
        assert!(matches!(set.questions[0].gold, GoldPlace::Places(_)));
    }

    #[test]
    fn sets_that_cannot_be_judged_are_refused() {
        let refused = |text: &str| read(text).expect_err("refused");
        assert_eq!(refused("").code(), ErrorCode::FileBroken);
        assert_eq!(
            refused("[[question]]\ntext = \"nothing is known\"\n").code(),
            ErrorCode::FileBroken
        );
        let missing = refused("[[question]]\ntext = \"how hot\"\nright = [\"milk.md\"]\n");
        assert_eq!(missing.code(), ErrorCode::InvalidRequest);
        assert!(
            missing.message().contains("no document ends in `milk.md`"),
            "{}",
            missing.message()
        );
        let twice = "[[question]]\ntext = \"who\"\nanswerable = false\n".repeat(2);
        assert!(refused(&twice).message().contains("stands there twice"));
    }
}
