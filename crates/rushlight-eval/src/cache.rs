//! Embeddings kept in a file, so that a repeated measurement does not compute them again.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use rushlight_core::{EmbedKind, Embedder, EmbedderSpec, Embedding, Error, ErrorCode, Result};

/// First bytes of the file. Then the number of dimensions (u32), then records of a key (32 bytes) and a vector (f32),
/// all little endian.
const MAGIC: &[u8; 8] = b"RLVECS01";

/// BLAKE3 of model id, kind and text.
type Key = [u8; 32];

/// An embedder that asks another only for texts it does not know yet.
///
/// A vector is known by model id, kind and text, so a file may serve several sets. [`CachedEmbedder::save`] writes what
/// was computed.
pub struct CachedEmbedder<'a> {
    inner: &'a dyn Embedder,
    path: PathBuf,
    known: Mutex<BTreeMap<Key, Embedding>>,
}

impl<'a> CachedEmbedder<'a> {
    /// Reads `path`. A file that is missing, broken or of other dimensions counts as empty: everything in it can be
    /// computed again.
    ///
    /// # Errors
    /// `FileUnreadable` when the system refuses to read it.
    pub fn open(inner: &'a dyn Embedder, path: &Path) -> Result<Self> {
        let known = match std::fs::read(path) {
            Ok(bytes) => decode(&bytes, inner.spec().dimensions).unwrap_or_default(),
            Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => BTreeMap::new(),
            Err(cause) => {
                let message = format!("cannot read `{}`", path.display());
                return Err(Error::new(ErrorCode::FileUnreadable, message).with_source(cause));
            }
        };
        Ok(Self {
            inner,
            path: path.to_owned(),
            known: Mutex::new(known),
        })
    }

    /// Writes all that is known, in one step: the file is whole at any time.
    ///
    /// # Errors
    /// `FileUnreadable` when it cannot be written.
    pub fn save(&self) -> Result<()> {
        let bytes = encode(&self.known.lock(), self.inner.spec().dimensions);
        let draft = self.path.with_extension("draft");
        let write = || {
            let mut file = std::fs::File::create(&draft)?;
            file.write_all(&bytes)?;
            file.sync_all()?;
            std::fs::rename(&draft, &self.path)
        };
        write().map_err(|cause| {
            Error::new(
                ErrorCode::FileUnreadable,
                format!("cannot write `{}`", self.path.display()),
            )
            .with_source(cause)
            .with_hint("give a file in a folder that can be written to")
        })
    }

    fn key(&self, kind: EmbedKind, text: &str) -> Key {
        let kind = match kind {
            EmbedKind::Query => 0u8,
            EmbedKind::Passage => 1,
            // One text has one vector as either.
            EmbedKind::Title | EmbedKind::BriefQuery => 2,
        };
        let mut hasher = blake3::Hasher::new();
        hasher
            .update(self.inner.spec().model_id.as_bytes())
            .update(&[0, kind])
            .update(text.as_bytes());
        *hasher.finalize().as_bytes()
    }
}

impl Embedder for CachedEmbedder<'_> {
    fn spec(&self) -> &EmbedderSpec {
        self.inner.spec()
    }

    fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
        let keys: Vec<Key> = texts.iter().map(|text| self.key(kind, text)).collect();
        let missing: HashMap<Key, &str> = {
            let known = self.known.lock();
            keys.iter()
                .zip(texts)
                .filter(|(key, _)| !known.contains_key(*key))
                .map(|(key, text)| (*key, *text))
                .collect()
        };
        if !missing.is_empty() {
            let (keys, texts): (Vec<Key>, Vec<&str>) = missing.into_iter().unzip();
            let vectors = self.inner.embed(kind, &texts)?;
            self.known.lock().extend(keys.into_iter().zip(vectors));
        }
        let known = self.known.lock();
        let lost = || {
            Error::new(
                ErrorCode::EmbeddingFailed,
                "the model returned fewer vectors than texts",
            )
        };
        keys.iter()
            .map(|key| known.get(key).cloned().ok_or_else(lost))
            .collect()
    }
}

fn encode(known: &BTreeMap<Key, Embedding>, dimensions: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(12 + known.len() * (32 + 4 * dimensions));
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&u32::try_from(dimensions).unwrap_or(u32::MAX).to_le_bytes());
    for (key, embedding) in known {
        bytes.extend_from_slice(key);
        embedding
            .values()
            .iter()
            .for_each(|value| bytes.extend_from_slice(&value.to_le_bytes()));
    }
    bytes
}

/// `None` for a file that is not ours, cut short, or of other dimensions.
fn decode(bytes: &[u8], dimensions: usize) -> Option<BTreeMap<Key, Embedding>> {
    let (stated, records) = bytes.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    if usize::try_from(u32::from_le_bytes(*stated)).ok()? != dimensions {
        return None;
    }
    let records = records.chunks_exact(32 + 4 * dimensions);
    if !records.remainder().is_empty() {
        return None;
    }
    let read = |record: &[u8]| {
        let (key, values) = record.split_first_chunk::<32>()?;
        let values = values
            .as_chunks::<4>()
            .0
            .iter()
            .map(|value| f32::from_le_bytes(*value))
            .collect();
        Some((*key, Embedding::normalized(values).ok()?))
    };
    records.map(read).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use rushlight_testkit::HashEmbedder;

    use super::*;

    /// Counts the texts that reach the model.
    #[derive(Default)]
    struct Counting(HashEmbedder, AtomicUsize);

    impl Embedder for Counting {
        fn spec(&self) -> &EmbedderSpec {
            self.0.spec()
        }

        fn embed(&self, kind: EmbedKind, texts: &[&str]) -> Result<Vec<Embedding>> {
            self.1.fetch_add(texts.len(), Ordering::Relaxed);
            self.0.embed(kind, texts)
        }
    }

    fn close(a: &Embedding, b: &Embedding) {
        assert!((a.cosine(b) - 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_text_is_computed_once_and_kept() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let path = folder.path().join("vectors.bin");
        let model = Counting::default();
        let first = CachedEmbedder::open(&model, &path).expect("opens");
        let vectors = first
            .embed(EmbedKind::Passage, &["tea", "茶", "tea"])
            .expect("embeds");
        close(&vectors[0], &vectors[2]);
        close(
            &vectors[1],
            &model.0.embed(EmbedKind::Passage, &["茶"]).expect("embeds")[0],
        );
        assert_eq!(model.1.load(Ordering::Relaxed), 2);
        first.save().expect("saves");

        let second = CachedEmbedder::open(&model, &path).expect("opens");
        close(
            &second.embed(EmbedKind::Passage, &["茶"]).expect("embeds")[0],
            &vectors[1],
        );
        assert_eq!(model.1.load(Ordering::Relaxed), 2, "it was in the file");
        second.embed(EmbedKind::Query, &["tea"]).expect("embeds");
        assert_eq!(model.1.load(Ordering::Relaxed), 3, "a query is not a passage");
    }

    #[test]
    fn another_model_and_a_broken_file_start_anew() {
        let folder = tempfile::tempdir().expect("makes a folder");
        let path = folder.path().join("vectors.bin");
        let model = Counting::default();
        let cached = CachedEmbedder::open(&model, &path).expect("opens");
        cached.embed(EmbedKind::Query, &["tea"]).expect("embeds");
        cached.save().expect("saves");

        let other = Counting(HashEmbedder::named("other"), AtomicUsize::new(0));
        CachedEmbedder::open(&other, &path)
            .expect("opens")
            .embed(EmbedKind::Query, &["tea"])
            .expect("embeds");
        assert_eq!(other.1.load(Ordering::Relaxed), 1);

        let whole = std::fs::read(&path).expect("reads");
        for broken in [&whole[..whole.len() - 1], b"something else", b""] {
            std::fs::write(&path, broken).expect("writes");
            let before = model.1.load(Ordering::Relaxed);
            CachedEmbedder::open(&model, &path)
                .expect("opens")
                .embed(EmbedKind::Query, &["tea"])
                .expect("embeds");
            assert_eq!(model.1.load(Ordering::Relaxed), before + 1);
        }
    }
}
