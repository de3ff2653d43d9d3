//! A library that never was: documents whose vectors lie as those of multilingual-e5-small do, and whose words are as often as
//! words are.

use rushlight_core::{
    ChunkId, DocId, DocumentKind, Embedding, IndexedChunk, IndexedDocument, Principal, SourceId, Timestamp,
};

pub(crate) const DIMENSIONS: usize = 384;
/// Chunks for each subject on average.
const CHUNKS_PER_SUBJECT: usize = 500;
/// Words in all. The one of rank r is as often as 1/r (Zipf).
const WORDS: f64 = 200_000.0;
/// Groups, of which each document may be read by one.
const GROUPS: u64 = 20;
/// People who may read some document beside its group: makes the access lists many.
const PEOPLE: u64 = 200;
const DAY_MS: i64 = 86_400_000;

/// How much of a vector's square length is what it shares: with all, with its subject, with its document. The rest is its
/// own. So cosines are 0.74 between strangers, 0.83 within a subject and 0.89 within a document on average, as measured of the
/// model on articles (0.70 to 0.75, and up to 0.9).
const SHARED: f32 = 0.74;
const OF_SUBJECT: f32 = 0.09;
const OF_DOCUMENT: f32 = 0.06;
/// A question shares less with its passage than passages of a document do.
const OF_PASSAGE: f32 = 0.5;

pub(crate) struct Library {
    /// Number of the first chunk of each document, and the number of all.
    firsts: Vec<usize>,
    subjects: u64,
}

impl Library {
    pub(crate) fn new(chunks: usize) -> Self {
        let mut firsts = vec![0];
        let mut random = Random::new(1, 0);
        while let Some(last) = firsts.last().filter(|last| **last < chunks) {
            // One to eleven chunks; a tenth of the documents are ten times as long.
            let length = 1 + random.below(11) as usize;
            let times = if random.below(10) == 0 { 10 } else { 1 };
            let next = (last + length * times).min(chunks);
            firsts.push(next);
        }
        Self {
            firsts,
            subjects: chunks.div_ceil(CHUNKS_PER_SUBJECT) as u64,
        }
    }

    pub(crate) fn chunks(&self) -> usize {
        self.firsts.last().copied().unwrap_or_default()
    }

    pub(crate) fn documents(&self) -> usize {
        self.firsts.len() - 1
    }

    /// Who may read which share of the documents.
    pub(crate) fn askers(&self) -> Vec<(&'static str, Vec<Principal>)> {
        let groups = |groups: u64| (0..groups).map(group).collect();
        vec![
            ("a tenth", groups(GROUPS / 10)),
            ("half", groups(GROUPS / 2)),
            ("all", vec![everyone()]),
        ]
    }

    pub(crate) fn document(&self, number: usize) -> IndexedDocument {
        let mut random = Random::new(2, number as u64);
        let chunk = |at: usize| IndexedChunk {
            id: ChunkId(id(3, at as u64)),
            heading_path: Vec::new(),
            text: self.text(number, at),
            repeated: false,
            embedding: self.vector(number, at),
        };
        IndexedDocument {
            doc_id: DocId(id(4, number as u64)),
            source_id: SourceId(random.below(3) as i64),
            kind: DocumentKind::ALL[random.below(9) as usize],
            date: Timestamp(random.below(3_650) as i64 * DAY_MS),
            access: vec![
                group(random.below(GROUPS)),
                Principal(format!("user:{}", random.below(PEOPLE))),
                everyone(),
            ],
            title: String::new(),
            keywords: Vec::new(),
            chunks: (self.firsts[number]..self.firsts[number + 1])
                .map(chunk)
                .collect(),
        }
    }

    pub(crate) fn for_words(document: &IndexedDocument) -> IndexedDocument {
        let mut document = document.clone();
        document
            .chunks
            .iter_mut()
            .for_each(|chunk| chunk.embedding = None);
        document
    }

    pub(crate) fn for_vectors(mut document: IndexedDocument) -> IndexedDocument {
        document.chunks.iter_mut().for_each(|chunk| chunk.text.clear());
        document
    }

    /// A question about some chunk: its vector, and three of its words.
    pub(crate) fn query(&self, number: usize) -> (Embedding, String) {
        let mut random = Random::new(5, number as u64);
        let at = random.below(self.chunks() as u64) as usize;
        let document = self.firsts.partition_point(|first| *first <= at) - 1;
        let passage = self
            .vector(document, at)
            .expect("a made-up vector has a direction");
        let own = random.direction();
        let (kept, moved) = (OF_PASSAGE.sqrt(), (1.0 - OF_PASSAGE).sqrt());
        let common = Random::new(6, 0).direction();
        // Towards what all share, as questions lie, and away from the passage's own.
        let values = (0..DIMENSIONS)
            .map(|at| passage.values()[at] * kept + common[at] * moved * 0.8 + own[at] * moved * 0.6)
            .collect();
        let vector = Embedding::normalized(values).expect("a made-up vector has a direction");
        let text = self.text(document, at);
        let words: Vec<&str> = text.split_whitespace().collect();
        let some: Vec<&str> = (0..3)
            .map(|_| words[random.below(words.len() as u64) as usize])
            .collect();
        (vector, some.join(" "))
    }

    fn vector(&self, document: usize, chunk: usize) -> Option<Embedding> {
        let subject = self.subject(document);
        let parts = [
            (SHARED, Random::new(6, 0).direction()),
            (OF_SUBJECT, Random::new(7, subject).direction()),
            (OF_DOCUMENT, Random::new(8, document as u64).direction()),
            (
                1.0 - SHARED - OF_SUBJECT - OF_DOCUMENT,
                Random::new(9, chunk as u64).direction(),
            ),
        ];
        let mut values = vec![0f32; DIMENSIONS];
        for (share, direction) in parts {
            let weight = share.sqrt();
            values
                .iter_mut()
                .zip(direction)
                .for_each(|(sum, value)| *sum += weight * value);
        }
        Embedding::normalized(values).ok()
    }

    fn subject(&self, document: usize) -> u64 {
        Random::new(10, document as u64).below(self.subjects)
    }

    /// About 170 words, every fourth chunk in Chinese characters; a third of the words are those of the subject.
    fn text(&self, document: usize, chunk: usize) -> String {
        let mut random = Random::new(11, chunk as u64);
        let subject = self.subject(document);
        let chinese = chunk.is_multiple_of(4);
        let mut text = String::new();
        for _ in 0..170 {
            let rank = random.zipf(WORDS);
            let word = if random.below(3) == 0 {
                rank % 400 + 1_000 + subject * 400
            } else {
                rank
            };
            if chinese {
                // Two characters out of three thousand stand for a word; a blank cuts a question's words.
                let character =
                    |number: u64| char::from_u32(0x4e00 + (number % 3_000) as u32).unwrap_or('字');
                text.push(character(word.wrapping_mul(31)));
                text.push(character(word / 7));
                text.push(if random.below(8) == 0 { ' ' } else { '的' });
            } else {
                text.push_str(&spelled(word));
                text.push(' ');
            }
        }
        text
    }
}

fn group(number: u64) -> Principal {
    Principal(format!("group:{number}"))
}

fn everyone() -> Principal {
    Principal("group:auditors".to_owned())
}

/// A number as a word of syllables.
fn spelled(mut number: u64) -> String {
    const FIRST: &[u8] = b"bdfghklmnprstvz";
    const SECOND: &[u8] = b"aeiou";
    let mut word = String::new();
    loop {
        word.push(char::from(FIRST[(number % 15) as usize]));
        word.push(char::from(SECOND[(number / 15 % 5) as usize]));
        number /= 75;
        if number == 0 {
            return word;
        }
    }
}

fn id(kind: u64, number: u64) -> [u8; 16] {
    let mut random = Random::new(kind, number);
    let mut id = [0; 16];
    id[..8].copy_from_slice(&random.next().to_be_bytes());
    id[8..].copy_from_slice(&random.next().to_be_bytes());
    id
}

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn new(kind: u64, number: u64) -> Self {
        let mut random =
            Self(kind.wrapping_mul(0xA076_1D64_78BD_642F) ^ number.wrapping_mul(0xE703_7ED1_A0B4_28DB));
        random.next();
        random
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    /// A direction out of all, each value about normal: the sum of four even ones.
    fn direction(&mut self) -> Vec<f32> {
        let mut values: Vec<f32> = (0..DIMENSIONS)
            .map(|_| {
                let bits = self.next();
                (0..4)
                    .map(|part| (bits >> (part * 16) & 0xffff) as f32 / 65_536.0 - 0.5)
                    .sum()
            })
            .collect();
        let length = values.iter().map(|value| value * value).sum::<f32>().sqrt();
        values.iter_mut().for_each(|value| *value /= length);
        values
    }

    /// A rank from one on, each as often as its inverse.
    fn zipf(&mut self, ranks: f64) -> u64 {
        let even = (self.next() >> 11) as f64 / (1u64 << 53) as f64;
        ranks.powf(even) as u64
    }
}
