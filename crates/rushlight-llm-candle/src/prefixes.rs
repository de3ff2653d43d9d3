//! Beginnings of prompts that come again and again (what the chat template and the system turn write), with the model's state behind
//! them: in memory, and in files for the next start.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rushlight_kernels::Isa;

/// Beginnings that are kept in memory, and files that are kept.
const KEPT: usize = 8;

/// A beginning of more numbers is not written into a file.
const LARGEST_FILE: usize = 8 << 20;

/// What a file begins with; another number for another form.
const MAGIC: &[u8; 8] = b"RUSHKV01";

const ENDING: &str = "kv";

/// Beginnings of one model's prompts.
#[derive(Default)]
pub(crate) struct Prefixes {
    /// The one that was used last stands last.
    kept: Vec<Prefix>,
    files: Option<Files>,
}

struct Prefix {
    tokens: Vec<u32>,
    state: Vec<u16>,
}

struct Files {
    folder: PathBuf,
    /// The model and what computes, as states of others are not the same to the last bit.
    of: String,
}

impl Prefixes {
    /// Kept in files of this folder too, for the model whose file has this hash. Nothing is written for a model without one.
    pub(crate) fn new(folder: Option<PathBuf>, sha256: &str) -> Self {
        let files = folder.filter(|_| !sha256.is_empty()).map(|folder| Files {
            folder,
            of: format!("{sha256} {:?}", Isa::best()),
        });
        Self {
            kept: Vec::new(),
            files,
        }
    }

    /// Whether the state behind these tokens is at hand.
    pub(crate) fn has(&self, tokens: &[u32]) -> bool {
        self.kept.iter().any(|prefix| prefix.tokens == tokens)
    }

    /// The state behind these tokens.
    pub(crate) fn find(&mut self, tokens: &[u32]) -> Option<&[u16]> {
        match self.kept.iter().position(|prefix| prefix.tokens == tokens) {
            Some(at) => {
                let used = self.kept.remove(at);
                self.kept.push(used);
            }
            None => {
                let state = self.files.as_ref()?.read(tokens)?;
                self.hold(tokens, state);
            }
        }
        self.kept.last().map(|prefix| &*prefix.state)
    }

    /// Keeps the state behind these tokens.
    pub(crate) fn keep(&mut self, tokens: &[u32], state: Vec<u16>) {
        if let Some(files) = &self.files
            && state.len() <= LARGEST_FILE
        {
            // It is only faster with one.
            let _ = files.write(tokens, &state);
        }
        self.hold(tokens, state);
    }

    /// Forgets a state that is of no use.
    pub(crate) fn forget(&mut self, tokens: &[u32]) {
        self.kept.retain(|prefix| prefix.tokens != tokens);
    }

    fn hold(&mut self, tokens: &[u32], state: Vec<u16>) {
        self.forget(tokens);
        if self.kept.len() == KEPT {
            self.kept.remove(0);
        }
        self.kept.push(Prefix {
            tokens: tokens.to_vec(),
            state,
        });
    }
}

impl Files {
    fn path(&self, tokens: &[u32]) -> PathBuf {
        let name = digest(&self.head(tokens));
        self.folder.join(format!("{name:016x}.{ENDING}"))
    }

    /// All that a file has before its numbers and their digest.
    fn head(&self, tokens: &[u32]) -> Vec<u8> {
        let mut head = MAGIC.to_vec();
        head.extend((self.of.len() as u64).to_le_bytes());
        head.extend(self.of.as_bytes());
        head.extend((tokens.len() as u64).to_le_bytes());
        head.extend(tokens.iter().flat_map(|token| token.to_le_bytes()));
        head
    }

    /// What a file has; `None` where there is none, or one that is not whole.
    fn read(&self, tokens: &[u32]) -> Option<Vec<u16>> {
        let path = self.path(tokens);
        let head = self.head(tokens);
        let limit = (head.len() + 8 + 2 * LARGEST_FILE) as u64;
        if fs::metadata(&path).ok()?.len() > limit {
            return None;
        }
        let bytes = fs::read(&path).ok()?;
        let (expected, numbers) = bytes.strip_prefix(&*head)?.split_first_chunk()?;
        if u64::from_le_bytes(*expected) != digest(numbers) {
            return None;
        }
        let (pairs, rest) = numbers.as_chunks::<2>();
        rest.is_empty()
            .then(|| pairs.iter().copied().map(u16::from_le_bytes).collect())
    }

    /// Writes a file, whole or not at all, and removes those that were written longest ago where there are many.
    fn write(&self, tokens: &[u32], state: &[u16]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let numbers: Vec<u8> = state.iter().flat_map(|number| number.to_le_bytes()).collect();
        let mut bytes = self.head(tokens);
        bytes.extend(digest(&numbers).to_le_bytes());
        bytes.extend(numbers);
        let path = self.path(tokens);
        let unfinished = path.with_extension("new");
        fs::write(&unfinished, bytes)?;
        fs::rename(&unfinished, &path)?;
        remove_oldest(&self.folder)
    }
}

fn remove_oldest(folder: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, PathBuf)> = fs::read_dir(folder)?
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let ours = path.extension().is_some_and(|ending| ending == ENDING);
            let written = fs::metadata(&path).and_then(|file| file.modified()).ok()?;
            ours.then_some((written, path))
        })
        .collect();
    files.sort_unstable();
    let many = files.len().saturating_sub(KEPT);
    files
        .into_iter()
        .take(many)
        .try_for_each(|(_, path)| fs::remove_file(path))
}

/// FNV-1a (Fowler, Noll, Vo), of eight bytes at a time: it finds what is broken, not what was forged.
fn digest(bytes: &[u8]) -> u64 {
    let step = |hash: u64, word: u64| (hash ^ word).wrapping_mul(0x0000_0100_0000_01b3).rotate_left(23);
    let (words, rest) = bytes.as_chunks::<8>();
    let hash = (words.iter()).fold(0xcbf2_9ce4_8422_2325, |hash, word| {
        step(hash, u64::from_le_bytes(*word))
    });
    let hash = rest.iter().fold(hash, |hash, byte| step(hash, u64::from(*byte)));
    step(hash, bytes.len() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_used_are_kept() {
        let mut prefixes = Prefixes::default();
        for n in 0..KEPT as u32 {
            prefixes.keep(&[n], vec![n as u16]);
        }
        assert_eq!(prefixes.find(&[0]), Some(&[0][..]));
        prefixes.keep(&[100], vec![7]);
        assert!(prefixes.has(&[0]) && prefixes.has(&[100]) && !prefixes.has(&[1]));
        prefixes.forget(&[0]);
        assert_eq!(prefixes.find(&[0]), None);
    }

    #[test]
    fn a_file_is_found_by_the_same_model_and_only_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let open = |sha256| Prefixes::new(Some(folder.path().to_owned()), sha256);
        let (tokens, state) = ([1, 2, 3], vec![5, 6, 70]);
        open("a").keep(&tokens, state.clone());
        assert_eq!(open("a").find(&tokens), Some(&*state));
        assert_eq!(open("a").find(&tokens[..2]), None);
        assert_eq!(open("b").find(&tokens), None);
        open("").keep(&tokens, state.clone());
        let files = || fs::read_dir(folder.path()).expect("a folder").count();
        assert_eq!(files(), 1, "nothing is written for a model without a name");

        let file = fs::read_dir(folder.path()).expect("a folder").next();
        let path = file.expect("a file").expect("readable").path();
        let whole = fs::read(&path).expect("readable");
        for at in 0..whole.len() {
            let mut broken = whole.clone();
            broken[at] ^= 1;
            fs::write(&path, broken).expect("written");
            assert_eq!(open("a").find(&tokens), None, "byte {at}");
            fs::write(&path, &whole[..at]).expect("written");
            assert_eq!(open("a").find(&tokens), None, "{at} bytes");
        }

        for n in 0..20 {
            open("a").keep(&[n], vec![1]);
        }
        assert_eq!(files(), KEPT);
    }
}
