//! Random histories against an oracle: what the consumers of both feeds end with is what the files say.

use std::collections::{BTreeMap, HashMap, HashSet};

use proptest::prelude::*;
use rushlight_core::{
    ChunkId, DocId, ErrorCode, FileRecord, Generation, IndexedDocument, Plan, Rename, RenameFollowUp,
    Restamp, ScanSkip, SkipReason, SourceId, SpaceId,
};
use rushlight_ledger::{Changes, Feed, FileOutcome, Ledger, stored};

use crate::support::{MODEL, NOW, completed, indexed, key, online, populate, stamp, vector};

/// What happens, with numbers taken modulo what there is.
#[derive(Clone, Debug)]
enum Step {
    Write { path: usize, content: usize },
    Touch { path: usize },
    Move { from: usize, to: usize },
    Delete { path: usize },
    LeaveOut { path: usize },
    Read { count: usize, fail: bool },
    Embed { count: usize },
    Feed { vector: bool, page: usize, pages: usize },
    LoseTail { vector: bool },
    Prune,
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let number = 0..6usize;
    let step = prop_oneof![
        5 => (number.clone(), number.clone()).prop_map(|(path, content)| Step::Write { path, content }),
        1 => number.clone().prop_map(|path| Step::Touch { path }),
        2 => (number.clone(), number.clone()).prop_map(|(from, to)| Step::Move { from, to }),
        2 => number.clone().prop_map(|path| Step::Delete { path }),
        1 => number.clone().prop_map(|path| Step::LeaveOut { path }),
        6 => (1..4usize, prop::bool::weighted(0.15)).prop_map(|(count, fail)| Step::Read { count, fail }),
        4 => (1..5usize).prop_map(|count| Step::Embed { count }),
        5 => (any::<bool>(), 1..4usize, 1..4usize).prop_map(|(vector, page, pages)| Step::Feed { vector, page, pages }),
        1 => any::<bool>().prop_map(|vector| Step::LoseTail { vector }),
        1 => Just(Step::Prune),
        1 => Just(Step::Reopen),
    ];
    prop::collection::vec(step, 1..60)
}

/// Documents of a content: part, part key and text. Lines are shared between documents and repeated within one.
const CONTENTS: [&[(&str, &str, &str)]; 6] = [
    &[("", "", "tea\nwater\ntea")],
    &[("", "", "water")],
    &[("message:1", "a", "rent\nis due"), ("message:2", "b", "tea")],
    &[("message:1", "b", "tea"), ("message:2", "c", "茶\nrent")],
    &[("message:1", "c", "茶\nrent"), ("message:2", "b", "tea\nmore")],
    &[("", "", "更多\n茶")],
];

const PATHS: [&str; 6] = ["a.md", "b.md", "dir/a.md", "dir/c.md", "茶.md", "dir/deep/e.md"];

/// A file as it is on disk.
#[derive(Clone, Debug, PartialEq)]
struct OnDisk {
    content: usize,
    modified_ms: i64,
}

/// An index that remembers every commit.
#[derive(Default)]
struct Consumer {
    documents: HashMap<DocId, IndexedDocument>,
    reached: Generation,
    earlier: Option<(HashMap<DocId, IndexedDocument>, Generation)>,
}

impl Consumer {
    fn apply(&mut self, changes: Changes) {
        assert!(!changes.restart);
        let Changes {
            upserts,
            deletes,
            reached,
            more: _,
            restart: _,
        } = changes;
        let before = (self.documents.clone(), self.reached);
        let written: HashSet<DocId> = upserts.iter().map(|document| document.doc_id).collect();
        assert_eq!(written.len(), upserts.len(), "a document is in a page once");
        for doc_id in deletes {
            assert!(!written.contains(&doc_id), "a document is written or removed");
            self.documents.remove(&doc_id);
        }
        self.documents
            .extend(upserts.into_iter().map(|document| (document.doc_id, document)));
        assert!(reached >= self.reached, "generations do not go back");
        self.reached = reached;
        self.earlier = Some(before);
    }

    /// As if the last commit had not reached the disk, and the index were opened again.
    fn lose_tail(&mut self, ledger: &Ledger, feed: Feed, space: SpaceId) {
        if let Some((documents, reached)) = self.earlier.take() {
            (self.documents, self.reached) = (documents, reached);
        }
        if !ledger.can_resume(feed, space, self.reached).expect("readable") {
            *self = Self::default();
        }
    }

    fn chunks(&self) -> HashSet<(ChunkId, DocId)> {
        let chunks = |document: &IndexedDocument| {
            let doc_id = document.doc_id;
            document
                .chunks
                .iter()
                .map(move |chunk| (chunk.id, doc_id))
                .collect::<Vec<_>>()
        };
        self.documents.values().flat_map(chunks).collect()
    }
}

struct World {
    dir: tempfile::TempDir,
    ledger: Ledger,
    source: SourceId,
    space: SpaceId,
    disk: BTreeMap<&'static str, OnDisk>,
    /// What the ledger holds: content and time of each file whose documents are in it.
    read: BTreeMap<&'static str, OnDisk>,
    embedded: HashSet<&'static str>,
    keyword: Consumer,
    vectors: Consumer,
    clock: i64,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        let ledger = Ledger::open(&dir.path().join("ledger.sqlite3")).expect("opens");
        let (source, space) = populate(&ledger);
        Self {
            dir,
            ledger,
            source,
            space,
            disk: BTreeMap::new(),
            read: BTreeMap::new(),
            embedded: HashSet::new(),
            keyword: Consumer::default(),
            vectors: Consumer::default(),
            clock: 10,
        }
    }

    fn file_at(&self, path: &str) -> Option<FileRecord> {
        self.ledger
            .files(self.source)
            .expect("readable")
            .into_iter()
            .find(|file| file.stamp.path == path)
    }

    fn apply(&self, plan: Plan) {
        self.ledger.apply_plan(self.source, &plan, NOW).expect("applied");
    }

    fn step(&mut self, step: &Step) {
        self.clock += 1;
        match *step {
            Step::Write { path, content } => {
                let path = PATHS[path];
                self.disk.insert(
                    path,
                    OnDisk {
                        content,
                        modified_ms: self.clock,
                    },
                );
                self.note_changed(path);
            }
            Step::Touch { path } => {
                let path = PATHS[path];
                let Some(on_disk) = self.disk.get_mut(path) else {
                    return;
                };
                on_disk.modified_ms = self.clock;
                self.note_changed(path);
            }
            Step::Move { from, to } => {
                let (from, to) = (PATHS[from], PATHS[to]);
                if self.disk.contains_key(to) || self.file_at(to).is_some() {
                    return;
                }
                let Some(file) = self.file_at(from) else { return };
                let Some(on_disk) = self.disk.remove(from) else {
                    return;
                };
                let rename = Rename {
                    file: file.id,
                    stamp: stamp(to, file.stamp.modified_ns / 1_000_000),
                    follow_up: if self.clock % 2 == 0 {
                        RenameFollowUp::Keep
                    } else {
                        RenameFollowUp::Reparse
                    },
                };
                self.apply(Plan {
                    renamed: vec![rename],
                    ..online()
                });
                self.disk.insert(to, on_disk);
                if let Some(read) = self.read.remove(from) {
                    self.read.insert(to, read);
                }
            }
            Step::Delete { path } => {
                let path = PATHS[path];
                let Some(file) = self.file_at(path) else { return };
                self.disk.remove(path);
                self.read.remove(path);
                self.apply(Plan {
                    deleted: vec![file.id],
                    ..online()
                });
            }
            Step::LeaveOut { path } => {
                let path = PATHS[path];
                let reason = SkipReason {
                    code: "too_large".to_owned(),
                    message: "too large".to_owned(),
                };
                let file = self.file_at(path).map(|file| file.id);
                self.disk.remove(path);
                self.read.remove(path);
                let skip = ScanSkip {
                    file,
                    stamp: stamp(path, self.clock),
                    reason,
                };
                self.apply(Plan {
                    skipped: vec![skip],
                    ..online()
                });
            }
            Step::Read { count, fail } => self.read_files(count, fail),
            Step::Embed { count } => {
                let pending = self.ledger.pending_embeddings(MODEL, count).expect("readable");
                let vectors: Vec<_> = pending
                    .iter()
                    .map(|chunk| (chunk.embedding_key, vector(chunk.embedding_key)))
                    .collect();
                self.ledger.store_embeddings(MODEL, &vectors).expect("stored");
                for (line, _) in all_lines() {
                    if pending.iter().any(|chunk| chunk.text == line) {
                        self.embedded.insert(line);
                    }
                }
            }
            Step::Feed { vector, page, pages } => {
                for _ in 0..pages {
                    self.feed(vector, page);
                }
            }
            Step::LoseTail { vector: false } => {
                self.keyword.lose_tail(&self.ledger, Feed::Keyword, self.space)
            }
            Step::LoseTail { vector: true } => self.vectors.lose_tail(&self.ledger, Feed::Vector, self.space),
            Step::Prune => {
                self.ledger
                    .prune_tombstones(self.space, self.keyword.reached, self.vectors.reached)
                    .expect("pruned");
            }
            Step::Reopen => {
                self.ledger = Ledger::open(&self.dir.path().join("ledger.sqlite3")).expect("opens again");
            }
        }
    }

    fn note_changed(&self, path: &'static str) {
        let stamp = stamp(path, self.disk[path].modified_ms);
        match self.file_at(path) {
            Some(file) => self.apply(Plan {
                changed: vec![Restamp { file: file.id, stamp }],
                ..online()
            }),
            None => self.apply(Plan {
                added: vec![stamp],
                ..online()
            }),
        }
    }

    fn read_files(&mut self, count: usize, fail: bool) {
        let waiting = self.ledger.next_waiting(NOW, count, u64::MAX).expect("readable");
        let mut done = Vec::new();
        for file in &waiting {
            let path = *self
                .disk
                .keys()
                .find(|path| **path == file.stamp.path)
                .expect("what waits is on disk");
            let on_disk = self.disk[path].clone();
            let parts = CONTENTS[on_disk.content];
            let text: String = parts.iter().map(|(_, _, text)| *text).collect();
            let known = file.content_hash == Some(crate::support::hash(&text)) && file.parser_version != 0;
            if fail {
                let code = ErrorCode::FileBroken;
                done.push(completed(
                    file,
                    FileOutcome::Failed {
                        code,
                        message: format!("`{path}` is broken"),
                    },
                ));
                self.read.remove(path);
                continue;
            }
            done.push(match known {
                true => completed(file, FileOutcome::Unchanged),
                false => indexed(&self.ledger, file, parts),
            });
            self.read.insert(path, on_disk);
        }
        self.ledger.complete_files(&done, NOW).expect("completed");
    }

    /// Takes one page; true when there is another.
    fn feed(&mut self, vector: bool, page: usize) -> bool {
        let changes = match vector {
            false => self
                .ledger
                .keyword_changes(self.space, self.keyword.reached, page),
            true => self.ledger.vector_changes(self.space, self.vectors.reached, page),
        };
        let changes = changes.expect("readable");
        assert!(changes.upserts.len() + changes.deletes.len() <= page);
        let more = changes.more;
        if vector {
            self.vectors.apply(changes)
        } else {
            self.keyword.apply(changes)
        }
        more
    }

    fn check(&mut self) {
        while self.feed(false, 2) {}
        while self.feed(true, 3) {}
        let generation = self.ledger.generation(self.space).expect("readable");
        assert_eq!(
            (self.keyword.reached, self.vectors.reached),
            (generation, generation)
        );

        let mut expected: Vec<(String, i64, Vec<&str>)> = Vec::new();
        let mut expected_vectors: Vec<(i64, Vec<Vec<f32>>)> = Vec::new();
        for (path, on_disk) in &self.read {
            let name = path.rsplit('/').next().expect("has a name").to_owned();
            for (_, _, text) in CONTENTS[on_disk.content] {
                let lines: Vec<&str> = text.split('\n').collect();
                if lines.iter().all(|line| self.embedded.contains(line)) {
                    let vectors = lines
                        .iter()
                        .map(|line| stored(&vector(key(line))).values().to_vec())
                        .collect();
                    expected_vectors.push((on_disk.modified_ms, vectors));
                }
                expected.push((name.clone(), on_disk.modified_ms, lines));
            }
        }
        let mut found: Vec<(String, i64, Vec<&str>)> = self
            .keyword
            .documents
            .values()
            .map(|document| {
                let lines = document.chunks.iter().map(|chunk| chunk.text.as_str()).collect();
                (
                    document.keywords.last().expect("the file's name").clone(),
                    document.date.0,
                    lines,
                )
            })
            .collect();
        let mut found_vectors: Vec<(i64, Vec<Vec<f32>>)> = self
            .vectors
            .documents
            .values()
            .map(|document| {
                let embedding = |chunk: &rushlight_core::IndexedChunk| {
                    chunk
                        .embedding
                        .as_ref()
                        .expect("fed with its vector")
                        .values()
                        .to_vec()
                };
                (document.date.0, document.chunks.iter().map(embedding).collect())
            })
            .collect();
        expected.sort();
        found.sort();
        assert_eq!(found, expected);
        let sort =
            |list: &mut Vec<(i64, Vec<Vec<f32>>)>| list.sort_by(|a, b| a.partial_cmp(b).expect("finite"));
        sort(&mut expected_vectors);
        sort(&mut found_vectors);
        assert_eq!(found_vectors, expected_vectors);

        let set = |ids: Vec<(ChunkId, DocId)>| ids.into_iter().collect::<HashSet<_>>();
        assert_eq!(
            self.keyword.chunks(),
            set(self.ledger.chunk_ids(self.space).expect("readable"))
        );
        assert_eq!(
            self.vectors.chunks(),
            set(self.ledger.vector_chunk_ids(self.space).expect("readable"))
        );
        let counts = self.ledger.counts(None).expect("readable");
        assert_eq!(
            counts.seen,
            counts.indexed + counts.skipped + counts.failed + counts.waiting
        );
    }
}

fn all_lines() -> Vec<(&'static str, usize)> {
    let lines = |text: &'static str| {
        text.split('\n')
            .map(|line| (line, line.len()))
            .collect::<Vec<_>>()
    };
    CONTENTS
        .iter()
        .flat_map(|parts| parts.iter().flat_map(|(_, _, text)| lines(text)))
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn consumers_of_the_feeds_end_with_what_the_files_say(steps in steps()) {
        let mut world = World::new();
        for (number, step) in steps.iter().enumerate() {
            world.step(step);
            if number % 20 == 19 {
                world.check();
            }
        }
        world.check();
        world.step(&Step::Read { count: 100, fail: false });
        world.step(&Step::Embed { count: 1_000 });
        world.check();
        prop_assert_eq!(world.ledger.pending_embedding_count(MODEL).expect("readable"), 0);
        world.ledger.check().expect("sound");
        let everything = world.ledger.collect_unused_embeddings().expect("collected");
        prop_assert!(everything <= world.embedded.len() as u64);
        // An index built from nothing is the same.
        let (keyword, vectors) = (world.keyword.chunks(), world.vectors.chunks());
        (world.keyword, world.vectors) = (Consumer::default(), Consumer::default());
        while world.feed(false, 1) {}
        while world.feed(true, 1) {}
        prop_assert_eq!(world.keyword.chunks(), keyword);
        prop_assert_eq!(world.vectors.chunks(), vectors);
    }
}
