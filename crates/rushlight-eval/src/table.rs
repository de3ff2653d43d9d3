//! A run as people read it.

use std::fmt;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::run::{LegReport, Run, Seconds};

/// Columns that a question may take before it is cut.
const TEXT_WIDTH: usize = 76;
/// Questions that are listed by name at most.
pub(crate) const LISTED: usize = 10;

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let set = match self.queries_file.as_str() {
            "" => self.set.clone(),
            file => format!("{}, {file}", self.set),
        };
        writeln!(
            f,
            "{set}: {} documents, {} passages, {} queries, {}, {} candidates per leg",
            self.documents, self.passages, self.queries, self.embedding_model, self.candidates
        )?;
        if self.left_out > 0 {
            writeln!(f, "not asked, for nothing is right: {}", self.left_out)?;
        }
        writeln!(f, "mean over queries [{}]", self.interval)?;
        writeln!(f)?;
        writeln!(
            f,
            "{:<12}  {:<20}  {:<20}  {:<20}  MRR@10",
            "leg", "nDCG@10", "recall@5", "recall@20"
        )?;
        for LegReport {
            leg,
            ndcg_at_10,
            recall_at_5,
            recall_at_20,
            mrr_at_10,
        } in &self.legs
        {
            writeln!(
                f,
                "{leg:<12}  {ndcg_at_10}  {recall_at_5}  {recall_at_20}  {mrr_at_10}"
            )?;
        }
        for note in &self.notes {
            writeln!(f, "not measured: {note}")?;
        }
        self.write_missed(f)?;
        match &self.seconds {
            Some(seconds) => write_seconds(f, seconds),
            None => Ok(()),
        }
    }
}

impl Run {
    /// The questions of a person whose right document is not among the first ten, worst first.
    fn write_missed(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.queries_file.is_empty() || self.legs.is_empty() {
            return Ok(());
        }
        let served = self.served();
        let mut missed: Vec<(usize, &str)> = self
            .questions
            .iter()
            .map(|asked| {
                (
                    asked.rankings[served].first_right.unwrap_or(usize::MAX),
                    asked.text.as_str(),
                )
            })
            .filter(|(rank, _)| *rank > 10)
            .collect();
        if missed.is_empty() {
            return Ok(());
        }
        missed.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        writeln!(f)?;
        writeln!(f, "not among the first ten, {}:", self.legs[served].leg)?;
        for (rank, text) in missed.iter().take(LISTED) {
            writeln!(
                f,
                "  {:>5}  {}",
                rank_word(Some(*rank).filter(|rank| *rank < usize::MAX)),
                short(text)
            )?;
        }
        write_more(f, missed.len())
    }
}

/// That there are more than are listed.
pub(crate) fn write_more(f: &mut fmt::Formatter<'_>, count: usize) -> fmt::Result {
    match count.saturating_sub(LISTED) {
        0 => Ok(()),
        rest => writeln!(f, "  and {rest} more"),
    }
}

fn write_seconds(f: &mut fmt::Formatter<'_>, seconds: &Seconds) -> fmt::Result {
    let Seconds {
        indexing_by_word,
        embedding_documents,
        indexing_by_meaning,
        embedding_queries,
        searching_by_word,
        searching_by_meaning,
    } = seconds;
    writeln!(f)?;
    writeln!(
        f,
        "seconds: documents by word {indexing_by_word:.1}, embedded {embedding_documents:.1}, by meaning {indexing_by_meaning:.1}"
    )?;
    writeln!(
        f,
        "         queries embedded {embedding_queries:.1}, by word {searching_by_word:.1}, by meaning {searching_by_meaning:.1}"
    )
}

/// A rank, or a dash where nothing right was found.
pub(crate) fn rank_word(rank: Option<usize>) -> String {
    rank.map_or("–".to_owned(), |rank| rank.to_string())
}

/// A text in one line, cut where it is too wide. An ideograph takes two columns.
pub(crate) fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.width() <= TEXT_WIDTH {
        return line;
    }
    let mut width = 0;
    let kept: String = line
        .chars()
        .take_while(|c| {
            width += c.width().unwrap_or(0);
            width < TEXT_WIDTH
        })
        .collect();
    kept.trim_end().to_owned() + "…"
}
