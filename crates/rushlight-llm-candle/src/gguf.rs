//! A GGUF file's head, checked before candle reads it.
//!
//! candle 0.11.1 divides by `general.alignment` and multiplies dimensions without checks, so a crafted file panics or
//! reads out of bounds. The walk here refuses such a file first. Layout: the GGUF specification, versions 2 and 3.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use candle_core::quantized::gguf_file::{Content, Value};
use rushlight_core::{Error, ErrorCode, Result};

const MAX_ENTRIES: u64 = 65_536;
const MAX_STRING: u64 = 16 << 20;
const MAX_ARRAY: u64 = 4 << 20;
const MAX_ARRAY_DEPTH: u32 = 4;
const MAX_DIMS: u32 = 4;
const MAX_ELEMENTS: u64 = 1 << 38;

/// An opened file whose head makes sense.
pub(crate) struct Gguf {
    pub(crate) content: Content,
    file: File,
    path: PathBuf,
}

impl Gguf {
    /// Opens and checks.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(|error| {
            let code = match error.kind() {
                std::io::ErrorKind::NotFound => ErrorCode::ModelMissing,
                _ => ErrorCode::ModelUnusable,
            };
            Error::new(code, format!("cannot open the language model `{name}`")).with_source(error)
        })?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let length = check(&mut reader).map_err(|why| unusable(&name, &why))?;
        // candle asks the system where it stands for each of some 300,000 strings: from memory that costs nothing.
        let head = read_head(&mut reader, length).map_err(|error| unusable(&name, &error.to_string()))?;
        let content =
            Content::read(&mut Cursor::new(head)).map_err(|error| unusable(&name, &error.to_string()))?;
        Ok(Self {
            content,
            file: reader.into_inner(),
            path: path.to_owned(),
        })
    }

    /// Bytes of the file; 0 where the system does not say.
    pub(crate) fn size(&self) -> u64 {
        self.file.metadata().map_or(0, |file| file.len())
    }

    /// The file itself.
    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    /// The value of a key that must be a string.
    pub(crate) fn string(&self, key: &str) -> Result<&str> {
        self.find_string(key)
            .ok_or_else(|| self.unusable(&format!("`{key}` is missing")))
    }

    /// The value of a key that may be a string.
    pub(crate) fn find_string(&self, key: &str) -> Option<&str> {
        self.content
            .metadata
            .get(key)?
            .to_string()
            .ok()
            .map(String::as_str)
    }

    /// The value of a key that must be a whole number above zero and at most `max`.
    pub(crate) fn positive(&self, key: &str, max: u64) -> Result<usize> {
        let number = self
            .find_number(key)
            .ok_or_else(|| self.unusable(&format!("`{key}` is missing")))?;
        if number == 0 || number > max {
            return Err(self.unusable(&format!("`{key}` is {number}, not between 1 and {max}")));
        }
        usize::try_from(number).map_err(|_| self.unusable(&format!("`{key}` is {number}")))
    }

    /// The value of a key that may be a whole number.
    pub(crate) fn find_number(&self, key: &str) -> Option<u64> {
        match self.content.metadata.get(key)? {
            Value::I32(number) => u64::try_from(*number).ok(),
            Value::I64(number) => u64::try_from(*number).ok(),
            other => other.to_u64().ok(),
        }
    }

    /// The value of a key that may be a number with a fraction.
    pub(crate) fn find_float(&self, key: &str) -> Option<f32> {
        self.content.metadata.get(key)?.to_f32().ok()
    }

    /// The value of a key that may be true or false.
    pub(crate) fn find_flag(&self, key: &str) -> Option<bool> {
        self.content.metadata.get(key)?.to_bool().ok()
    }

    /// The tokens, by their number.
    pub(crate) fn tokens(&self) -> Vec<&str> {
        let Some(Value::Array(tokens)) = self.content.metadata.get("tokenizer.ggml.tokens") else {
            return Vec::new();
        };
        tokens
            .iter()
            .map(|token| token.to_string().map_or("", String::as_str))
            .collect()
    }

    /// An error about this file.
    pub(crate) fn unusable(&self, why: &str) -> Error {
        unusable(&self.path.display().to_string(), why)
    }
}

fn unusable(path: &str, why: &str) -> Error {
    Error::new(
        ErrorCode::ModelUnusable,
        format!("the language model `{path}` cannot be used: {why}"),
    )
}

fn read_head<R: Read + Seek>(reader: &mut R, length: u64) -> std::io::Result<Vec<u8>> {
    reader.seek(SeekFrom::Start(0))?;
    let mut head = Vec::new();
    reader.take(length).read_to_end(&mut head)?;
    Ok(head)
}

/// Walks the head; returns its bytes, or says what is wrong.
fn check<R: Read + Seek>(reader: &mut R) -> Result<u64, String> {
    let size = reader.seek(SeekFrom::End(0)).map_err(|error| error.to_string())?;
    reader
        .seek(SeekFrom::Start(0))
        .map_err(|error| error.to_string())?;
    let mut head = Head { reader, left: size };
    if &head.bytes::<4>()? != b"GGUF" {
        return Err("it is not a GGUF file".to_owned());
    }
    let version = head.u32()?;
    if !(2..=3).contains(&version) {
        return Err(format!("it is of GGUF version {version}; 2 and 3 are known"));
    }
    let tensors = head.count("tensors", MAX_ENTRIES)?;
    let entries = head.count("entries", MAX_ENTRIES)?;
    for _ in 0..entries {
        let key = head.string(1 << 16)?;
        let kind = head.u32()?;
        if key == b"general.alignment" {
            // The type is checked too: candle falls back to 32 for types it does not expect.
            let alignment = if kind == 4 {
                head.u32()?
            } else {
                return Err("its alignment is no u32".to_owned());
            };
            if !alignment.is_power_of_two() || alignment > 1 << 20 {
                return Err(format!("its alignment is {alignment}"));
            }
        } else {
            head.skip_value(kind, 0)?;
        }
    }
    for _ in 0..tensors {
        head.string(1 << 16)?;
        let dims = head.u32()?;
        if dims > MAX_DIMS {
            return Err(format!("a tensor has {dims} dimensions"));
        }
        let mut elements = 1u64;
        for _ in 0..dims {
            elements = elements
                .checked_mul(head.u64()?)
                .filter(|elements| (1..=MAX_ELEMENTS).contains(elements))
                .ok_or("a tensor's dimensions make no sense")?;
        }
        head.u32()?;
        if head.u64()? > size {
            return Err("a tensor lies beyond the end of the file".to_owned());
        }
    }
    Ok(size - head.left)
}

struct Head<'a, R> {
    reader: &'a mut R,
    left: u64,
}

impl<R: Read + Seek> Head<'_, R> {
    fn bytes<const N: usize>(&mut self) -> Result<[u8; N], String> {
        self.take(N as u64)?;
        let mut bytes = [0; N];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.bytes().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.bytes().map(u64::from_le_bytes)
    }

    fn count(&mut self, of: &str, max: u64) -> Result<u64, String> {
        let count = self.u64()?;
        if count > max {
            Err(format!("it claims {count} {of}"))
        } else {
            Ok(count)
        }
    }

    fn string(&mut self, max: u64) -> Result<Vec<u8>, String> {
        let length = self.count("bytes of a text", max)?;
        self.take(length)?;
        // In bounds of both the file and the cap, so the allocation is.
        let mut bytes = vec![0; length as usize];
        self.reader
            .read_exact(&mut bytes)
            .map_err(|error| error.to_string())?;
        Ok(bytes)
    }

    fn skip(&mut self, bytes: u64) -> Result<(), String> {
        self.take(bytes)?;
        let bytes = i64::try_from(bytes).map_err(|_| "it ends too early".to_owned())?;
        self.reader
            .seek_relative(bytes)
            .map_err(|error| error.to_string())
    }

    fn skip_value(&mut self, kind: u32, depth: u32) -> Result<(), String> {
        match kind {
            0 | 1 | 7 => self.skip(1),
            2 | 3 => self.skip(2),
            4..=6 => self.skip(4),
            10..=12 => self.skip(8),
            8 => {
                let length = self.count("bytes of a text", MAX_STRING)?;
                self.skip(length)
            }
            9 if depth < MAX_ARRAY_DEPTH => {
                let kind = self.u32()?;
                let length = self.count("values of an array", MAX_ARRAY)?;
                (0..length).try_for_each(|_| self.skip_value(kind, depth + 1))
            }
            _ => Err(format!("a value is of the unknown type {kind}")),
        }
    }

    fn take(&mut self, bytes: u64) -> Result<(), String> {
        self.left = self.left.checked_sub(bytes).ok_or("it ends too early")?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn head(tensors: u64, entries: u64) -> Vec<u8> {
        let mut bytes = b"GGUF".to_vec();
        bytes.extend(3u32.to_le_bytes());
        bytes.extend(tensors.to_le_bytes());
        bytes.extend(entries.to_le_bytes());
        bytes
    }

    fn text(bytes: &mut Vec<u8>, text: &str) {
        bytes.extend((text.len() as u64).to_le_bytes());
        bytes.extend(text.as_bytes());
    }

    fn tensor(dims: &[u64], offset: u64) -> Vec<u8> {
        let mut bytes = head(1, 0);
        text(&mut bytes, "t");
        bytes.extend((dims.len() as u32).to_le_bytes());
        dims.iter().for_each(|dim| bytes.extend(dim.to_le_bytes()));
        bytes.extend(0u32.to_le_bytes());
        bytes.extend(offset.to_le_bytes());
        bytes
    }

    fn alignment(value: u32) -> Vec<u8> {
        let mut bytes = head(0, 1);
        text(&mut bytes, "general.alignment");
        bytes.extend(4u32.to_le_bytes());
        bytes.extend(value.to_le_bytes());
        bytes
    }

    fn verdict(bytes: &[u8]) -> Result<(), String> {
        let length = check(&mut Cursor::new(bytes))?;
        assert!(length <= bytes.len() as u64, "{length} of {} bytes", bytes.len());
        Ok(())
    }

    #[test]
    fn sound_heads_pass() {
        assert_eq!(verdict(&head(0, 0)), Ok(()));
        assert_eq!(verdict(&tensor(&[4, 8], 0)), Ok(()));
        assert_eq!(verdict(&alignment(32)), Ok(()));
    }

    #[test]
    fn absurd_heads_are_refused() {
        let nested = {
            let mut bytes = head(0, 1);
            text(&mut bytes, "a");
            bytes.extend(9u32.to_le_bytes());
            for _ in 0..1_000 {
                bytes.extend(9u32.to_le_bytes());
                bytes.extend(1u64.to_le_bytes());
            }
            bytes
        };
        for (what, bytes) in [
            ("empty", Vec::new()),
            ("no magic", b"PK\x03\x04 and more than enough bytes".to_vec()),
            ("too many tensors", head(u64::MAX, 0)),
            ("too many entries", head(0, u64::MAX)),
            ("truncated", head(0, 1)),
            ("overflowing shape", tensor(&[1 << 40, 1 << 40], 0)),
            ("empty shape", tensor(&[0, 4], 0)),
            ("too many dimensions", tensor(&[1; 5], 0)),
            ("offset beyond the file", tensor(&[4], 1 << 40)),
            ("no alignment", alignment(0)),
            ("odd alignment", alignment(3)),
            ("arrays in arrays", nested),
        ] {
            assert!(verdict(&bytes).is_err(), "{what}");
        }
    }

    #[test]
    fn a_missing_file_says_so() {
        let error = Gguf::open(Path::new("/nowhere/model.gguf"))
            .err()
            .expect("refused");
        assert_eq!(error.code(), ErrorCode::ModelMissing);
        assert!(error.message().contains("/nowhere/model.gguf"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _ = verdict(&bytes);
            let _ = verdict(&[head(1, 1), bytes].concat());
        }
    }
}
