//! Identifiers. Each is a newtype, so that a document's id can never be passed where a chunk's is wanted.

use std::fmt;
use std::str::FromStr;

use crate::error::{Error, ErrorCode};

macro_rules! hex_id {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($name))
            }
        }

        impl FromStr for $name {
            type Err = Error;

            fn from_str(text: &str) -> Result<Self, Error> {
                let invalid = || {
                    Error::new(
                        ErrorCode::InvalidId,
                        format!("`{text}` is not a {}: {} hexadecimal digits are expected", stringify!($name), $bytes * 2),
                    )
                };
                if text.len() != $bytes * 2 || !text.is_ascii() {
                    return Err(invalid());
                }
                let mut bytes = [0u8; $bytes];
                for (index, byte) in bytes.iter_mut().enumerate() {
                    *byte = u8::from_str_radix(&text[index * 2..index * 2 + 2], 16).map_err(|_| invalid())?;
                }
                Ok(Self(bytes))
            }
        }
    };
}

hex_id!(
    /// A document's stable identity. It survives edits and renames; it says nothing of the document's path.
    DocId, 16
);
hex_id!(
    /// A chunk: hash of its document, its embedding key and which occurrence of that key in the document it is.
    ChunkId, 16
);
hex_id!(
    /// BLAKE3 of a file's or a part's bytes.
    ContentHash, 32
);
hex_id!(
    /// Hash of the embedding model's id and the text given to it: equal text is embedded once.
    EmbeddingKey, 32
);

macro_rules! number_id {
    ($(#[$doc:meta])* $name:ident, $inner:ty) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

number_id!(
    /// A space: the unit of permission statistics, retention and index generation. The row of the ledger that names it.
    SpaceId, i64
);
number_id!(
    /// A source: one root folder that is watched. The row of the ledger that names it.
    SourceId, i64
);
number_id!(
    /// Counts the commits of a space. An index records the generation it has reached; the ledger's is the newest.
    Generation, i64
);

impl Generation {
    /// The generation of an empty index.
    pub const ZERO: Generation = Generation(0);
}

/// A user or group that may read documents, as it stands in access lists, for example `user:owner`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Principal(pub String);

impl Principal {
    /// The one principal of an installation without users.
    pub fn owner() -> Self {
        Self("user:owner".to_owned())
    }
}

/// What a file system calls a file, whatever its name: device and inode, or volume and index. Survives a rename.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FileId {
    /// Device or volume number.
    pub device: u64,
    /// Inode or file index. It is given to another file once this one is gone.
    pub inode: u64,
    /// When the file was made, in nanoseconds since 1970, where the file system says so: tells a file from a later one
    /// on the same inode.
    pub born_ns: Option<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_ids_round_trip_and_refuse_what_is_not_one() {
        let id = DocId([0xab; 16]);
        assert_eq!(id.to_string().parse::<DocId>().expect("own output parses"), id);
        for bad in ["", "abc", "zz", &"g".repeat(32), &"é".repeat(16)] {
            let error = bad.parse::<DocId>().expect_err("refused");
            assert_eq!(error.code(), ErrorCode::InvalidId);
        }
    }
}
