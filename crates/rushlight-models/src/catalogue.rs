//! What models there are, what files they consist of, and where these come from.

use std::collections::{BTreeMap, BTreeSet};

use rushlight_core::{Error, ErrorCode, Result};
use serde::{Deserialize, Serialize};

/// What a model is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ModelKind {
    /// Writes answers.
    Language,
    /// Computes vectors.
    Embedding,
    /// The library that runs embedding models.
    Runtime,
    /// Reads text in pictures.
    Ocr,
    /// Puts what was found in order.
    Reranker,
    /// Says words of one language in another.
    Dictionary,
}

impl ModelKind {
    /// Every kind.
    pub const ALL: [ModelKind; 6] = [
        Self::Language,
        Self::Embedding,
        Self::Runtime,
        Self::Ocr,
        Self::Reranker,
        Self::Dictionary,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Language => "language",
            Self::Embedding => "embedding",
            Self::Runtime => "runtime",
            Self::Ocr => "ocr",
            Self::Reranker => "reranker",
            Self::Dictionary => "dictionary",
        }
    }
}

/// One installed file of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileSpec {
    /// Name inside the model's folder.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256 of the content, in lower-case hexadecimal digits.
    pub sha256: String,
}

/// One package, and the file inside it that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PipPart {
    /// Name of the package.
    pub package: String,
    /// Its exact version.
    pub version: String,
    /// Path of the file inside the wheel.
    pub member: String,
    /// Bytes of that file.
    pub size: u64,
    /// SHA-256 of that file.
    pub sha256: String,
}

/// Where a model's files come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub enum Source {
    /// Packages of a Python registry: the parts, concatenated in order, are one file.
    Pip {
        /// In order.
        parts: Vec<PipPart>,
        /// What happens to the file then; without it, it is the model's only file.
        #[serde(default)]
        convert: Option<Conversion>,
    },
    /// A file of the user's.
    File,
}

/// How a fetched file becomes a model's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Conversion {
    /// [`crate::convert::convert_e5`].
    E5,
    /// It is cut into the model's files, in order, by their sizes.
    Split,
}

/// One model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// Its name here, and the name of its folder.
    pub id: String,
    /// What it is for.
    pub kind: ModelKind,
    /// Its name for people.
    pub title: String,
    /// SPDX expression.
    pub license: String,
    /// BCP 47 tags of the languages it is good at; empty where that means nothing.
    #[serde(default)]
    pub languages: Vec<String>,
    /// A remark for people; may be empty.
    #[serde(default)]
    pub note: String,
    /// Tokens it reads at once; 0 where that means nothing.
    #[serde(default)]
    pub context_tokens: usize,
    /// Values of a vector; 0 where that means nothing.
    #[serde(default)]
    pub dimensions: usize,
    /// Operating system and processor it is for, as Rust names them (`linux-x86_64`); empty for all.
    #[serde(default)]
    pub platform: String,
    /// The files once installed.
    #[serde(rename = "file")]
    pub files: Vec<FileSpec>,
    /// Where they come from, the preferred one first.
    #[serde(rename = "source")]
    pub sources: Vec<Source>,
}

impl ModelEntry {
    /// Bytes on disk once installed.
    pub fn installed_bytes(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }

    /// Bytes of the files to fetch.
    pub fn download_bytes(&self) -> u64 {
        self.pip_parts()
            .map_or(0, |(parts, _)| parts.iter().map(|part| part.size).sum())
    }

    pub(crate) fn pip_parts(&self) -> Option<(&[PipPart], Option<Conversion>)> {
        self.sources.iter().find_map(|source| match source {
            Source::Pip { parts, convert } => Some((parts.as_slice(), *convert)),
            Source::File => None,
        })
    }

    /// False when it is made for another kind of machine.
    pub fn fits_this_machine(&self) -> bool {
        self.platform.is_empty()
            || self.platform == format!("{}-{}", std::env::consts::OS, std::env::consts::ARCH)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CatalogueFile {
    defaults: BTreeMap<ModelKind, String>,
    model: Vec<ModelEntry>,
}

/// All models that are known.
#[derive(Clone, Debug)]
pub struct Catalogue {
    entries: Vec<ModelEntry>,
    defaults: BTreeMap<ModelKind, String>,
}

impl Catalogue {
    /// The one that comes with the program.
    pub fn builtin() -> Self {
        Self::parse(include_str!("catalogue.toml")).expect("the built-in catalogue is checked by a test")
    }

    /// Reads a catalogue in TOML.
    ///
    /// # Errors
    /// `InvalidConfig` when it is malformed, names a default it does not have, or would write outside its folder.
    pub fn parse(text: &str) -> Result<Self> {
        let invalid = |message: String| Error::new(ErrorCode::InvalidConfig, message);
        let CatalogueFile {
            defaults,
            model: entries,
        } = toml::from_str(text).map_err(|error| {
            invalid("the catalogue of models cannot be read".to_owned()).with_source(error)
        })?;
        let mut ids = BTreeSet::new();
        for entry in &entries {
            check_entry(entry)
                .map_err(|reason| invalid(format!("model `{}` of the catalogue {reason}", entry.id)))?;
            if !ids.insert(entry.id.as_str()) {
                return Err(invalid(format!("model `{}` is twice in the catalogue", entry.id)));
            }
        }
        for (kind, id) in &defaults {
            if !entries.iter().any(|entry| entry.id == *id && entry.kind == *kind) {
                return Err(invalid(format!(
                    "`{id}`, the default of kind {}, is not in the catalogue",
                    kind.as_str()
                )));
            }
        }
        Ok(Self { entries, defaults })
    }

    /// All, in the order of the catalogue.
    pub fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    /// The one of this id.
    pub fn get(&self, id: &str) -> Option<&ModelEntry> {
        self.entries.iter().find(|entry| entry.id == id)
    }

    /// The model that is used when none is named.
    pub fn default_id(&self, kind: ModelKind) -> Option<&str> {
        self.defaults.get(&kind).map(String::as_str)
    }
}

/// True for a name that is one plain path component.
pub(crate) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with('.')
        && name.len() <= 100
        && name
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
}

fn check_entry(entry: &ModelEntry) -> Result<(), String> {
    if !is_plain_name(&entry.id) {
        return Err("has an id that cannot name a folder".to_owned());
    }
    if entry.files.is_empty() || entry.sources.is_empty() {
        return Err("has no file or no source".to_owned());
    }
    let digest_ok =
        |sha256: &str| sha256.len() == 64 && sha256.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    for file in &entry.files {
        if !is_plain_name(&file.name) || !digest_ok(&file.sha256) {
            return Err(format!("has a malformed name or digest of file `{}`", file.name));
        }
    }
    let Some((parts, convert)) = entry.pip_parts() else {
        return Ok(());
    };
    // A package's name goes to pip as an argument and must not look like an option.
    let name_ok = |name: &str| is_plain_name(name) && !name.starts_with('-');
    if !parts
        .iter()
        .all(|part| name_ok(&part.package) && name_ok(&part.version) && digest_ok(&part.sha256))
    {
        return Err("has a malformed part".to_owned());
    }
    let total: u64 = parts.iter().map(|part| part.size).sum();
    let adds_up = match convert {
        None => entry.files.len() == 1 && entry.files[0].size == total,
        Some(Conversion::Split) => entry.installed_bytes() == total,
        Some(Conversion::E5) => true,
    };
    if parts.is_empty() || !adds_up {
        return Err("has parts that do not add up to its files".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_catalogue_is_sound_and_has_a_default_of_every_kind_but_rerankers() {
        let catalogue = Catalogue::parse(include_str!("catalogue.toml")).expect("sound");
        for kind in ModelKind::ALL {
            let Some(id) = catalogue.default_id(kind) else {
                assert_eq!(
                    kind,
                    ModelKind::Reranker,
                    "no package has one, and search does without"
                );
                continue;
            };
            assert_eq!(catalogue.get(id).expect("present").kind, kind);
        }
        let language = catalogue
            .get("qwen2.5-coder-1.5b-instruct-q4_k_m")
            .expect("present");
        assert_eq!(language.download_bytes(), 1_117_320_768);
        assert_eq!(language.installed_bytes(), 1_117_320_768);
        let ocr = catalogue.get("pp-ocrv6-small").expect("present");
        assert_eq!(ocr.download_bytes(), ocr.installed_bytes());
        assert_eq!(ocr.license, "Apache-2.0");
    }

    #[test]
    fn parts_that_are_cut_into_files_add_up() {
        let text = |sizes: [u64; 2]| {
            let file = |n: usize| {
                format!(
                    "[[model.file]]\nname = \"{n}\"\nsize = {}\nsha256 = \"{}\"\n",
                    sizes[n],
                    "0".repeat(64)
                )
            };
            format!(
                "defaults = {{}}\n[[model]]\nid = \"a\"\nkind = \"ocr\"\ntitle = \"t\"\nlicense = \"MIT\"\n{}{}\
                 [[model.source]]\nkind = \"pip\"\nconvert = \"split\"\n\
                 parts = [{{ package = \"p\", version = \"1\", member = \"m\", size = 9, sha256 = \"{}\" }}]\n",
                file(0),
                file(1),
                "0".repeat(64)
            )
        };
        Catalogue::parse(&text([4, 5])).expect("adds up");
        let error = Catalogue::parse(&text([4, 4])).expect_err("a byte is left over");
        assert!(error.message().contains("do not add up"), "{error}");
    }

    #[test]
    fn what_would_write_elsewhere_or_pass_an_option_is_refused() {
        let text = |id: &str, file: &str, package: &str| {
            format!(
                r#"
                defaults = {{}}
                [[model]]
                id = "{id}"
                kind = "language"
                title = "t"
                license = "MIT"
                [[model.file]]
                name = "{file}"
                size = 1
                sha256 = "{zeros}"
                [[model.source]]
                kind = "pip"
                parts = [{{ package = "{package}", version = "1", member = "m", size = 1, sha256 = "{zeros}" }}]
                "#,
                zeros = "0".repeat(64),
            )
        };
        Catalogue::parse(&text("a", "b", "c")).expect("sound");
        for (id, file, package) in [
            ("../a", "b", "c"),
            ("a", "b/../../c", "c"),
            ("a", "..", "c"),
            ("a", "b", "--index"),
        ] {
            let error = Catalogue::parse(&text(id, file, package)).expect_err("refused");
            assert_eq!(error.code(), ErrorCode::InvalidConfig);
        }
    }
}
