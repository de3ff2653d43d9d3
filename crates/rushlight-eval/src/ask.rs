//! Asks a user's own index the questions of a set, and judges what it finds.

use std::collections::BTreeMap;

use rushlight_core::{Chunk, DocId, Error, Fault, Hit, Result, SearchMode, SearchResponse};

use crate::evaluate::EvalProgress;
use crate::measure::Values;
use crate::places::{Found, KnownDocument, find};
use crate::questions::{Question, QuestionSet};
use crate::run::{About, Asked, KEPT, Leg, Ranking, Run};

/// The legs in the order in which they are asked.
const LEGS: [(Leg, SearchMode); 3] = [
    (Leg::Keyword, SearchMode::Keyword),
    (Leg::Semantic, SearchMode::Semantic),
    (Leg::Fused, SearchMode::Hybrid),
];

/// The index that is asked.
pub trait Library {
    /// Every document that the asker may read.
    ///
    /// # Errors
    /// What reading them fails with.
    fn documents(&self) -> Result<Vec<KnownDocument>>;

    /// A document's passages in order.
    ///
    /// # Errors
    /// What reading them fails with.
    fn passages(&self, document: DocId) -> Result<Vec<Chunk>>;

    /// The search as people have it, with as many hits as one may ask for.
    ///
    /// # Errors
    /// What a search fails with.
    fn search(&self, question: &Question, mode: SearchMode) -> Result<SearchResponse>;

    /// Identity of the embedding model.
    fn embedding_model(&self) -> String;

    /// Hits taken from each leg before they are fused.
    fn candidates(&self) -> usize;
}

/// Asks every question by word, by meaning and fused.
///
/// What is ranked are the hits as they are shown. A hit is right when it lies in a right place that no hit before it has
/// found; one that is right in several ways counts as so many results, one after the other. A leg that does not answer is
/// left out and noted.
///
/// # Errors
/// `InvalidRequest` for a place that is not in the index; what is the question's own fault, with its line; what the fused
/// search fails with.
pub fn ask(set: &QuestionSet, library: &dyn Library, progress: &mut dyn FnMut(EvalProgress)) -> Result<Run> {
    let documents = library.documents()?;
    let places = find(set, &documents, &mut |document| library.passages(document))?;
    let mut asked: Vec<Asked> = set
        .questions
        .iter()
        .zip(&places)
        .map(|(question, right)| empty(question, right))
        .collect();
    let mut about = About {
        set: set.name.clone(),
        documents: documents.len(),
        passages: documents.iter().map(|document| document.passages).sum(),
        left_out: set.left_out,
        embedding_model: library.embedding_model(),
        candidates: library.candidates(),
        ..About::default()
    };
    let mut legs = Vec::with_capacity(LEGS.len());
    let total = set.questions.len() * LEGS.len();
    for (index, (leg, mode)) in LEGS.into_iter().enumerate() {
        match rankings(set, &places, library, leg, mode, &mut |done| {
            progress(EvalProgress::Searching {
                done: index * set.questions.len() + done,
                total,
            });
        })? {
            Leaves::Rankings { rankings, degraded } => {
                legs.push(leg);
                about
                    .notes
                    .extend(degraded.map(|why| format!("{leg}: without {why}")));
                asked
                    .iter_mut()
                    .zip(rankings)
                    .for_each(|(asked, ranking)| asked.rankings.push(ranking));
            }
            Leaves::Nothing(error) if leg == Leg::Fused => return Err(error),
            Leaves::Nothing(error) => about.notes.push(format!("{leg}: {}", error.chain())),
        }
    }
    Ok(Run::new(about, &legs, asked))
}

/// What asking one leg leaves.
enum Leaves {
    /// A ranking for each question, and what a part of the search said that did not answer.
    Rankings {
        rankings: Vec<Ranking>,
        degraded: Option<String>,
    },
    /// Why the leg does not answer.
    Nothing(Error),
}

fn rankings(
    set: &QuestionSet,
    places: &[Vec<Found>],
    library: &dyn Library,
    leg: Leg,
    mode: SearchMode,
    progress: &mut dyn FnMut(usize),
) -> Result<Leaves> {
    let mut rankings = Vec::with_capacity(set.questions.len());
    let mut degraded = None;
    for (question, right) in set.questions.iter().zip(places) {
        let response = match library.search(question, mode) {
            Ok(response) => response,
            Err(error) if error.code().fault() == Fault::User => {
                let message = format!(
                    "line {} of `{}` cannot be asked",
                    question.line,
                    set.file.display()
                );
                let hint = error.hint().to_owned();
                return Err(Error::new(error.code(), message)
                    .with_source(error)
                    .with_hint(hint));
            }
            Err(error) => return Ok(Leaves::Nothing(error)),
        };
        if let Some((part, why)) = response.degraded.first() {
            degraded.get_or_insert_with(|| format!("{part}, {why}"));
        }
        rankings.push(judged(leg, &response.hits, right));
        progress(rankings.len());
    }
    Ok(Leaves::Rankings { rankings, degraded })
}

fn empty(question: &Question, right: &[Found]) -> Asked {
    Asked {
        id: question.id.clone(),
        text: question.text.clone(),
        right: right
            .iter()
            .map(|found| (found.place.to_string(), found.place.grade))
            .collect(),
        rankings: Vec::with_capacity(LEGS.len()),
    }
}

/// Places are numbered from zero; hits that find none of them get the numbers after.
fn judged(leg: Leg, hits: &[Hit], right: &[Found]) -> Ranking {
    let mut found: Vec<usize> = Vec::new();
    let mut ranking: Vec<usize> = Vec::with_capacity(hits.len());
    let mut first_right = None;
    for (index, hit) in hits.iter().enumerate() {
        let new: Vec<usize> = (0..right.len())
            .filter(|place| !found.contains(place) && right[*place].holds(hit))
            .collect();
        if new.is_empty() {
            ranking.push(right.len() + index);
        } else {
            first_right = first_right.or(Some(index + 1));
            found.extend(&new);
            ranking.extend(new);
        }
    }
    let grades: BTreeMap<usize, u32> = right
        .iter()
        .enumerate()
        .map(|(index, found)| (index, found.place.grade))
        .collect();
    Ranking {
        leg,
        values: Values::of(&ranking, &grades),
        first_right,
        ranking: hits.iter().take(KEPT).map(name_of).collect(),
    }
}

/// A hit as a set would name it.
fn name_of(hit: &Hit) -> String {
    let mut name = hit.path.clone();
    if !hit.part.is_empty() {
        name += &format!("!{}", hit.part);
    }
    if let Some(heading) = hit.chunk.heading_path.last() {
        name += &format!("#{heading}");
    }
    name
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::path::Path;

    use expect_test::{Expect, expect};
    use rushlight_core::{ErrorCode, OtherPlace};

    use super::*;

    /// Hits in a fixed order, whatever is asked; the semantic leg turns them round.
    struct Shelf {
        hits: Vec<Hit>,
        without_meaning: bool,
        asked: Cell<usize>,
    }

    fn hit(number: u8, path: &str, headings: &[&str], text: &str) -> Hit {
        let mut hit = rushlight_testkit::hit(number, text);
        hit.path = path.to_owned();
        hit.chunk.heading_path = headings.iter().map(|heading| (*heading).to_owned()).collect();
        hit
    }

    fn shelf() -> Shelf {
        let mut mail = hit(4, "/home/ada/mail/a.eml", &[], "the gate code");
        mail.part = "part:2".to_owned();
        let mut copied = hit(5, "/home/ada/copy/rent.md", &[], "rent is due");
        copied.also_at = vec![OtherPlace {
            doc_id: DocId([6; 16]),
            path: "/home/ada/notes/rent.md".to_owned(),
            part: String::new(),
            online: true,
        }];
        Shelf {
            hits: vec![
                hit(1, "/home/ada/notes/garden.md", &["Garden"], "tomatoes"),
                hit(2, "/home/ada/notes/tea.md", &["Tea", "Storage"], "a dark tin"),
                hit(
                    3,
                    "/home/ada/notes/tea.md",
                    &["Tea"],
                    "## Water\n\nSteep at 70 degrees.",
                ),
                mail,
                copied,
            ],
            without_meaning: false,
            asked: Cell::new(0),
        }
    }

    impl Library for Shelf {
        fn documents(&self) -> Result<Vec<KnownDocument>> {
            let mut known: Vec<KnownDocument> = Vec::new();
            for hit in &self.hits {
                let places = std::iter::once((&hit.path, &hit.part))
                    .chain(hit.also_at.iter().map(|other| (&other.path, &other.part)));
                known.extend(places.map(|(path, part)| KnownDocument {
                    doc_id: hit.doc_id,
                    path: path.clone(),
                    part: part.clone(),
                    title: hit.title.clone(),
                    passages: 1,
                }));
            }
            Ok(known)
        }

        fn passages(&self, document: DocId) -> Result<Vec<Chunk>> {
            let of_it = self.hits.iter().filter(|hit| hit.doc_id == document);
            Ok(of_it.map(|hit| hit.chunk.clone()).collect())
        }

        fn search(&self, question: &Question, mode: SearchMode) -> Result<SearchResponse> {
            self.asked.set(self.asked.get() + 1);
            if question.text == "!" {
                return Err(Error::new(ErrorCode::QueryEmpty, "the query has no word"));
            }
            let mut response = SearchResponse {
                hits: self.hits.clone(),
                ..SearchResponse::default()
            };
            match mode {
                SearchMode::Semantic if self.without_meaning => {
                    return Err(Error::new(ErrorCode::ModelMissing, "model `e5` is not installed"));
                }
                SearchMode::Semantic => response.hits.reverse(),
                SearchMode::Hybrid if self.without_meaning => {
                    response.degraded =
                        vec![("semantic".to_owned(), "model `e5` is not installed".to_owned())];
                }
                SearchMode::Hybrid | SearchMode::Keyword => {}
            }
            Ok(response)
        }

        fn embedding_model(&self) -> String {
            "e5".to_owned()
        }

        fn candidates(&self) -> usize {
            100
        }
    }

    fn set(questions: &str) -> QuestionSet {
        QuestionSet::read(Path::new("/sets/tea.toml"), questions)
            .unwrap_or_else(|error| panic!("{}", error.chain()))
    }

    /// Rank of the first right hit, by word, for questions with these right places.
    fn rank(right: &str) -> Option<usize> {
        let set = set(&format!("[[question]]\ntext = \"a\"\nright = {right}"));
        let run = ask(&set, &shelf(), &mut |_| {}).unwrap_or_else(|error| panic!("{}", error.chain()));
        run.questions[0].rankings[0].first_right
    }

    fn check_refused(questions: &str, expected: Expect) {
        let error = ask(&set(questions), &shelf(), &mut |_| {}).expect_err("refused");
        expected.assert_eq(&error.chain());
    }

    #[test]
    fn a_place_is_a_path_with_a_heading_a_part_or_a_quote() {
        assert_eq!(rank(r#"["garden.md"]"#), Some(1));
        assert_eq!(rank(r#"["notes/tea.md"]"#), Some(2));
        assert_eq!(rank(r#"["/home/ada/notes/tea.md"]"#), Some(2));
        assert_eq!(rank(r#"["tea.md#Storage"]"#), Some(2));
        assert_eq!(rank(r#"["tea.md#Water"]"#), Some(3), "the passage begins with it");
        assert_eq!(rank(r#"[{ path = "tea.md", quote = "70 degrees" }]"#), Some(3));
        assert_eq!(rank(r#"[{ path = "a.eml", part = "part:2" }]"#), Some(4));
        assert_eq!(
            rank(r#"["notes/rent.md"]"#),
            Some(5),
            "the same bytes lie there too"
        );
    }

    #[test]
    fn each_place_counts_once() {
        let set = set("[[question]]\ntext = \"a\"\nright = [\"tea.md\", \"tea.md#Storage\", \"garden.md\"]");
        let run = ask(&set, &shelf(), &mut |_| {}).expect("measures");
        let keyword = &run.questions[0].rankings[0];
        // Garden first, then one hit that is right in two ways; the other passage of the note finds nothing new.
        assert_eq!(
            (keyword.values.ndcg_at_10, keyword.values.recall_at_5),
            (1.0, 1.0)
        );
        assert_eq!(keyword.ranking[1], "/home/ada/notes/tea.md#Storage");
        assert_eq!(run.questions[0].right.len(), 3);
    }

    #[test]
    fn what_is_not_in_the_index_is_named_with_its_line() {
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"ea.md\"]",
            expect!["line 3 of `/sets/tea.toml`: no document ends in `ea.md`"],
        );
        check_refused(
            "[[question]]\ntext = \"a\"\nright = [\"tea.md#Milk\", \"garden.md\",\n\"x.md#y\"]\n[[question]]\ntext = \"b\"\nright = [{ path = \"tea.md\", quote = \"80\" }, { path = \"a.eml\", part = \"part:9\" }]",
            expect![
                "line 3 of `/sets/tea.toml`: no passage of `tea.md` is under the heading `Milk`; line 4: no document ends in `x.md`; line 7: no passage of `tea.md` holds the quote; line 7: no document ends in `a.eml` with a part `part:9`"
            ],
        );
        check_refused(
            "[[question]]\ntext = \"!\"\nright = [\"tea.md\"]",
            expect!["line 2 of `/sets/tea.toml` cannot be asked: the query has no word"],
        );
    }

    #[test]
    fn a_leg_that_does_not_answer_is_noted() {
        let library = Shelf {
            without_meaning: true,
            ..shelf()
        };
        let set = set(
            "[[question]]\ntext = \"a\"\nright = [\"tea.md\"]\n[[question]]\ntext = \"b\"\nright = [\"garden.md\"]",
        );
        let run = ask(&set, &library, &mut |_| {}).expect("measures");
        assert_eq!(
            run.legs.iter().map(|leg| leg.leg).collect::<Vec<_>>(),
            [Leg::Keyword, Leg::Fused]
        );
        assert_eq!(
            run.notes,
            [
                "semantic: model `e5` is not installed",
                "fused: without semantic, model `e5` is not installed"
            ]
        );
        assert_eq!(
            library.asked.get(),
            5,
            "a leg that does not answer is not asked again"
        );
        assert!(run.questions.iter().all(|asked| asked.rankings.len() == 2));
    }

    #[test]
    fn people_read_a_table() {
        let mut library = shelf();
        library.hits = (0..12)
            .map(|n| hit(n + 10, &format!("/n/{n}.md"), &[], "x"))
            .chain(library.hits)
            .collect();
        let set = set(
            "[[question]]\ntext = \"how hot should the water for green tea be, and for how long is it left in the pot before it turns bitter\"\nright = [\"tea.md\"]\n\
             [[question]]\ntext = \"泡茶的水溫要幾度\"\nright = [\"garden.md\"]\n[[question]]\ntext = \"x\"\nright = [\"n/3.md\"]\n[[question]]\ntext = \"nobody knows\"\nright = []",
        );
        let mut seen = Vec::new();
        let run = ask(&set, &library, &mut |event| seen.push(event)).expect("measures");
        assert_eq!(seen.last(), Some(&EvalProgress::Searching { done: 9, total: 9 }));
        expect![[r#"
            tea: 18 documents, 18 passages, 3 queries, e5, 100 candidates per leg
            not asked, for nothing is right: 1
            mean over queries [95 % interval: percentile bootstrap over queries, 1,000 resamples]

            leg           nDCG@10               recall@5              recall@20             MRR@10
            keyword       0.144 [0.000, 0.431]  0.333 [0.000, 1.000]  1.000 [1.000, 1.000]  0.083 [0.000, 0.250]
            semantic      0.296 [0.000, 0.500]  0.667 [0.000, 1.000]  1.000 [1.000, 1.000]  0.178 [0.000, 0.333]
            fused         0.144 [0.000, 0.431]  0.333 [0.000, 1.000]  1.000 [1.000, 1.000]  0.083 [0.000, 0.250]

            not among the first ten, fused:
                 14  how hot should the water for green tea be, and for how long is it left in t…
                 13  泡茶的水溫要幾度
        "#]].assert_eq(&run.to_string());
    }
}
