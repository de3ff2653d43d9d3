//! `rushlight search`: passages by word and by meaning.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::Arc;

use rushlight_api as api;
use rushlight_core::{
    ChunkId, Covers, Error, ErrorCode, Hit, Locator, Principal, Relation, Result, SearchMode, SearchRequest,
    SearchResponse, Sort, Sorted, TextSpan, Timestamp, Why,
};
use rushlight_engine::SentenceRequest;

use super::NoReporter;
use super::day::day;
use super::facets;
use crate::args::{ModeArg, SearchArgs, SortArg};
use crate::context::{Context, OpenEngine};
use crate::output::{Output, count, style};
use crate::wiring::Wiring;

/// Characters of a passage that are shown around its first match.
const SHOWN_CHARS: usize = 240;
/// Hits whose sentence nearest in meaning is looked for.
const SENTENCES: usize = 5;
/// What is taken from a score and is less is not told.
const TELLING: f32 = 0.0005;

pub(crate) fn run(
    args: &SearchArgs,
    context: &Context,
    wiring: &dyn Wiring,
    output: &Output,
) -> Result<ExitCode> {
    let open = context.open(wiring, Arc::new(NoReporter))?;
    let mut request = SearchRequest {
        mode: match args.mode {
            ModeArg::Hybrid => SearchMode::Hybrid,
            ModeArg::Keyword => SearchMode::Keyword,
            ModeArg::Semantic => SearchMode::Semantic,
        },
        spaces: args.scope.spaces.clone(),
        kinds: args.scope.kinds.clone(),
        from: args.from.as_deref().map(day).transpose()?,
        until: args.until.as_deref().map(day).transpose()?,
        limit: args.limit.into(),
        utc_offset: jiff::ZonedDateTime::now().offset().seconds(),
        recent: args.recent,
        grouped: !args.ungrouped,
        sort: sort(args)?,
        explain: args.explain,
        rerank: match (args.rerank, args.no_rerank) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        },
        ..SearchRequest::new(args.query.join(" "))
    };
    if let Some(source) = &args.source {
        request.sources = vec![open.find_source(source)?.id];
    }
    let query = request.query.clone();
    let counted = args.facets.then(|| request.clone());
    let response = match open.runtime.block_on(open.engine.search(request)) {
        Err(error) if error.place().is_some() => {
            output.error_in(&query, &error);
            return Ok(ExitCode::from(error.code().exit_code()));
        }
        other => other?,
    };
    let facets = counted
        .map(|request| open.runtime.block_on(open.engine.facets(request)))
        .transpose()?;
    if output.is_json() {
        let search = api::SearchResponse::from(&response);
        match facets.map(api::Facets::from) {
            Some(facets) => output.json(&api::SearchWithFacets { search, facets }),
            None => output.json(&search),
        }
    } else {
        let sentences = sentences(&open, &query, &response);
        print(&response, &sentences, args.explain, output);
        if let Some(facets) = facets {
            facets::print(&facets, output);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sort(args: &SearchArgs) -> Result<Sort> {
    let sort = match args.sort {
        SortArg::Relevance => Sort::Relevance,
        SortArg::Newest => Sort::Newest,
        SortArg::Oldest => Sort::Oldest,
        SortArg::Title => Sort::Title,
    };
    if sort != Sort::Relevance && args.mode == ModeArg::Semantic {
        let message = "`--sort` lists what holds the words, and `--mode semantic` asks for meaning only";
        return Err(Error::new(ErrorCode::InvalidRequest, message).with_hint("leave one of them out"));
    }
    Ok(sort)
}

/// What a list is made of that nothing ranks.
fn sorted_as(sorted: Sorted) -> String {
    let order = match sorted.by {
        Sort::Relevance => "the best first",
        Sort::Newest => "the newest first",
        Sort::Oldest => "the oldest first",
        Sort::Title => "by title",
    };
    let which = match sorted.covers {
        Covers::AllWords => "that hold every word",
        Covers::AnyWord => "that hold one of the words, for none holds all",
        Covers::Filters => "that meet the query",
    };
    let documents = count(sorted.documents, "document");
    format!("{order}, of {documents} {which}; searched by word only")
}

/// Of the first hits that no word of the query tells why they were found, the sentence nearest in meaning. That there is none
/// is no failure: they are shown from their beginning.
fn sentences(open: &OpenEngine, query: &str, response: &SearchResponse) -> HashMap<ChunkId, TextSpan> {
    let by_meaning = response.hits.iter().filter(|hit| hit.is_by_meaning());
    let chunks: Vec<ChunkId> = by_meaning.take(SENTENCES).map(|hit| hit.chunk.id).collect();
    if chunks.is_empty() {
        return HashMap::new();
    }
    let request = SentenceRequest {
        principals: vec![Principal::owner()],
        query: query.to_owned(),
        chunks,
    };
    match open.runtime.block_on(open.engine.sentences(request)) {
        Ok(found) => found.into_iter().map(|one| (one.chunk_id, one.span)).collect(),
        Err(error) => {
            tracing::warn!(code = error.code().as_str(), error = %error.chain(), "no sentences are marked");
            HashMap::new()
        }
    }
}

fn print(response: &SearchResponse, sentences: &HashMap<ChunkId, TextSpan>, explain: bool, output: &Output) {
    if response.hits.is_empty() {
        output.line("nothing found");
    }
    for (index, hit) in response.hits.iter().enumerate() {
        if index > 0 {
            output.line("");
        }
        print_hit(index + 1, hit, sentences.get(&hit.chunk.id).copied(), output);
        print_behind(hit, output);
        if let Some(why) = &hit.why {
            print_why(hit, why, output);
        }
    }
    if let Some(sorted) = response.sorted {
        output.note(format!("\n{}", sorted_as(sorted)));
    }
    for correction in &response.corrections {
        output.note(format!(
            "\nno document has `{}`; searched for `{}` too",
            correction.typed, correction.meant
        ));
    }
    for (leg, why) in &response.degraded {
        let what = match leg.as_str() {
            "semantic" => "not searched by meaning",
            "rerank" => "not reranked",
            _ => "not searched by word",
        };
        output.note(format!("\n{what}: {why}"));
    }
    if explain {
        print_understood(response, output);
        let timings = response.timings;
        let ms = |us: u64| us as f64 / 1000.0;
        output.line(format!(
            "\n{:.1} ms: words {:.1}, embedding the query {:.1}, meaning {:.1}{}",
            ms(timings.total_us),
            ms(timings.keyword_us),
            ms(timings.embed_us),
            ms(timings.vector_us),
            match timings.rerank_us {
                0 => String::new(),
                us => format!(", reranking {:.1}", ms(us)),
            }
        ));
    }
}

/// What stands behind a hit: other passages of its document, other mails of its conversation, other versions.
fn print_behind(hit: &Hit, output: &Output) {
    let faint = style::FAINT;
    if !hit.more.is_empty() {
        let places: Vec<String> = hit
            .more
            .iter()
            .map(|passage| api::Locator::from(&passage.chunk.locator).label())
            .filter(|label| !label.is_empty())
            .collect();
        let also = if places.is_empty() {
            String::new()
        } else {
            format!(": {}", places.join(", "))
        };
        output.line(format!(
            "   {faint}{} more in this document{also}{faint:#}",
            count(hit.more.len() as u64, "passage")
        ));
    }
    for related in &hit.related {
        let what = match related.relation {
            Relation::Conversation => "same conversation",
            Relation::Version => "other version",
        };
        let part = if related.part.is_empty() {
            String::new()
        } else {
            format!("  {}", related.part)
        };
        output.line(format!(
            "   {faint}{what}, {}: {}  {}{part}{faint:#}",
            day_of(related.date),
            related.title,
            related.path
        ));
    }
}

pub(crate) fn day_of(time: Timestamp) -> String {
    api::Time(time).to_string().chars().take(10).collect()
}

/// What a hit's score is made of.
fn print_why(hit: &Hit, why: &Why, output: &Output) {
    // Where nothing ranks there is no sum.
    match why.parts.as_slice() {
        [] => output.line(format!("   not ranked: {}", why.notes.join(", "))),
        _ => output.line(format!("   {}", sum_of(hit.scores.fused, why))),
    }
    for term in &why.terms {
        let found: Vec<String> = term
            .found
            .iter()
            .map(|(field, found, times)| format!("{field} `{found}` × {times}"))
            .collect();
        output.line(format!(
            "     {:.2}  {} ({}): {}",
            term.share,
            term.typed,
            term.how,
            found.join(", ")
        ));
    }
    if let Some(cosine) = hit.scores.semantic {
        output.line(format!("     cosine {cosine:.3}"));
    }
    if let Some(score) = hit.scores.reranked {
        output.line(format!("     reranked {score:.3}"));
    }
}

/// The score as a sum: what is added, and what age takes away.
fn sum_of(score: f32, why: &Why) -> String {
    let (taken, added): (Vec<_>, Vec<_>) = why.parts.iter().partition(|part| part.name == "recency");
    let added: Vec<String> = added
        .into_iter()
        .map(|part| format!("{} {:.3} × {:.2}", part.name, part.value, part.weight))
        .collect();
    let mut sum = format!("score {score:.3} = {}", added.join(" + "));
    for part in taken.into_iter().filter(|part| part.share < -TELLING) {
        let less = -part.share;
        let points = 100.0 * less;
        sum.push_str(&format!(" − {less:.3} ({points:.1} points less for its age)"));
    }
    if !why.notes.is_empty() {
        sum.push_str(&format!("; {}", why.notes.join(", ")));
    }
    sum
}

/// How the query was read, and how its legs were weighed.
fn print_understood(response: &SearchResponse, output: &Output) {
    if !response.understood.is_empty() {
        let parts: Vec<String> = response
            .understood
            .iter()
            .map(|(label, text)| format!("{label}: {text}"))
            .collect();
        output.line(format!("\nread as {}", parts.join(" · ")));
    }
    if let Some(weighing) = &response.weighing {
        let because: Vec<String> = weighing
            .because
            .iter()
            .map(|(feature, by)| format!("{feature} {by:+.2}"))
            .collect();
        let because = if because.is_empty() {
            String::new()
        } else {
            format!(" ({})", because.join(", "))
        };
        output.line(format!("weight of meaning {:.2}{because}", weighing.semantic));
    }
}

/// The place in the original, where it is not the whole, and the space.
pub(crate) fn place(locator: &Locator, space: &str) -> String {
    let label = api::Locator::from(locator).label();
    if label.is_empty() {
        space.to_owned()
    } else {
        format!("{label} · {space}")
    }
}

/// That a text was recognised in a picture, and how sure that is; nothing for any other.
pub(crate) fn recognised(confidence: Option<u8>) -> String {
    confidence.map_or(String::new(), |percent| {
        format!(
            "  (recognised text, confidence {:.2})",
            f32::from(percent) / 100.0
        )
    })
}

/// Prints a hit as people read it: title and headings, place, path, and the text around the first match, or around the
/// sentence that is to be marked instead.
pub(crate) fn print_hit(number: usize, hit: &Hit, sentence: Option<TextSpan>, output: &Output) {
    let (title, faint) = (style::TITLE, style::FAINT);
    let headings: String = hit
        .chunk
        .heading_path
        .iter()
        .filter(|heading| **heading != hit.title)
        .map(|heading| format!(" › {heading}"))
        .collect();
    output.line(format!(
        "{number}. {title}{}{title:#}{headings}  {faint}{} · {}{faint:#}",
        hit.title,
        place(&hit.chunk.locator, &hit.space),
        day_of(hit.date)
    ));
    let part = if hit.part.is_empty() {
        String::new()
    } else {
        format!("  {}", hit.part)
    };
    let offline = if hit.online {
        ""
    } else {
        "  (not there now; as last seen)"
    };
    let recognised = recognised(hit.chunk.confidence);
    output.line(format!(
        "   {faint}{}{part}{offline}{recognised}{faint:#}",
        hit.path
    ));
    for place in &hit.also_at {
        let part = if place.part.is_empty() {
            String::new()
        } else {
            format!("  {}", place.part)
        };
        output.line(format!("   {faint}also {}{part}{faint:#}", place.path));
    }
    let (mark, spans) = match &sentence {
        Some(sentence) => (style::SENTENCE, std::slice::from_ref(sentence)),
        None => (style::MARK, &*hit.highlights),
    };
    let mut shown = String::new();
    for (text, marked) in excerpt(&hit.chunk.text, spans) {
        let text = one_line(&text);
        match marked {
            true => shown.push_str(&format!("{mark}{text}{mark:#}")),
            false => shown.push_str(&text),
        }
    }
    output.line(format!("   {shown}"));
}

/// The text with every run of white space as one space.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_whitespace() {
            true if line.ends_with(' ') => {}
            true => line.push(' '),
            false => line.push(c),
        }
    }
    line
}

/// The stretch of a text around the first of the spans to be marked, cut on character boundaries, in marked and unmarked
/// pieces.
fn excerpt(text: &str, marks: &[TextSpan]) -> Vec<(String, bool)> {
    let first = marks.first().map_or(0, |span| span.start);
    let before = text[..first]
        .char_indices()
        .rev()
        .nth(SHOWN_CHARS / 4)
        .map_or(0, |(at, _)| at);
    let end = text[before..]
        .char_indices()
        .nth(SHOWN_CHARS)
        .map_or(text.len(), |(at, _)| before + at);
    let mut pieces = Vec::new();
    let mut push = |piece: &str, marked: bool| {
        if !piece.is_empty() {
            pieces.push((piece.to_owned(), marked));
        }
    };
    push(if before > 0 { "… " } else { "" }, false);
    let mut at = before;
    for span in marks.iter().filter(|span| span.start < end) {
        push(&text[at..span.start], false);
        at = span.end.min(end);
        push(&text[span.start..at], true);
    }
    push(&text[at..end], false);
    push(if end < text.len() { " …" } else { "" }, false);
    pieces
}

#[cfg(test)]
mod tests {
    use rushlight_core::WhyPart;

    use super::*;

    #[test]
    fn recognised_text_is_called_so() {
        assert_eq!(recognised(Some(93)), "  (recognised text, confidence 0.93)");
        assert_eq!(recognised(None), "");
    }

    #[test]
    fn an_excerpt_begins_before_the_first_mark_and_cuts_a_long_one() {
        let text = format!("{}Steep. {}", "茶 ".repeat(100), "水 ".repeat(300));
        let start = text.find("Steep").expect("is there");
        let shown = |span: TextSpan| excerpt(&text, &[span]);
        let word = shown(TextSpan::new(start, start + 5));
        assert_eq!(word[0].0, "… ");
        assert!(word[1].0.ends_with("茶 ") && word[1].0.chars().count() <= SHOWN_CHARS / 4 + 1);
        assert_eq!(word[2], ("Steep".to_owned(), true));
        let long = shown(TextSpan::new(start, text.len()));
        assert!(long[2].1 && long[2].0.starts_with("Steep. 水"), "{long:?}");
        assert_eq!(long.len(), 4, "{long:?}");
        let all: usize = long[1..3].iter().map(|(piece, _)| piece.chars().count()).sum();
        assert_eq!(all, SHOWN_CHARS);
        assert_eq!(excerpt("tea", &[]), [("tea".to_owned(), false)]);
    }

    #[test]
    fn a_score_is_a_sum_from_which_age_takes() {
        let part = |name: &str, value: f32, weight: f32| WhyPart {
            name: name.to_owned(),
            value,
            weight,
            share: value * weight,
        };
        let mut why = Why {
            parts: vec![
                part("words", 0.5, 0.4),
                part("meaning", 0.9, 0.6),
                part("recency", -0.021, 1.0),
            ],
            ..Why::default()
        };
        assert_eq!(
            sum_of(0.719, &why),
            "score 0.719 = words 0.500 × 0.40 + meaning 0.900 × 0.60 − 0.021 (2.1 points less for its age)"
        );
        why.parts[2] = part("recency", 0.0, 0.0);
        why.notes = vec!["guaranteed".to_owned()];
        assert_eq!(
            sum_of(0.74, &why),
            "score 0.740 = words 0.500 × 0.40 + meaning 0.900 × 0.60; guaranteed",
            "what is new loses nothing"
        );
    }

    #[test]
    fn the_whole_of_a_document_is_no_place() {
        assert_eq!(place(&Locator::Whole, "personal"), "personal");
        assert_eq!(
            place(&Locator::Lines { first: 3, last: 9 }, "personal"),
            "lines 3–9 · personal"
        );
    }
}
