//! Answers questions of the public sets with a real model and prints one JSON line for each: what was found, what the
//! model's odds were, what it wrote, what was left after the check. The constants of `Calibration` come from this.
//!
//! `cargo run -p rushlight-llm-candle --example answers -- DATA_FOLDER MODEL.gguf QUESTIONS_PER_CLASS [SKIP]`
//!
//! The classes: `answerable`; `adversarial`, where the paragraph is there and the answer is not; `nowhere`, where the
//! article was left out of the search. Retrieval is plain BM25 over paragraphs. No question is refused here, so that any
//! threshold can be looked at afterwards.
#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::path::Path;

use rushlight_answer::{AnswerInputs, AnswerOptions, Calibration, answer, evidence_signals};
use rushlight_core::{
    AnswerEvent, Chunk, ChunkId, ContentHash, Coverage, DocId, DocumentKind, EmbeddingKey, GenerationParams,
    Hit, LegScores, Locator, Passage, Route, SpaceId, TextSpan, Timestamp,
};
use rushlight_llm_candle::{CandleModel, CandleOptions};
use serde_json::{Value, json};

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let [_, data, model, per_class, ..] = args.as_slice() else {
        panic!("DATA_FOLDER MODEL QUESTIONS [SKIP]")
    };
    let per_class: usize = per_class.parse().unwrap();
    let skip: usize = args.get(4).map_or(0, |skip| skip.parse().unwrap());
    let options = CandleOptions {
        model_id: model.clone(),
        sha256: String::new(),
        max_context: 4_096,
    };
    let model = CandleModel::load(Path::new(model), options).unwrap();

    let squad = read(&Path::new(data).join("squad20"));
    let drcd = read(&Path::new(data).join("drcd-dev"));
    let holdout: Value =
        serde_json::from_slice(&std::fs::read(Path::new(data).join("drcd-dev/holdout.json")).unwrap())
            .unwrap();
    let drcd_out: HashSet<String> = holdout["articles"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap().to_owned())
        .collect();
    let squad_out: HashSet<String> = squad
        .documents
        .iter()
        .step_by(5)
        .map(|d| d["id"].as_str().unwrap().to_owned())
        .collect();

    let mut runs = Vec::new();
    for (name, set, out) in [("squad20", &squad, &squad_out), ("drcd", &drcd, &drcd_out)] {
        let index = Index::build(&set.documents, out);
        for class in ["answerable", "adversarial", "nowhere"] {
            let pool: Vec<&Value> = set
                .questions
                .iter()
                .filter(|q| {
                    let left_out = out.contains(q["doc_id"].as_str().unwrap());
                    let answerable = q["answerable"].as_bool().unwrap();
                    match class {
                        "answerable" => answerable && !left_out,
                        "adversarial" => !answerable && !left_out,
                        _ => answerable && left_out,
                    }
                })
                .collect();
            let step = (pool.len() / 400).max(1) * 7;
            let chosen: Vec<Value> = pool
                .iter()
                .cycle()
                .step_by(step)
                .skip(skip)
                .take(per_class.min(pool.len()))
                .map(|q| (*q).clone())
                .collect();
            runs.push((name, class, index.clone(), chosen));
        }
    }
    for n in 0..per_class {
        for (name, class, index, chosen) in &runs {
            if let Some(question) = chosen.get(n) {
                println!("{}", run(&model, name, class, index, question));
            }
        }
    }
}

fn run(model: &CandleModel, set: &str, class: &str, index: &Index, question: &Value) -> Value {
    let text = question["question"].as_str().unwrap();
    let hits = index.search(text, 6);
    let inputs = AnswerInputs {
        question: text,
        hits: &hits,
        coverage: Coverage::default(),
        route: Route::default(),
        fence: "k3v9x2q8",
    };
    let calibration = Calibration {
        threshold: f32::NEG_INFINITY,
        absent_coverage: -1.0,
        ..Calibration::default()
    };
    let options = AnswerOptions {
        calibration,
        ..AnswerOptions::default()
    };
    let params = GenerationParams {
        max_tokens: 64,
        ..GenerationParams::default()
    };
    let mut passages: Vec<Passage> = Vec::new();
    let answer = answer(&inputs, &options, Some(model), &params, &mut |event| {
        if let AnswerEvent::Evidence(evidence) = event {
            passages = evidence;
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    let features = evidence_signals(text, &passages);
    let generation = answer.generation.clone().unwrap_or_default();
    let golds: Vec<String> = question["answers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|a| a.as_str().unwrap().to_lowercase())
        .collect();
    let has_gold = |text: &str| golds.iter().any(|gold| text.to_lowercase().contains(gold));
    let paragraph = question["para_id"].as_str().unwrap_or_default();
    json!({
        "set": set, "class": class, "id": question["id"], "question": text, "answers": golds,
        "odds": answer.signals.answerable, "coverage": features.coverage, "sentence_coverage": features.sentence_coverage,
        "raw": generation.text, "text": answer.text, "grounding": answer.grounding.as_str(),
        "quotes": answer.citations.iter().map(|c| c.quote.clone()).collect::<Vec<_>>(),
        "evidence_has_gold": passages.iter().any(|p| has_gold(&p.text)),
        "raw_has_gold": has_gold(&generation.text), "text_has_gold": has_gold(&answer.text),
        "cites_gold_paragraph": answer.citations.iter().any(|c| c.part == paragraph),
        "passages": passages.len(),
        "prompt_tokens": generation.prompt_tokens, "cached_tokens": generation.cached_tokens,
        "generated_tokens": generation.generated_tokens, "generation_ms": generation.generation_ms,
        "log_probability": generation.mean_log_probability,
    })
}

struct Set {
    documents: Vec<Value>,
    questions: Vec<Value>,
}

fn read(folder: &Path) -> Set {
    let lines = |name: &str| {
        let text = std::fs::read_to_string(folder.join(name)).unwrap();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    };
    Set {
        documents: lines("documents.jsonl"),
        questions: lines("questions.jsonl"),
    }
}

/// BM25 over paragraphs, k1 1.2, b 0.75.
#[derive(Clone)]
struct Index {
    hits: Vec<Hit>,
    counts: Vec<HashMap<String, f32>>,
    having: HashMap<String, f32>,
    mean_length: f32,
}

impl Index {
    fn build(documents: &[Value], out: &HashSet<String>) -> Self {
        let mut index = Self {
            hits: Vec::new(),
            counts: Vec::new(),
            having: HashMap::new(),
            mean_length: 0.0,
        };
        for document in documents
            .iter()
            .filter(|document| !out.contains(document["id"].as_str().unwrap()))
        {
            let chars: Vec<char> = document["text"].as_str().unwrap().chars().collect();
            for paragraph in document["paragraphs"].as_array().unwrap() {
                let (start, end) = (
                    paragraph["start"].as_u64().unwrap() as usize,
                    paragraph["end"].as_u64().unwrap() as usize,
                );
                let text: String = chars[start..end].iter().collect();
                let before: usize = chars[..start].iter().map(|c| c.len_utf8()).sum();
                let mut counts: HashMap<String, f32> = HashMap::new();
                for word in words(&text) {
                    *counts.entry(word).or_default() += 1.0;
                }
                counts
                    .keys()
                    .for_each(|word| *index.having.entry(word.clone()).or_default() += 1.0);
                index.mean_length += counts.values().sum::<f32>();
                index.counts.push(counts);
                let title = document["title"].as_str().unwrap();
                index.hits.push(hit(
                    title,
                    paragraph["id"].as_str().unwrap(),
                    text,
                    before,
                    index.hits.len(),
                ));
            }
        }
        index.mean_length /= index.hits.len() as f32;
        index
    }

    fn search(&self, question: &str, limit: usize) -> Vec<Hit> {
        let query: HashSet<String> = words(question).into_iter().collect();
        let all = self.hits.len() as f32;
        let mut scored: Vec<(f32, usize)> = self
            .counts
            .iter()
            .enumerate()
            .map(|(at, counts)| {
                let length = counts.values().sum::<f32>() / self.mean_length;
                let score = query
                    .iter()
                    .filter_map(|word| {
                        let count = counts.get(word)?;
                        let having = self.having[word];
                        let idf = (1.0 + (all - having + 0.5) / (having + 0.5)).ln();
                        Some(idf * count * 2.2 / (count + 1.2 * (0.25 + 0.75 * length)))
                    })
                    .sum();
                (score, at)
            })
            .collect();
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        scored
            .iter()
            .take(limit)
            .map(|(_, at)| self.hits[*at].clone())
            .collect()
    }
}

fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let han = |c: char| ('\u{4e00}'..='\u{9fff}').contains(&c);
    for part in text.to_lowercase().split(|c: char| !c.is_alphanumeric()) {
        let chars: Vec<char> = part.chars().collect();
        if chars.iter().any(|c| han(*c)) {
            words.extend(chars.windows(2).map(|pair| pair.iter().collect()));
        } else if !part.is_empty() {
            words.push(part.to_owned());
        }
    }
    words
}

fn hit(title: &str, paragraph: &str, text: String, start: usize, number: usize) -> Hit {
    let mut id = [0; 16];
    id[..8].copy_from_slice(&(number as u64).to_le_bytes());
    Hit {
        chunk: Chunk {
            id: ChunkId(id),
            doc_id: DocId(id),
            ordinal: 0,
            span: TextSpan::new(start, start + text.len()),
            text,
            heading_path: Vec::new(),
            locator: Locator::Whole,
            token_count: 0,
            embedding_key: EmbeddingKey([0; 32]),
            confidence: None,
        },
        content_hash: ContentHash([0; 32]),
        doc_id: DocId(id),
        title: title.to_owned(),
        path: String::new(),
        part: paragraph.to_owned(),
        kind: DocumentKind::Note,
        date: Timestamp(1_700_000_000_000),
        space_id: SpaceId(1),
        space: String::new(),
        scores: LegScores::default(),
        highlights: Vec::new(),
        online: true,
        also_at: Vec::new(),
        more: Vec::new(),
        related: Vec::new(),
        why: None,
    }
}
