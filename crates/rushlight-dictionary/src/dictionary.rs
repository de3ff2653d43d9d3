//! The dictionary in memory: its text, and two sorted lists of what can be looked up in it.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use cedict::{DictEntry, parse_dict_entry};
use flate2::read::GzDecoder;
use rushlight_core::{Error, ErrorCode, Result, Translator};

use crate::{chinese, english};

/// More than any dictionary of the kind is long: what a file may unpack to.
const MAX_BYTES: u64 = 64 << 20;
/// Words of a meaning that is more than an explanation.
const MAX_MEANING_WORDS: usize = 3;

/// CC-CEDICT, in some 20 MB.
#[derive(Debug)]
pub struct Dictionary {
    /// The file's lines.
    text: String,
    /// Words in both scripts, in order; what stands for a word is in `text`.
    words: Vec<Listed>,
    /// Meanings as they are looked up, one behind the other.
    meanings: String,
    /// Meanings, in order; then by how usual they are for their word, and how usual the word is.
    listed: Vec<Listed>,
}

/// Something that can be looked up.
#[derive(Clone, Copy, Debug)]
struct Listed {
    /// Where it stands.
    start: u32,
    bytes: u16,
    /// How far it is from being what is meant; of words the order in the file decides.
    rank: u16,
    /// Where the line of its entry begins.
    line: u32,
}

impl Listed {
    fn of<'t>(&self, text: &'t str) -> &'t str {
        &text[self.start as usize..self.start as usize + usize::from(self.bytes)]
    }
}

impl Dictionary {
    /// Reads a dictionary in the format of CC-CEDICT, compressed by gzip.
    ///
    /// # Errors
    /// `ModelCorrupt` when the file cannot be read, or has no entry.
    pub fn load(path: &Path) -> Result<Self> {
        let unreadable = |cause: std::io::Error| {
            Error::new(
                ErrorCode::ModelCorrupt,
                format!("the dictionary `{}` cannot be read", path.display()),
            )
            .with_source(cause)
        };
        let file = File::open(path).map_err(unreadable)?;
        let mut text = String::new();
        GzDecoder::new(BufReader::new(file))
            .take(MAX_BYTES)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        let dictionary = Self::parse(text);
        match dictionary.words.is_empty() {
            true => Err(Error::new(
                ErrorCode::ModelCorrupt,
                format!("`{}` has no entry of a dictionary", path.display()),
            )),
            false => Ok(dictionary),
        }
    }

    /// Takes the lines of a dictionary; what is no entry is passed over.
    pub(crate) fn parse(text: String) -> Self {
        let (mut words, mut meanings, mut listed) = (Vec::new(), String::new(), Vec::new());
        let mut line_start = 0;
        for line in text.split_inclusive('\n') {
            let start = line_start;
            line_start += line.len();
            let Some(entry) = parse_dict_entry(line.trim_end()) else {
                continue;
            };
            let (traditional, simplified) = (entry.traditional(), entry.simplified());
            let second = traditional.len() + 1;
            for (at, word) in [(0, traditional), (second, simplified)] {
                if at == 0 || simplified != traditional {
                    words.extend(place(start + at, word.len(), 0, start));
                }
            }
            let said = meanings_of(&entry);
            for (at, meaning) in said.iter().enumerate() {
                let key = english::key(meaning);
                let rank = 2 * at + unusual(traditional);
                // Of two words that are as near, the one that means little else is meant.
                let rank = (rank * 64 + said.len().min(63)).min(usize::from(u16::MAX));
                listed.extend(place(meanings.len(), key.len(), rank as u16, start));
                meanings.push_str(&key);
            }
        }
        words.sort_by(|a: &Listed, b| a.of(&text).cmp(b.of(&text)).then(a.line.cmp(&b.line)));
        listed.sort_by(|a: &Listed, b| {
            let by_text = a.of(&meanings).cmp(b.of(&meanings));
            by_text.then(a.rank.cmp(&b.rank)).then(a.line.cmp(&b.line))
        });
        Self {
            text,
            words,
            meanings,
            listed,
        }
    }

    /// The meanings of a Chinese word in either script; none where it is not known.
    pub(crate) fn meanings(&self, word: &str) -> Vec<String> {
        let found = equal(&self.words, &self.text, word);
        let entries = found.iter().filter_map(|listed| self.entry(listed));
        let mut all: Vec<String> = Vec::new();
        for meaning in entries.flat_map(|entry| meanings_of(&entry)) {
            let meaning = english::without_particle(&meaning).to_owned();
            if !all.contains(&meaning) {
                all.push(meaning);
            }
        }
        all
    }

    /// Whether a Chinese word is known, whatever it means.
    pub(crate) fn has_word(&self, word: &str) -> bool {
        !equal(&self.words, &self.text, word).is_empty()
    }

    /// The Chinese words, in Traditional script, that mean something which is looked up by this key, the most usual first.
    pub(crate) fn words(&self, key: &str) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for entry in (equal(&self.listed, &self.meanings, key).iter()).filter_map(|listed| self.entry(listed))
        {
            if !all.iter().any(|word| word == entry.traditional()) {
                all.push(entry.traditional().to_owned());
            }
        }
        all
    }

    fn entry(&self, listed: &Listed) -> Option<DictEntry<&str>> {
        let line = self.text[listed.line as usize..].lines().next()?;
        parse_dict_entry(line)
    }
}

impl Translator for Dictionary {
    fn translate(&self, text: &str, limit: usize) -> Vec<String> {
        let (words, between) = match chinese::is_chinese(text) {
            true => (chinese::meanings(self, text), " "),
            false => (english::words(self, text), ""),
        };
        let mut wordings: Vec<String> = Vec::new();
        let most = words.iter().map(Vec::len).max().unwrap_or(0);
        for at in 0..most {
            if wordings.len() == limit {
                break;
            }
            let chosen = words.iter().filter_map(|each| each.get(at).or(each.last()));
            let wording = chosen.map(String::as_str).collect::<Vec<_>>().join(between);
            if !wordings.contains(&wording) {
                wordings.push(wording);
            }
        }
        wordings
    }
}

/// `None` where a text is longer than anything that is looked up.
fn place(start: usize, bytes: usize, rank: u16, line: usize) -> Option<Listed> {
    Some(Listed {
        start: u32::try_from(start).ok()?,
        bytes: u16::try_from(bytes).ok().filter(|bytes| *bytes > 0)?,
        rank,
        line: u32::try_from(line).ok()?,
    })
}

/// Of a sorted list what is equal to `wanted`.
fn equal<'l>(list: &'l [Listed], text: &str, wanted: &str) -> &'l [Listed] {
    let start = list.partition_point(|listed| listed.of(text) < wanted);
    let count = list[start..].partition_point(|listed| listed.of(text) == wanted);
    &list[start..start + count]
}

/// How unusual a word is by its length alone: most words have two characters.
fn unusual(word: &str) -> usize {
    match word.chars().count() {
        2 => 0,
        1 => 3,
        _ => 2,
    }
}

/// What an entry says that its word means, without what is said in brackets and what only refers elsewhere.
fn meanings_of<T: AsRef<str>>(entry: &DictEntry<T>) -> Vec<String> {
    const REFERS: [&str; 6] = ["surname ", "variant of ", "see ", "CL:", "abbr.", "old "];
    let each = entry.definitions().flat_map(|definition| definition.split(';'));
    let said = each.filter(|meaning| !REFERS.iter().any(|refers| meaning.contains(refers)));
    let plain = said.map(|meaning| without_brackets(meaning).trim().to_owned());
    plain
        .filter(|meaning| !meaning.is_empty() && meaning.split_whitespace().count() <= MAX_MEANING_WORDS)
        .collect()
}

fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => kept.push(letter),
            _ => {}
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use rushlight_testkit::contract;

    use super::*;

    fn packed(text: &str) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).expect("packs");
        encoder.finish().expect("packs")
    }

    #[test]
    fn a_file_is_read_and_keeps_the_contract() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cedict.txt.gz");
        let lines = "合約 合约 [he2 yue1] /contract/treaty/\r\n契約 契约 [qi4 yue1] /contract/\r\n";
        std::fs::write(&path, packed(lines)).expect("writes");
        let dictionary = Dictionary::load(&path).expect("loads");
        contract::translator(&dictionary, "contract");
        contract::translator(&dictionary, "合約");
    }

    #[test]
    fn what_is_no_dictionary_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("cedict.txt.gz");
        let error = || Dictionary::load(&path).expect_err("refused");
        assert_eq!(error().code(), ErrorCode::ModelCorrupt);
        let whole = packed("合約 合约 [he2 yue1] /contract/\n");
        for bytes in [
            &b"plain"[..],
            &packed("# nothing\n"),
            &packed("\n\u{0}/"),
            &whole[..whole.len() - 9],
        ] {
            std::fs::write(&path, bytes).expect("writes");
            assert_eq!(error().code(), ErrorCode::ModelCorrupt);
            assert!(error().message().contains("cedict.txt.gz"), "{}", error());
        }
    }
}
