//! What of a query, and of what was found for it, decides how much meaning weighs against words.

use rushlight_analysis::{Scripts, scripts};
use rushlight_core::{Clause, KeywordFound, Node, Occur, Query};

use crate::coverage::Coverage;

/// Texts of the semantic leg whose script is compared with the query's.
pub const SCRIPT_TEXTS: usize = 10;
/// The rank whose score is compared with the best.
const MARGIN_RANK: usize = 10;

/// The features of one query. Each runs from 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct QueryFeatures {
    /// How far the best by word stands out: one less the tenth score over the best. Words that are decisive need less meaning.
    pub margin: f32,
    /// 1 when something is meant to the letter: a quoted phrase, or an identifier that somebody wrote.
    pub literal: f32,
    /// 1 for three words or fewer, which name a thing as titles do, 0 for six and more; two Chinese characters are a word.
    pub brief: f32,
    /// 1 where the query is written in Chinese or Japanese: its words are sought by pairs of characters, and few texts have the
    /// same pairs by chance.
    pub pairs: f32,
    /// Share of the best by meaning that are written in another script than the query: words cannot find them.
    pub script_mismatch: f32,
    /// The greatest share of the query that stands together in one of the texts that were read, [`Coverage::near`].
    pub together: f32,
}

impl QueryFeatures {
    /// What is known before any text is read: all but the scripts.
    pub fn new(query: &Query, found: &KeywordFound) -> Self {
        let best = found.hits.iter().map(|hit| hit.score).fold(0.0, f32::max);
        let mut scores: Vec<f32> = found.hits.iter().map(|hit| hit.score).collect();
        scores.sort_by(|a, b| b.total_cmp(a));
        let tenth = scores.get(MARGIN_RANK - 1).copied().unwrap_or(0.0);
        let margin = if best > 0.0 { 1.0 - tenth / best } else { 0.0 };
        let about = query.free_text();
        let identifier = found.terms.iter().any(|term| term.identifier && term.chunks > 0);
        Self {
            margin: clamped(margin),
            literal: f32::from(u8::from(identifier || quotes(query))),
            brief: brief(&about),
            pairs: f32::from(u8::from(main_script(&about) == Some(Script::Chinese))),
            script_mismatch: 0.0,
            together: 0.0,
        }
    }

    /// With what the texts that were read have of the query.
    #[must_use]
    pub fn with_coverage<'a>(self, covered: impl IntoIterator<Item = &'a Coverage>) -> Self {
        let near = covered.into_iter().map(|found| found.near);
        Self {
            together: clamped(near.fold(0.0, f32::max)),
            ..self
        }
    }

    /// With the scripts of the best texts by meaning, of which the first [`SCRIPT_TEXTS`] count.
    #[must_use]
    pub fn with_texts<'a>(self, query: &str, best_by_meaning: impl IntoIterator<Item = &'a str>) -> Self {
        let Some(asked) = main_script(query) else {
            return self;
        };
        let (mut others, mut all) = (0u8, 0u8);
        for text in best_by_meaning.into_iter().take(SCRIPT_TEXTS) {
            if let Some(script) = main_script(text) {
                others += u8::from(script != asked);
                all += 1;
            }
        }
        Self {
            script_mismatch: f32::from(others) / f32::from(all.max(1)),
            ..self
        }
    }
}

/// How far a query is as short as a title.
pub(crate) fn brief(about: &str) -> f32 {
    let Scripts { han, kana, .. } = scripts(about);
    let words = about.split(|c: char| !c.is_alphanumeric() || is_ideograph(c));
    let words = words.filter(|word| !word.is_empty()).count() as f32 + 0.5 * (han + kana) as f32;
    clamped((6.0 - words) / 3.0)
}

/// Whether a character is counted with the Chinese ones.
fn is_ideograph(c: char) -> bool {
    let Scripts { han, kana, .. } = scripts(c.encode_utf8(&mut [0; 4]));
    han + kana > 0
}

fn clamped(value: f32) -> f32 {
    if value.is_finite() {
        value.clamp(0.0, 1.0)
    } else {
        0.0
    }
}

fn quotes(query: &Query) -> bool {
    let quotes = |Clause { occur, node }: &Clause| match node {
        _ if *occur == Occur::Excluded => false,
        Node::Phrase(_) => true,
        Node::Group(query) => quotes(query),
        _ => false,
    };
    query.clauses.iter().any(quotes)
}

/// Scripts whose words cannot match one another's. Either script of Chinese is one: both fold to the same terms.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Script {
    Latin,
    Chinese,
    Korean,
    Other,
}

/// The script of most letters; a Chinese character is taken for two letters, since it is most of a word.
pub(crate) fn main_script(text: &str) -> Option<Script> {
    let Scripts {
        latin,
        han,
        kana,
        hangul,
        other,
        ..
    } = scripts(text);
    [
        (latin, Script::Latin),
        (2 * (han + kana), Script::Chinese),
        (2 * hangul, Script::Korean),
        (other, Script::Other),
    ]
    .into_iter()
    .filter(|(letters, _)| *letters > 0)
    .max_by_key(|(letters, _)| *letters)
    .map(|(_, script)| script)
}

#[cfg(test)]
mod tests {
    use rushlight_core::{ChunkId, DocId, KeywordHit, TermFound};

    use super::*;

    fn found(scores: &[f32], terms: &[(u64, f32, bool)]) -> KeywordFound {
        KeywordFound {
            hits: scores
                .iter()
                .map(|score| KeywordHit {
                    chunk_id: ChunkId([0; 16]),
                    doc_id: DocId([0; 16]),
                    score: *score,
                })
                .collect(),
            terms: terms
                .iter()
                .map(|(chunks, idf, identifier)| TermFound {
                    term: "x".to_owned(),
                    chunks: *chunks,
                    idf: *idf,
                    identifier: *identifier,
                })
                .collect(),
            ..KeywordFound::default()
        }
    }

    fn phrase(occur: Occur) -> Query {
        Query {
            clauses: vec![Clause {
                occur,
                node: Node::Phrase("green tea".to_owned()),
            }],
        }
    }

    #[test]
    fn a_query_as_short_as_a_title_is_brief() {
        let brief = |text: &str| QueryFeatures::new(&Query::plain(text), &KeywordFound::default()).brief;
        assert_eq!(
            [brief("Environment"), brief("數位觀照"), brief("A view from")],
            [1.0; 3]
        );
        assert_eq!(
            [
                brief("how hot is the water for green tea"),
                brief("綠茶應該用幾度的熱水來沖泡")
            ],
            [0.0; 2]
        );
        assert!((0.1..0.9).contains(&brief("green tea and water")), "in between");
    }

    #[test]
    fn few_hits_by_word_stand_out_and_many_alike_do_not() {
        let plain = Query::plain("tea");
        assert_eq!(QueryFeatures::new(&plain, &found(&[9.0, 8.0], &[])).margin, 1.0);
        assert_eq!(QueryFeatures::new(&plain, &found(&[2.0; 10], &[])).margin, 0.0);
        let long = Query::plain("how hot is the water for green tea");
        assert_eq!(
            QueryFeatures::new(&long, &found(&[], &[])),
            QueryFeatures::default()
        );
    }

    #[test]
    fn what_is_meant_to_the_letter_is_quoted_or_an_identifier_that_is_there() {
        let none = found(&[], &[]);
        assert_eq!(QueryFeatures::new(&phrase(Occur::Required), &none).literal, 1.0);
        assert_eq!(QueryFeatures::new(&phrase(Occur::Excluded), &none).literal, 0.0);
        let plain = Query::plain("inv-1");
        assert_eq!(
            QueryFeatures::new(&plain, &found(&[], &[(1, 4.0, true)])).literal,
            1.0
        );
        assert_eq!(
            QueryFeatures::new(&plain, &found(&[], &[(0, 4.0, true)])).literal,
            0.0
        );
        assert_eq!(
            QueryFeatures::new(&plain, &found(&[], &[(1, 4.0, false)])).literal,
            0.0
        );
    }

    #[test]
    fn scripts_are_compared_and_those_of_chinese_are_one() {
        let mismatch = |query, texts: &[&str]| {
            QueryFeatures::default()
                .with_texts(query, texts.iter().copied())
                .script_mismatch
        };
        assert_eq!(mismatch("health", &["健康與 AI", "public health"]), 0.5);
        assert_eq!(mismatch("軟體", &["软体", "軟體"]), 0.0);
        assert_eq!(mismatch("2024", &["健康"]), 0.0);
        assert_eq!(mismatch("health", &[]), 0.0);
    }
}
