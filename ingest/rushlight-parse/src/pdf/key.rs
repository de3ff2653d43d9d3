//! Encrypted files whose trailer holds the encryption dictionary itself. Both engines look for a reference to it, as nearly
//! all files have one, and take such a file for broken.

use std::borrow::Cow;

use memchr::memmem;
use pdf_extract::{Document, IncrementalDocument, Object};

use super::guarded;

/// The file with its encryption dictionary where the engines look for it: as an object of its own, appended. Any other file
/// stays as it is.
pub(super) fn referenced(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !is_direct(bytes) {
        return Cow::Borrowed(bytes);
    }
    match guarded(|| rewritten(bytes)).flatten() {
        Some(rewritten) => Cow::Owned(rewritten),
        None => Cow::Borrowed(bytes),
    }
}

fn is_direct(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"/Encrypt";
    memmem::find_iter(bytes, NAME).any(|at| bytes[at + NAME.len()..].trim_ascii_start().starts_with(b"<<"))
}

fn rewritten(bytes: &[u8]) -> Option<Vec<u8>> {
    let document = Document::load_mem(bytes).ok()?;
    let Ok(Object::Dictionary(encryption)) = document.trailer.get(b"Encrypt").cloned() else {
        return None;
    };
    let mut update = IncrementalDocument::create_from(bytes.to_vec(), document);
    let id = update.new_document.add_object(encryption);
    update.new_document.trailer.set("Encrypt", Object::Reference(id));
    let mut out = Vec::new();
    update.save_to(&mut out).ok()?;
    Some(out)
}

#[cfg(test)]
mod tests {
    use pdf_extract::{EncryptionState, EncryptionVersion, Permissions, dictionary};

    use super::*;
    use crate::pdf::{Engines, PdfFault, extract};

    /// A file of one page, encrypted with the password `tea`, its dictionary in the trailer.
    fn encrypted() -> Vec<u8> {
        let mut document = Document::with_version("1.7");
        let font = document.add_object(dictionary! {
            "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica",
        });
        let content = pdf_extract::Stream::new(
            dictionary! {},
            b"BT /F1 12 Tf 72 700 Td (Steep for two minutes) Tj ET".to_vec(),
        );
        let content = document.add_object(content);
        let pages = document.new_object_id();
        let page = document.add_object(dictionary! {
            "Type" => "Page", "Parent" => pages, "Contents" => content,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        });
        document.objects.insert(
            pages,
            Object::Dictionary(dictionary! { "Type" => "Pages", "Kids" => vec![page.into()], "Count" => 1 }),
        );
        let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => pages });
        document.trailer.set("Root", catalog);
        document.trailer.set(
            "ID",
            Object::Array(vec![
                Object::string_literal("0123456789abcdef"),
                Object::string_literal("0123456789abcdef"),
            ]),
        );
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password: "tea",
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).expect("a key");
        document.encrypt(&state).expect("encrypted");
        let id = document
            .trailer
            .get(b"Encrypt")
            .and_then(Object::as_reference)
            .expect("a reference");
        let key = document.objects.remove(&id).expect("its dictionary");
        document.trailer.set("Encrypt", key);
        let mut bytes = Vec::new();
        document.save_to(&mut bytes).expect("saved");
        bytes
    }

    #[test]
    fn a_key_in_the_trailer_opens_with_its_password() {
        let bytes = encrypted();
        assert!(is_direct(&bytes));
        let read = |passwords: &[String]| extract(&bytes, 1 << 20, passwords, Engines::Both);
        let found = read(&["wrong".to_owned(), "tea".to_owned()]).expect("opens");
        assert_eq!(found.pages[0][0].text, "Steep for two minutes");
        assert_eq!(read(&[]).expect_err("closed"), PdfFault::Encrypted);
    }

    #[test]
    fn other_files_stay_as_they_are() {
        for bytes in [&b"%PDF-1.7\n/Encrypt 5 0 R"[..], b"", b"/Encrypt <<"] {
            assert!(matches!(referenced(bytes), Cow::Borrowed(_)));
        }
    }
}
