//! What may not be read changes nothing: a search with documents that the asker may not read is compared with one that never
//! had them, through the whole system and the real keyword index.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use rushlight_api as api;
use rushlight_core::{
    Correction, DocId, KeywordIndex, Principal, Query, Result, SearchMode, SearchRequest, SearchResponse,
    Sort, TextSpan,
};
use rushlight_engine::{JudgeRequest, KeywordFactory, MailLimits};
use rushlight_keyword_tantivy::{KeywordOptions, TantivyIndex, query_spans};
use serde_json::{Value, json};

use crate::system::System;

/// Opens keyword indexes in a folder of their own.
struct OnDisk(tempfile::TempDir);

impl KeywordFactory for OnDisk {
    fn open(&self, dir: &Path) -> Result<Arc<dyn KeywordIndex>> {
        let options = KeywordOptions {
            heap_bytes: 15_000_000,
        };
        Ok(Arc::new(TantivyIndex::open(&self.0.path().join(dir), options)?))
    }

    fn analyzer(&self) -> String {
        "on-disk".to_owned()
    }

    fn highlight(&self, query: &Query, corrections: &[Correction], text: &str) -> Vec<TextSpan> {
        query_spans(query, corrections, text)
    }
}

pub(crate) fn system() -> System {
    System::with_keyword(Box::new(OnDisk(crate::system::quick_folder())))
}

/// In every note; in those that may not be read besides.
const WORDS: [&str; 16] = [
    "green",
    "greens",
    "kettle",
    "temperature",
    "steeped",
    "invoice",
    "INV-2024-0117",
    "a4711b",
    "綠茶",
    "水壺",
    "溫度",
    "軟體",
    "copper",
    "garden",
    "tea",
    "water",
];
const SECRET: [&str; 8] = [
    "kettel",
    "temprature",
    "greenery",
    "layoffs",
    "invoicing",
    "INV-2024-0118",
    "薪資",
    "oolong",
];

/// Numbers that look random and are the same in every run (xorshift64*).
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % most
    }

    fn words(&mut self, of: &[&str], count: usize) -> String {
        let words: Vec<&str> = (0..count).map(|_| of[self.below(of.len())]).collect();
        words.join(" ")
    }

    /// A note with a title, a tag, an author and two paragraphs.
    fn note(&mut self, of: &[&str]) -> String {
        let length = 6 + self.below(30);
        format!(
            "---\ntitle: {}\ntags: [{}]\nauthor: {} Lin\ndate: 20{}-03-0{}\n---\n{}.\n\n{}.\n",
            self.words(of, 2),
            self.words(of, 1),
            self.words(of, 1),
            20 + self.below(5),
            1 + self.below(9),
            self.words(of, length),
            self.words(of, 8),
        )
    }
}

fn secret_words() -> Vec<&'static str> {
    WORDS.into_iter().chain(SECRET).collect()
}

/// Writes some notes below `prefix`, and says which.
fn write(system: &System, chance: &mut Chance, prefix: &str, count: usize, of: &[&str]) -> Vec<String> {
    let paths: Vec<String> = (0..count).map(|number| format!("{prefix}{number}.md")).collect();
    for path in &paths {
        system.write(path, chance.note(of));
    }
    paths
}

/// Indexes these notes, and lets nobody but Bo read them.
fn hide(system: &System, paths: &[String]) {
    system.index();
    for path in paths {
        system.open_to(path, &["user:bo"]);
    }
    system.index();
}

/// Plain, mistyped, unfinished, quoted, excluded, by field, by date, of a space: what an answer could tell more by.
const QUERIES: [&str; 24] = [
    "green",
    "greens kettle",
    "temperature of the water",
    "kettel",
    "temprature",
    "oolong",
    "layoffs 薪資",
    "綠茶 溫度",
    "INV-2024-0117",
    "INV-2024-0118",
    "4711",
    "nvoic",
    "tea -copper",
    "\"green tea\"",
    "gree*",
    "kettle NEAR water",
    "title:green",
    "tag:green tea",
    "from:lin",
    "date:2022 tea",
    "tea space:a",
    "tea space:b",
    "tea space:nowhere",
    "-garden",
];

fn requests() -> Vec<SearchRequest> {
    let mut requests = Vec::new();
    for query in QUERIES {
        for mode in [SearchMode::Hybrid, SearchMode::Keyword, SearchMode::Semantic] {
            for (limit, grouped, typing) in [(4, true, false), (50, false, false), (10, true, true)] {
                requests.push(SearchRequest {
                    mode,
                    limit,
                    grouped,
                    typing,
                    explain: true,
                    ..SearchRequest::new(query)
                });
            }
        }
    }
    requests
}

fn suggestions(system: &System, spaces: &[String]) -> Vec<Value> {
    let suggest =
        |typed: &str| match system.block_on(system.engine.suggest(typed, &[Principal::owner()], spaces, 5)) {
            Ok(found) => json!(found.iter().map(api::Suggestion::from).collect::<Vec<_>>()),
            Err(error) => json!(error.chain()),
        };
    ["g", "gree", "k", "te", "l", "lin", "o", "綠", "薪", "inv"]
        .map(suggest)
        .to_vec()
}

/// All that a search tells, but the time it took.
fn told(answer: Result<SearchResponse>) -> Value {
    match answer {
        Ok(response) => {
            let mut told = json!(api::SearchResponse::from(&response));
            told["timings"].take();
            told
        }
        Err(error) => json!(api::ErrorBody::from(&error)),
    }
}

fn replies(system: &System) -> Vec<Value> {
    let mut replies: Vec<Value> = requests()
        .into_iter()
        .map(|request| told(system.try_search(request)))
        .collect();
    replies.extend(suggestions(system, &[]));
    replies.extend(suggestions(system, &["b".to_owned()]));
    replies.extend(QUERIES.map(|query| counted(system, query)));
    replies
        .extend(["green kettle folder:a", "tea folder:b", "-folder:c"].map(|query| counted(system, query)));
    replies.extend(sorted(system));
    replies
}

/// What is counted of a query, but the time it took.
fn counted(system: &System, query: &str) -> Value {
    match system.block_on(system.engine.facets(SearchRequest::new(query))) {
        Ok(facets) => {
            let mut told = json!(api::Facets::from(facets));
            told["took_us"].take();
            told
        }
        Err(error) => json!(api::ErrorBody::from(&error)),
    }
}

/// Which documents are listed; of an error what it says.
fn documents(reply: Value) -> Value {
    match reply["hits"].as_array() {
        Some(hits) => hits.iter().map(|hit| hit["document_id"].clone()).collect(),
        None => reply,
    }
}

/// Lists that nothing ranks.
fn sorted(system: &System) -> Vec<Value> {
    let request = |query: &str, sort| SearchRequest {
        sort,
        limit: 50,
        ..SearchRequest::new(query)
    };
    let sorts = [Sort::Newest, Sort::Oldest, Sort::Title];
    QUERIES
        .iter()
        .flat_map(|query| sorts.map(|sort| told(system.try_search(request(query, sort)))))
        .collect()
}

fn finds_something(system: &System, reader: &str, query: &str) -> bool {
    let request = SearchRequest {
        principals: vec![Principal(reader.to_owned())],
        ..SearchRequest::new(query)
    };
    !system.try_search(request).expect("answers").hits.is_empty()
}

#[test]
fn spaces_that_may_not_be_read_change_nothing_at_all() {
    let system = system();
    let mut chance = Chance(0x9E37_79B9_7F4A_7C15);
    write(&system, &mut chance, "a/note", 20, &WORDS);
    system.add("a", "a");
    system.index();
    let without = replies(&system);

    // A large one, one of a single note, and one between.
    let secret = secret_words();
    for (space, count) in [("b", 25), ("c", 1), ("d", 6)] {
        let paths = write(&system, &mut chance, &format!("{space}/secret"), count, &secret);
        system.add(space, space);
        hide(&system, &paths);
    }
    assert!(
        finds_something(&system, "user:bo", "kettle space:b"),
        "they are there"
    );

    let with = replies(&system);
    for (index, (without, with)) in without.iter().zip(&with).enumerate() {
        let asked = requests();
        let request = asked.get(index).map(|request| (&request.query, request.mode));
        assert_eq!(without.to_string(), with.to_string(), "{request:?}");
    }
    let found = with
        .iter()
        .filter(|reply| reply["hits"].as_array().is_some_and(|hits| !hits.is_empty()));
    assert!(
        found.count() > requests().len() / 2,
        "most of what is asked is answered"
    );
}

/// What matches, and how often what is explained is said to occur: all of an answer but scores and what follows from them.
#[derive(Debug, PartialEq)]
struct Matching {
    chunks: BTreeSet<String>,
    corrections: Vec<api::Correction>,
    understood: Vec<api::Understood>,
}

fn matching(system: &System, query: &str, mode: SearchMode) -> (Matching, BTreeMap<(String, String), u64>) {
    let request = SearchRequest {
        mode,
        limit: 100,
        grouped: false,
        explain: true,
        ..SearchRequest::new(query)
    };
    let response = system.try_search(request).expect("answers");
    let api::SearchResponse {
        hits,
        corrections,
        understood,
        ..
    } = api::SearchResponse::from(&response);
    let mut counts = BTreeMap::new();
    for term in hits
        .iter()
        .filter_map(|hit| hit.why.as_ref())
        .flat_map(|why| &why.terms)
    {
        // One word may be corrected to several.
        if let Some(chunks) = term.chunks.filter(|_| term.how != "correction") {
            counts.insert((term.typed.clone(), term.how.clone()), chunks);
        }
    }
    let matching = Matching {
        chunks: hits.into_iter().map(|hit| hit.chunk_id).collect(),
        corrections,
        understood,
    };
    (matching, counts)
}

#[test]
fn documents_that_may_not_be_read_change_neither_what_matches_nor_counts_nor_suggestions() {
    let system = system();
    let mut chance = Chance(0xD1B5_4A32_D192_ED03);
    write(&system, &mut chance, "a/note", 20, &WORDS);
    system.add("a", "a");
    system.index();
    let modes = [SearchMode::Hybrid, SearchMode::Keyword, SearchMode::Semantic];
    let readable = QUERIES.into_iter().filter(|query| !query.contains("space:"));
    let asked: Vec<(&str, SearchMode)> = readable
        .flat_map(|query| modes.map(|mode| (query, mode)))
        .collect();
    let ask = |system: &System| {
        let answers = asked.iter().map(|(query, mode)| matching(system, query, *mode));
        let counts = QUERIES
            .iter()
            .filter(|query| !query.contains("space:"))
            .map(|query| counted(system, query));
        let lists: Vec<Value> = sorted(system).into_iter().map(documents).collect();
        let told = (suggestions(system, &[]), counts.collect::<Vec<_>>(), lists);
        (answers.collect::<Vec<_>>(), told)
    };
    let (without, suggested) = ask(&system);

    let paths = write(&system, &mut chance, "a/secret", 25, &secret_words());
    hide(&system, &paths);
    assert!(finds_something(&system, "user:bo", "kettle"), "they are there");

    let (with, suggested_now) = ask(&system);
    let mut counted = 0;
    for (asked, ((without, before), (with, after))) in asked.iter().zip(without.into_iter().zip(with)) {
        assert_eq!(without, with, "{asked:?}");
        for (term, chunks) in before {
            // Which of several ways to meet a word counts is a matter of scores.
            let now = after.get(&term).copied();
            assert_eq!(now.unwrap_or(chunks), chunks, "{asked:?} {term:?}");
            counted += usize::from(now.is_some());
        }
    }
    assert!(counted > 30, "{counted} counts were compared");
    assert_eq!(suggested, suggested_now);
}

/// All that can be asked of one document by its id.
fn read(system: &System, doc: DocId, asker: &str) -> Vec<Result<String>> {
    let (engine, asker) = (&system.engine, [Principal(asker.to_owned())]);
    let limits = MailLimits {
        mails: 5,
        in_attachment: 5,
    };
    let judge = JudgeRequest {
        principals: asker.to_vec(),
        query: "tea".to_owned(),
        doc_id: doc,
        chunk_id: None,
        right: true,
        spaces: Vec::new(),
        kinds: Vec::new(),
    };
    let similar = system.block_on(engine.similar(doc, &asker, 5));
    vec![
        engine.document(doc, &asker).map(|found| found.text),
        engine
            .place(doc, &asker, TextSpan::new(0, 3))
            .map(|found| format!("{found:?}")),
        engine.original(doc, &asker).map(|found| format!("{found:?}")),
        engine.mail(doc, &asker, limits).map(|found| format!("{found:?}")),
        engine.links_of(doc, &asker).map(|found| format!("{found:?}")),
        engine.backlinks(doc, &asker, 5).map(|found| format!("{found:?}")),
        engine.thread(doc, &asker).map(|found| format!("{found:?}")),
        similar.map(|found| format!("{found:?}")),
        engine.judge(judge).map(|found| format!("{found:?}")),
    ]
}

#[test]
fn a_document_that_may_not_be_read_is_none_whatever_is_asked_of_it() {
    let system = system();
    let mut chance = Chance(0x2545_F491_4F6C_DD1D);
    write(&system, &mut chance, "a/note", 1, &WORDS);
    system.add("a", "a");
    let secret = write(&system, &mut chance, "a/secret", 1, &secret_words()).remove(0);
    hide(&system, std::slice::from_ref(&secret));

    let (doc, nothing) = (system.id_of(&secret), DocId([7; 16]));
    assert!(
        read(&system, doc, "user:bo").iter().all(Result::is_ok),
        "Bo may read it"
    );
    let refused = |doc| -> Vec<String> {
        let replies = read(&system, doc, &Principal::owner().0);
        let said = replies.into_iter().map(|reply| reply.expect_err("refused"));
        said.map(|error| format!("{} {}", error.code().as_str(), error.chain()))
            .collect()
    };
    let told = refused(doc);
    assert_eq!(told[0], format!("document_not_found there is no document {doc}"));
    let of_nothing = refused(nothing)
        .iter()
        .map(|said| said.replace(&nothing.to_string(), &doc.to_string()))
        .collect::<Vec<_>>();
    assert_eq!(told, of_nothing);
}

#[test]
fn what_was_said_of_a_document_is_seen_by_those_who_may_read_it() {
    let system = system();
    let mut chance = Chance(0x2545_F491_4F6C_DD1D);
    let open = write(&system, &mut chance, "a/note", 1, &WORDS).remove(0);
    system.add("a", "a");
    let secret = write(&system, &mut chance, "a/secret", 1, &secret_words()).remove(0);
    hide(&system, std::slice::from_ref(&secret));
    let [owner, bo] = [Principal::owner(), Principal("user:bo".to_owned())];
    let say = |asker: &Principal, path: &str| {
        let said = JudgeRequest {
            principals: vec![asker.clone()],
            query: "tea".to_owned(),
            doc_id: system.id_of(path),
            chunk_id: None,
            right: true,
            spaces: Vec::new(),
            kinds: Vec::new(),
        };
        system.engine.judge(said).expect("kept").id
    };
    let (of_open, of_secret) = (say(&owner, &open), say(&bo, &secret));

    let seen = |asker: &Principal| {
        let ledger = system.engine.ledger();
        let asker = std::slice::from_ref(asker);
        let all = ledger.judgements(asker, None, 9, 0).expect("listed");
        let of_query = ledger.judgements(asker, Some("tea"), 9, 0).expect("listed");
        assert_eq!(all, of_query);
        let ids: Vec<_> = all.items.iter().map(|record| record.id).collect();
        assert_eq!(all.total, ids.len() as u64);
        ids
    };
    assert_eq!(seen(&owner), [of_open]);
    assert_eq!(seen(&bo), [of_secret]);
    assert_eq!(seen(&Principal("user:eve".to_owned())), []);

    let remove = |asker: &Principal, id| system.engine.remove_judgement(std::slice::from_ref(asker), id);
    let refused = remove(&owner, of_secret).expect_err("not theirs to see");
    assert_eq!(refused.code().as_str(), "judgement_not_found");
    assert_eq!(seen(&bo), [of_secret], "it is still there");
    remove(&bo, of_secret).expect("removed");
    assert_eq!(seen(&bo), []);
}
