//! Versions and copies of one document under one hit, the newest first.
//!
//! Two documents are of one family when a chunk of each says the same in the same words: as *copies* when next to nothing
//! differs, as *versions* when their names are the same but for marks of a version and most of the words are. What is named or
//! numbered differently is never folded: two invoices differ in little but their numbers. Nor is what the question tells apart.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use rushlight_analysis::{TermKind, Token, analyze, is_identifier};
use rushlight_core::Timestamp;

use crate::names::{Name, read_name};

/// Words of a shingle.
const SHINGLE: usize = 4;
/// Jaccard similarity of the shingles from which on two chunks are copies, and from which on two versions.
const COPY: f32 = 0.9;
const VERSION: f32 = 0.5;
/// Share of the numbers that two versions have in common, of all in either: prices change, reports of two quarters share few.
const NUMBERS: f32 = 0.6;
/// Fewer words say too little to be compared.
const MIN_WORDS: usize = 12;
/// Bytes of a chunk that are looked at.
const MAX_BYTES: usize = 16 * 1024;

/// A document as families see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate<'a> {
    /// Its title.
    pub title: &'a str,
    /// Its path.
    pub path: &'a str,
    /// Its date.
    pub date: Timestamp,
    /// Texts of its chunks among the hits, best first.
    pub chunks: Vec<&'a str>,
}

/// Documents that are versions or copies of one another, as indices into the candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Family {
    /// The newest; of equally new ones the one that ranked first.
    pub shown: usize,
    /// The others, newest first.
    pub others: Vec<usize>,
    /// The one that ranked first: the family stands where it stood.
    pub best: usize,
}

/// Folds documents, which come best first, into families. Every document is in exactly one. Families stand in the order of
/// their best document.
///
/// A document joins the first family whose best document says what its own best chunk says, and at least half of its chunks
/// among the hits, so that folding hides little that differs (reports of two quarters have pages of the same words); unless the
/// question tells the two apart: by a number, date or mark of a version that one has, in name or text, and the other has not.
pub fn fold(question: &str, documents: &[Candidate<'_>]) -> Vec<Family> {
    let telling = telling(question);
    let read: Vec<Read> = documents
        .iter()
        .map(|document| Read::new(document, &telling))
        .collect();
    let mut families: Vec<(usize, Vec<usize>)> = Vec::new();
    for (index, document) in read.iter().enumerate() {
        match families.iter_mut().find(|(best, _)| read[*best].is_kin(document)) {
            Some((_, members)) => members.push(index),
            None => families.push((index, vec![index])),
        }
    }
    families
        .into_iter()
        .map(|(best, mut members)| {
            members.sort_by_key(|member| (std::cmp::Reverse(documents[*member].date), *member));
            Family {
                shown: members.remove(0),
                others: members,
                best,
            }
        })
        .collect()
}

/// What of a question may tell versions apart: its words with digits, and marks of versions.
fn telling(question: &str) -> BTreeSet<String> {
    let mut telling: BTreeSet<String> = tokens(question)
        .into_iter()
        .filter(is_word)
        .map(|token| token.term)
        .filter(|term| has_digit(term))
        .collect();
    telling.extend(read_name(question).marks);
    telling
}

/// A document read for comparison.
struct Read {
    names: [Name; 2],
    chunks: Vec<Shape>,
    /// What of the question it has.
    told: BTreeSet<String>,
}

/// What a chunk says, for comparison.
struct Shape {
    words: usize,
    /// Hashes of runs of words, numbers left out.
    shingles: HashSet<u64>,
    /// Numbers with how often each stands.
    numbers: BTreeMap<String, u32>,
    /// What is named in it.
    identifiers: BTreeSet<String>,
}

impl Read {
    fn new(document: &Candidate<'_>, telling: &BTreeSet<String>) -> Self {
        let file = document.path.rsplit(['/', '\\']).next().unwrap_or_default();
        let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
        let names = [read_name(document.title), read_name(stem)];
        let marks = names.iter().flat_map(|name| &name.marks);
        let mut told: BTreeSet<String> = marks.filter(|mark| telling.contains(*mark)).cloned().collect();
        let mut tell = |tokens: &[Token]| {
            let words = tokens.iter().filter(|token| is_word(token));
            told.extend(
                words
                    .map(|token| &token.term)
                    .filter(|term| telling.contains(*term))
                    .cloned(),
            );
        };
        if !telling.is_empty() {
            tell(&tokens(document.title));
            tell(&tokens(document.path));
        }
        let shape = |text: &&str| {
            let tokens = tokens(text);
            tell(&tokens);
            Shape::new(&tokens)
        };
        let chunks = document.chunks.iter().map(shape).collect();
        Self { names, chunks, told }
    }

    /// Whether `other`, which ranked after this one, says what this one says.
    fn is_kin(&self, other: &Self) -> bool {
        let same_name = self
            .names
            .iter()
            .zip(&other.names)
            .any(|(a, b)| !a.base.is_empty() && a.base == b.base);
        let said = |chunk: &&Shape| {
            self.chunks
                .iter()
                .any(|own| own.is_copy(chunk) || (same_name && own.is_version(chunk)))
        };
        let best_is_said = other.chunks.first().is_some_and(|chunk| said(&chunk));
        self.told == other.told
            && best_is_said
            && 2 * other.chunks.iter().filter(said).count() >= other.chunks.len()
    }
}

impl Shape {
    fn new(tokens: &[Token]) -> Self {
        let identifiers = tokens.iter().filter(|token| is_identifier(token));
        let mut shape = Self {
            words: 0,
            shingles: HashSet::new(),
            numbers: BTreeMap::new(),
            identifiers: identifiers.map(|token| token.term.clone()).collect(),
        };
        let mut plain: Vec<&str> = Vec::with_capacity(tokens.len());
        for token in tokens.iter().filter(|token| is_word(token)) {
            shape.words += 1;
            if has_digit(&token.term) {
                *shape.numbers.entry(token.term.clone()).or_default() += 1;
            } else {
                plain.push(&token.term);
            }
        }
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        shape.shingles = plain.windows(SHINGLE).map(|run| hasher.hash_one(run)).collect();
        shape
    }

    fn is_copy(&self, other: &Self) -> bool {
        self.is_comparable(other)
            && self.numbers == other.numbers
            && self.identifiers == other.identifiers
            && self.is_alike(other, COPY)
    }

    fn is_version(&self, other: &Self) -> bool {
        self.is_comparable(other)
            && self.identifiers == other.identifiers
            && self.has_numbers_of(other)
            && self.is_alike(other, VERSION)
    }

    fn is_comparable(&self, other: &Self) -> bool {
        self.words.min(other.words) >= MIN_WORDS
    }

    fn is_alike(&self, other: &Self, least: f32) -> bool {
        let (few, many) = if self.shingles.len() < other.shingles.len() {
            (&self.shingles, &other.shingles)
        } else {
            (&other.shingles, &self.shingles)
        };
        if few.is_empty() || (few.len() as f32) < least * many.len() as f32 {
            return false;
        }
        let common = few.iter().filter(|shingle| many.contains(shingle)).count();
        common as f32 >= least * (few.len() + many.len() - common) as f32
    }

    fn has_numbers_of(&self, other: &Self) -> bool {
        let mut common = 0;
        for (number, count) in &self.numbers {
            common += other.numbers.get(number).copied().unwrap_or(0).min(*count);
        }
        let all: u32 = self.numbers.values().chain(other.numbers.values()).sum::<u32>() - common;
        all == 0 || common as f32 >= NUMBERS * all as f32
    }
}

fn tokens(text: &str) -> Vec<Token> {
    analyze(&text[..text.floor_char_boundary(MAX_BYTES)])
}

/// Whether it is a word or a single character: what of a text is compared, in order.
fn is_word(token: &Token) -> bool {
    matches!(token.kind, TermKind::Word | TermKind::Single | TermKind::Alone)
}

fn has_digit(term: &str) -> bool {
    term.chars().any(char::is_numeric)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const POLICY: &str = "Employees may work from home on two days of each week, after their manager has agreed in writing. \
        Equipment is provided by the company and is returned at the end of employment.";
    const NEWER: &str = "Employees may work from home on three days of each week, after their manager has agreed in writing. \
        Equipment is provided by the company and is returned at the end of employment. Costs are not paid.";

    fn document<'a>(title: &'a str, path: &'a str, date: i64, text: &'a str) -> Candidate<'a> {
        Candidate {
            title,
            path,
            date: Timestamp(date),
            chunks: vec![text],
        }
    }

    fn folded(question: &str, documents: &[Candidate<'_>]) -> Vec<(usize, Vec<usize>)> {
        fold(question, documents)
            .into_iter()
            .map(|family| (family.shown, family.others))
            .collect()
    }

    #[test]
    fn versions_of_a_policy_are_one_family_and_the_newest_is_shown() {
        let documents = [
            document("Remote work", "hr/remote-work-v1.docx", 10, POLICY),
            document("Tea", "tea.md", 5, NEWER),
            document("Remote work", "hr/Remote Work v2 (final).docx", 20, NEWER),
            document("Remote work", "old/copy of remote-work-v1.docx", 10, POLICY),
        ];
        assert_eq!(
            folded("how often may I work from home", &documents),
            [(2, vec![0, 3]), (1, vec![])]
        );
    }

    #[test]
    fn a_question_that_names_a_version_keeps_them_apart() {
        let documents = [
            document("Remote work 2023", "remote-2023.md", 10, POLICY),
            document("Remote work 2024", "remote-2024.md", 20, NEWER),
        ];
        assert_eq!(folded("remote work", &documents), [(1, vec![0])]);
        assert_eq!(folded("remote work 2023", &documents), [(0, vec![]), (1, vec![])]);
    }

    #[test]
    fn versions_in_chinese_are_known_by_their_marks_in_either_script() {
        let text = "員工每週可以在家工作兩天，須經主管書面同意。設備由公司提供，離職時歸還。";
        let newer = "員工每週可以在家工作三天，須經主管書面同意。設備由公司提供，離職時歸還。";
        let documents = [
            document("遠距工作辦法（第一版）", "a.docx", 1, text),
            document("远距工作办法（修订版）", "b.docx", 2, newer),
        ];
        assert_eq!(folded("在家工作", &documents), [(1, vec![0])]);
    }

    #[test]
    fn two_invoices_are_never_one_family() {
        let invoice = |number: &str, sum: &str| {
            format!(
                "Invoice {number}. Please pay the sum of {sum} within thirty days to the account named below, stating the number of \
                 this invoice. We thank you for your order and look forward to the next."
            )
        };
        let (a, b) = (
            invoice("INV-2024-0117", "120.50"),
            invoice("INV-2024-0118", "120.50"),
        );
        let documents = [
            document("Invoice", "invoice.pdf", 1, &a),
            document("Invoice", "invoice (1).pdf", 2, &b),
        ];
        assert_eq!(folded("invoice", &documents), [(0, vec![]), (1, vec![])]);
    }

    #[test]
    fn reports_of_two_quarters_differ_in_their_numbers_or_their_names() {
        let report = |quarter: &str, sales: &str, income: &str| {
            format!(
                "In the {quarter} quarter total net sales were {sales} million and operating income was {income} million. The \
                 increase was due to higher sales of services, in part offset by the weakness of foreign currencies."
            )
        };
        let (a, b) = (
            report("third", "82959", "23076"),
            report("first", "117154", "36016"),
        );
        let c = b.replace("117154", "81797").replace("36016", "22998");
        let documents = [
            document("2022 Q3 AAPL", "2022 Q3 AAPL.pdf", 1, &a),
            document("2023 Q1 AAPL", "2023 Q1 AAPL.pdf", 2, &b),
            document("2023 Q3 AAPL", "2023 Q3 AAPL.pdf", 3, &c),
        ];
        assert_eq!(folded("net sales of Apple", &documents).len(), 3);
    }

    #[test]
    fn a_page_in_common_does_not_make_two_reports_one() {
        let mut documents = [
            document("Report", "report-north.pdf", 1, POLICY),
            document("Report", "report-south.pdf", 2, POLICY),
        ];
        documents[1].chunks.extend([
            "Sales in the south rose to twelve hundred tons, of which tea was the greater part by far.",
            "Staff in the south were forty at the end of the year, six more than at the end of the last.",
        ]);
        assert_eq!(folded("work from home", &documents).len(), 2);
    }

    #[test]
    fn copies_are_one_family_whatever_they_are_called() {
        let documents = [
            document("Remote work", "remote.md", 1, POLICY),
            document("Attachment", "mail/attachment.md", 2, POLICY),
        ];
        assert_eq!(folded("work from home", &documents), [(1, vec![0])]);
    }

    #[test]
    fn short_texts_say_too_little() {
        let documents = [
            document("Note", "a/note.md", 1, "Thanks, see you"),
            document("Note", "b/note.md", 2, "Thanks, see you"),
        ];
        assert_eq!(folded("thanks", &documents).len(), 2);
    }

    proptest! {
        #[test]
        fn every_document_is_in_one_family_and_families_keep_their_order(
            of in prop::collection::vec((0usize..3, 0usize..3, 0i64..4), 0..12),
            question in "[a-z0-9 ]{0,12}",
        ) {
            let (titles, texts) = (["Remote work v1", "remote work v2", "Tea"], [POLICY, NEWER, "tea"]);
            let documents: Vec<_> =
                of.iter().map(|(title, text, date)| document(titles[*title], "", *date, texts[*text])).collect();
            let families = fold(&question, &documents);
            prop_assert!(families.iter().map(|family| family.best).is_sorted());
            let mut all: Vec<usize> = Vec::new();
            for family in &families {
                let dates: Vec<_> =
                    family.others.iter().map(|other| std::cmp::Reverse(documents[*other].date)).collect();
                prop_assert!(dates.is_sorted());
                prop_assert!(family.others.iter().all(|other| documents[*other].date <= documents[family.shown].date));
                all.extend(&family.others);
                all.push(family.shown);
            }
            all.sort_unstable();
            prop_assert_eq!(all, (0..documents.len()).collect::<Vec<_>>());
        }
    }
}
