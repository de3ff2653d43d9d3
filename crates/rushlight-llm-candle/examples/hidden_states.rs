//! What the model's hidden states are when it is asked whether passages state the answer to a question: what the probe of
//! rushlight-answer is learnt from.
//!
//! `hidden_states MODEL.gguf DATA SAMPLES OUT SECONDS BLOCK…` takes the documents that SAMPLES (`tests/bench/sets/answers`) has in its half
//! `dev`, never one of the half `test`. Of a paragraph in English up to six questions that it answers and as many that only seem to be
//! answered (squad20) are asked, of one in Chinese its questions (drcd-dev) and as many of another article. The paragraph stands in the program's
//! prompt among sentences of its neighbours. Questions of one paragraph follow each other, so that the passages are read once. It ends
//! with the paragraphs or after SECONDS.
//!
//! OUT.jsonl names the blocks and has a line for each question: id, group (its document), class, whether it is answered, and the log-odds of yes;
//! OUT.f32 in the same order the states behind each block (counted from 1), as 32-bit floats, little-endian. OUT.toml is a recipe for
//! `rushlight eval --answers` that asks the same questions of all the documents.
#![allow(clippy::print_stdout, reason = "a tool that prints its measurements")]

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::error::Error;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufWriter, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

use rushlight_answer::{AnswerLanguage, build_prompt, sentences};
use rushlight_core::{GenerateEvent, LanguageModel, Passage, Prompt, TextSpan, Timestamp};
use rushlight_llm_candle::{CandleModel, CandleOptions};
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

/// Tokens of a prompt, as in the program.
const PROMPT_TOKENS: usize = 700;
/// Questions of a paragraph that it answers, and as many that it does not.
const OF_A_KIND: usize = 6;
/// Every so many-th paragraph is Chinese.
const CHINESE_EVERY: usize = 6;
/// Longest paragraph, in characters: of longer ones the program reads a part.
const LONGEST: usize = 1_300;
/// The class of questions in Chinese that were put to a paragraph of another article.
const OF_ANOTHER_ARTICLE: &str = "drcd-dev of another article";
/// A neighbour's sentences, in characters.
const OF_A_NEIGHBOUR: usize = 320;

/// Questions with what they are put to.
struct Paragraph {
    id: String,
    document: String,
    title: String,
    text: String,
    /// Other paragraphs of the document.
    neighbours: Vec<String>,
    questions: Vec<Question>,
}

struct Question {
    id: String,
    text: String,
    class: &'static str,
    is_answered: bool,
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [model, data, sets, out, seconds, blocks @ ..] = &arguments[..] else {
        return Err("usage: hidden_states MODEL.gguf DATA SAMPLES OUT SECONDS BLOCK…".into());
    };
    let until = Instant::now() + Duration::from_secs(seconds.parse()?);
    let blocks: Vec<usize> = blocks
        .iter()
        .map(|block| block.parse())
        .collect::<Result<_, _>>()?;
    let paragraphs = paragraphs(Path::new(data), Path::new(sets))?;
    let model = CandleModel::load(
        Path::new(model),
        CandleOptions {
            model_id: "measured".to_owned(),
            sha256: String::new(),
            max_context: 4096,
            guesses: false,
            threads: 0,
            states: None,
            conversation_bytes: 0,
        },
    )?;
    let mut lines = BufWriter::new(File::create(format!("{out}.jsonl"))?);
    let mut floats = BufWriter::new(File::create(format!("{out}.f32"))?);
    writeln!(lines, "{}", json!({ "blocks": blocks }))?;
    let mut samples: BTreeMap<&str, String> = BTreeMap::new();
    let mut asked = 0;
    for paragraph in &paragraphs {
        if Instant::now() > until {
            break;
        }
        for question in &paragraph.questions {
            let prompt = prompt(&model, paragraph, &question.text);
            let quiet = &mut |_: GenerateEvent<'_>| ControlFlow::Continue(());
            let states = model.hidden_states(&prompt, &blocks, quiet)?.unwrap_or_default();
            let known = model.first_token_log_probabilities(&prompt, &["Yes", "yes", "No", "no"], quiet)?;
            let of = |known: &[f32]| known.iter().map(|one| one.exp()).sum::<f32>().ln();
            let line = json!({
                "id": question.id,
                "group": paragraph.document,
                "paragraph": paragraph.id,
                "class": question.class,
                "is_answered": question.is_answered,
                "log_odds": of(&known[..2]) - of(&known[2..]),
            });
            writeln!(lines, "{line}")?;
            for value in states.iter().flatten() {
                floats.write_all(&value.to_le_bytes())?;
            }
            if let Some((folder, _)) = paragraph.document.split_once('/') {
                let sample = samples.entry(question.class).or_default();
                sample.push_str(&format!("dev\t{folder}\t{}\n", question.id));
            }
            asked += 1;
        }
        lines.flush()?;
        floats.flush()?;
    }
    write_recipe(out, sets, &samples)?;
    println!("{asked} questions of {} paragraphs at most", paragraphs.len());
    Ok(())
}

/// Writes the questions as a set that is asked of the documents of the recipe beside the samples; those that were put to another article than their own are left out.
fn write_recipe(out: &str, sets: &str, samples: &BTreeMap<&str, String>) -> Result<(), Failure> {
    let of_all = Path::new(sets).with_extension("toml");
    let of_all = fs::read_to_string(&of_all).map_err(|error| format!("{}: {error}", of_all.display()))?;
    let (documents, _) = of_all.split_once("[[class]]").unwrap_or((&of_all, ""));
    // Its comments are about its own questions.
    let lines = documents.lines().filter(|line| !line.starts_with('#'));
    let mut recipe: String = lines.map(|line| format!("{line}\n")).collect();
    for (class, sample) in samples {
        if *class == OF_ANOTHER_ARTICLE {
            continue;
        }
        let file = format!("{out}-{}.tsv", class.replace(' ', "-"));
        let name = Path::new(&file).file_name().unwrap_or_default().to_string_lossy();
        let is_answered = class.ends_with("answerable");
        recipe.push_str(&format!(
            "[[class]]\nname = \"{class}\"\nanswerable = {is_answered}\nsample = \"{name}\"\n\n"
        ));
        fs::write(&file, sample)?;
    }
    fs::write(format!("{out}.toml"), recipe)?;
    Ok(())
}

/// The program's first turn over the paragraph and some sentences of its neighbours. Where the paragraph stands among them depends on its id.
fn prompt(model: &CandleModel, paragraph: &Paragraph, question: &str) -> Prompt {
    let key = hash(&paragraph.id);
    let neighbours = paragraph.neighbours.iter().map(|text| beginning(text));
    let mut texts: Vec<&str> = neighbours.filter(|text| !text.is_empty()).collect();
    texts.truncate((key % 4).min(2) as usize);
    let at = (key / 4) as usize % (texts.len() + 1);
    texts.insert(at, &paragraph.text);
    let passages: Vec<Passage> = (1u8..)
        .zip(texts)
        .map(|(number, text)| {
            let mut hit = rushlight_testkit::hit(number, text);
            hit.title.clone_from(&paragraph.title);
            hit.date = Timestamp(1_717_200_000_000);
            Passage {
                number: u32::from(number),
                span: TextSpan::new(hit.chunk.span.start, hit.chunk.span.start + text.len()),
                text: text.to_owned(),
                token_count: 0,
                hit,
            }
        })
        .collect();
    let fence = format!("{key:016x}{:08x}", key.rotate_left(13) as u32);
    let language = AnswerLanguage::of_question(question, &[]);
    let count = |text: &str| model.count_tokens(text);
    build_prompt(question, &passages, &fence, language, PROMPT_TOKENS, &count)
        .prompts
        .is_there_an_answer
}

/// The first sentences of a text.
fn beginning(text: &str) -> &str {
    let spans = sentences(text);
    let chosen = spans
        .iter()
        .rev()
        .find(|span| text[..span.end].chars().count() <= OF_A_NEIGHBOUR);
    chosen.map_or("", |span| &text[..span.end])
}

/// The paragraphs of the documents in the half `dev`, in an order that mixes them.
fn paragraphs(data: &Path, samples: &Path) -> Result<Vec<Paragraph>, Failure> {
    let squad = of_folder(data, samples, "squad20", "squad20-answerable.tsv")?;
    let drcd = of_folder(data, samples, "drcd-dev", "drcd-answerable.tsv")?;
    let english = squad.into_iter().filter_map(|mut paragraph| {
        let (mut answered, mut adversarial): (Vec<_>, Vec<_>) = paragraph
            .questions
            .drain(..)
            .partition(|question| question.is_answered);
        let count = answered.len().min(adversarial.len()).min(OF_A_KIND);
        for kind in [&mut answered, &mut adversarial] {
            kind.sort_by_key(|question| hash(&question.id));
            kind.truncate(count);
        }
        paragraph.questions = answered;
        paragraph.questions.extend(adversarial);
        (count > 0).then_some(paragraph)
    });
    // A question of another article: the one half the articles away.
    let others: Vec<(String, Vec<(String, String)>)> = drcd
        .iter()
        .map(|paragraph| {
            let questions = paragraph.questions.iter();
            let questions = questions.map(|question| (question.id.clone(), question.text.clone()));
            (paragraph.document.clone(), questions.collect())
        })
        .collect();
    let half = others.len() / 2;
    let chinese = drcd.into_iter().enumerate().map(|(at, mut paragraph)| {
        paragraph.questions.truncate(OF_A_KIND);
        let (document, foreign) = &others[(at + half) % others.len()];
        if *document != paragraph.document {
            let foreign = foreign.iter().take(paragraph.questions.len());
            let foreign = foreign.map(|(id, text)| Question {
                id: id.clone(),
                text: text.clone(),
                class: OF_ANOTHER_ARTICLE,
                is_answered: false,
            });
            let foreign: Vec<Question> = foreign.collect();
            paragraph.questions.extend(foreign);
        }
        paragraph
    });
    let mut chinese = chinese.collect::<Vec<_>>().into_iter();
    let mut mixed = Vec::new();
    for (at, paragraph) in english.enumerate() {
        mixed.push(paragraph);
        if at % CHINESE_EVERY == CHINESE_EVERY - 1 {
            mixed.extend(chinese.next());
        }
    }
    Ok(mixed)
}

/// Paragraphs of one folder with their questions, those that are too long left out.
fn of_folder(data: &Path, samples: &Path, folder: &str, sample: &str) -> Result<Vec<Paragraph>, Failure> {
    let of = |value: &Value, key: &str| value[key].as_str().unwrap_or_default().to_owned();
    let asked = read_lines(&data.join(folder).join("questions.jsonl"))?;
    let documents: HashMap<String, String> = asked
        .iter()
        .map(|line| (of(line, "id"), of(line, "doc_id")))
        .collect();
    let (mut dev, mut test) = (BTreeSet::new(), BTreeSet::new());
    for line in fs::read_to_string(samples.join(sample))?.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [half, of_folder, id] = fields[..] else {
            continue;
        };
        if of_folder == folder {
            let document = documents
                .get(id)
                .ok_or_else(|| format!("`{folder}` has no question `{id}`"))?;
            let documents = if half == "dev" { &mut dev } else { &mut test };
            documents.insert(document.clone());
        }
    }
    if let Some(both) = dev.intersection(&test).next() {
        return Err(format!("the document `{both}` is in both halves").into());
    }
    let mut questions: BTreeMap<String, Vec<Question>> = BTreeMap::new();
    for line in &asked {
        let is_answered = line["answerable"] == true;
        let class = match (folder, is_answered) {
            ("squad20", true) => "squad20 answerable",
            ("squad20", false) => "squad20 adversarial",
            _ => "drcd-dev answerable",
        };
        questions.entry(of(line, "para_id")).or_default().push(Question {
            id: of(line, "id"),
            text: of(line, "question"),
            class,
            is_answered,
        });
    }
    let mut texts: BTreeMap<String, Vec<(String, String, String)>> = BTreeMap::new();
    for line in read_lines(&data.join(folder).join("corpus.jsonl"))? {
        let id = of(&line, "id");
        // Of Chinese ones the id has the document before its last sign.
        let document = match id.rsplit_once(['#', '-']) {
            Some((document, _)) if dev.contains(document) => document.to_owned(),
            _ => continue,
        };
        let paragraph = (id, of(&line, "title"), of(&line, "text"));
        texts.entry(document).or_default().push(paragraph);
    }
    let mut found = Vec::new();
    for (document, paragraphs) in &texts {
        for (at, (id, title, text)) in paragraphs.iter().enumerate() {
            let others = paragraphs[at + 1..].iter().chain(&paragraphs[..at]);
            let questions = questions.remove(id).unwrap_or_default();
            if questions.is_empty() || text.chars().count() > LONGEST {
                continue;
            }
            found.push(Paragraph {
                id: id.clone(),
                document: format!("{folder}/{document}"),
                title: title.clone(),
                text: text.clone(),
                neighbours: others.take(2).map(|(_, _, text)| text.clone()).collect(),
                questions,
            });
        }
    }
    found.sort_by_key(|paragraph| hash(&paragraph.id));
    Ok(found)
}

fn read_lines(path: &Path) -> Result<Vec<Value>, Failure> {
    let text = fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(text.lines().map(serde_json::from_str).collect::<Result<_, _>>()?)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
