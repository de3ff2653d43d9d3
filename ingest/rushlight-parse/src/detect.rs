//! What a file is, by its name and its first bytes.

use crate::archive::ArchiveKind;
use crate::calendar::CalendarKind;
use crate::mail::mbox;
use crate::office::{self, OfficeKind};
use crate::outline::Markup;
use crate::outlook::OutlookKind;
use crate::scan::PictureKind;

/// A type of file, as far as it decides who reads it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Markdown,
    Text,
    /// Program text and data in text form: kept as it is.
    Code,
    Html,
    /// Values parted by this byte, or by whatever the first line speaks for.
    Table(Option<u8>),
    Mail,
    /// A mail as Apple Mail keeps it.
    Emlx,
    Mbox,
    Pdf,
    Office(OfficeKind),
    Archive(ArchiveKind),
    /// A file of Outlook.
    Outlook(OutlookKind),
    /// A mailbox of Outlook.
    OutlookStore,
    /// A picture, of whose text is read what can be recognised.
    Picture(PictureKind),
    /// A web page with its pictures in one file, in the form of a mail.
    SavedPage,
    /// Events or people.
    Calendar(CalendarKind),
    /// Plain text with headings of its own kind.
    Outline(Markup),
    /// A notebook of Jupyter.
    Notebook,
    /// Notes that Evernote exported.
    Evernote,
    /// Known and not read: what it is called.
    Unsupported(&'static str),
}

/// Where a format is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    /// In the process that comes to it: text with a structure.
    Here,
    /// There too while it is small and shallow, otherwise in the worker.
    HereIfSmall,
    /// In the worker, whatever it holds.
    Worker,
    /// Nowhere: it is named.
    Nobody,
}

impl Format {
    /// Where it is read: what is binary, and what others lie in, in the worker.
    pub(crate) fn reader(self) -> Reader {
        match self {
            Self::Markdown | Self::Text | Self::Code | Self::Table(_) | Self::Outline(_) | Self::Notebook => {
                Reader::Here
            }
            Self::Html => Reader::HereIfSmall,
            Self::Mail
            | Self::Emlx
            | Self::Mbox
            | Self::SavedPage
            | Self::Evernote
            | Self::Pdf
            | Self::Office(_)
            | Self::Archive(_)
            | Self::Outlook(_)
            | Self::OutlookStore
            | Self::Picture(_)
            | Self::Calendar(_) => Reader::Worker,
            Self::Unsupported(_) => Reader::Nobody,
        }
    }
}

const CODE: &[&str] = &[
    "rs", "py", "js", "ts", "jsx", "tsx", "c", "h", "cc", "cpp", "hpp", "java", "go", "rb", "php", "sh",
    "bash", "zsh", "sql", "toml", "yaml", "yml", "json", "jsonl", "ini", "cfg", "conf", "xml", "css", "scss",
    "svelte", "vue", "swift", "kt", "lua", "pl", "r", "tex", "bib", "svg", "proto", "cmake", "gradle", "bat",
    "ps1",
];

/// Files by their first bytes that are known and not read.
const MAGIC: &[(&[u8], &str)] = &[
    (b"GIF8", "a GIF image"),
    (b"PK\x05\x06", "an empty zip archive"),
    (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "a compound file of another program",
    ),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"Rar!\x1a\x07", "a rar archive"),
    (b"SQLite format 3\0", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (
        b"!BDN",
        "an Outlook mailbox of a kind that is not read: an .ost, or one of another version",
    ),
    (b"ITSF\x03", "a compiled help file"),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", "a OneNote notebook"),
    (b"%!PS", "a PostScript document"),
    (b"// <!-- <mdb:mork:z", "Thunderbird's index of a mailbox"),
    (b"OggS", "an Ogg recording"),
    (b"ID3", "an MP3 recording"),
];

/// Endings of files in the form of a TIFF that hold what a camera's sensor saw.
const CAMERA: &[&str] = &[
    "cr2", "nef", "nrw", "arw", "dng", "orf", "rw2", "pef", "srw", "3fr", "iiq",
];

/// Zip archives that are something else to people, by the ending of their name.
const PACKAGES: &[(&str, &str)] = &[
    ("jar", "a program package"),
    ("war", "a program package"),
    ("apk", "a program package"),
    ("ipa", "a program package"),
    ("aar", "a program package"),
    ("xpi", "a program package"),
    ("whl", "a program package"),
    ("nupkg", "a program package"),
];

/// What the file of this name with these bytes is.
pub(crate) fn detect(path: &str, bytes: &[u8]) -> Format {
    let start = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if start.starts_with(b"%PDF-") {
        return Format::Pdf;
    }
    let extension = extension(path);
    let office = match start {
        [b'P', b'K', 3, 4, ..] => office::of_zip(start),
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => office::of_cfb(start, &extension),
        _ if start.starts_with(b"{\\rtf") => Some(OfficeKind::RichText),
        _ => None,
    };
    let office = office.or_else(|| office::of_older_open(start, &extension));
    if let Some(kind) = office {
        return Format::Office(kind);
    }
    if let Some(format) = outlook(start) {
        return format;
    }
    if extension == "wps" && start.starts_with(b"\xd0\xcf\x11\xe0") {
        return Format::Unsupported("a document of Microsoft Works");
    }
    if let Some(format) = archive(start, &extension) {
        return format;
    }
    if let Some(kind) = PictureKind::of(start) {
        return if CAMERA.contains(&extension.as_str()) {
            Format::Unsupported("a camera's raw picture")
        } else {
            Format::Picture(kind)
        };
    }
    if let Some((_, what)) = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)) {
        return Format::Unsupported(what);
    }
    match extension.as_str() {
        "md" | "markdown" | "mdown" | "mkd" => return Format::Markdown,
        "html" | "htm" | "xhtml" => return Format::Html,
        "csv" => return Format::Table(None),
        "tsv" | "tab" => return Format::Table(Some(b'\t')),
        "pdf" => return Format::Pdf,
        "eml" if mbox::starts_one(start) => return Format::Mbox,
        "eml" => return Format::Mail,
        "emlx" => return Format::Emlx,
        "mhtml" | "mht" => return Format::SavedPage,
        "ics" | "ical" | "icalendar" | "ifb" | "vcs" => return Format::Calendar(CalendarKind::Calendar),
        "vcf" | "vcard" => return Format::Calendar(CalendarKind::Cards),
        "ipynb" => return Format::Notebook,
        "enex" => return Format::Evernote,
        "org" => return Format::Outline(Markup::Org),
        "adoc" | "asciidoc" => return Format::Outline(Markup::AsciiDoc),
        "rst" => return Format::Outline(Markup::ReStructuredText),
        "mbox" | "mbx" if mbox::starts_one(start) => return Format::Mbox,
        code if CODE.contains(&code) => return Format::Code,
        _ => {}
    }
    if mbox::starts_one(start) {
        return Format::Mbox;
    }
    if (in_maildir(path) && looks_like_mail(start, 1)) || looks_like_mail(start, 2) {
        return Format::Mail;
    }
    for (begin, kind) in [
        (&b"BEGIN:VCALENDAR"[..], CalendarKind::Calendar),
        (b"BEGIN:VCARD", CalendarKind::Cards),
    ] {
        if start
            .get(..begin.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(begin))
        {
            return Format::Calendar(kind);
        }
    }
    if looks_like_html(start) {
        Format::Html
    } else {
        Format::Text
    }
}

/// A file of Outlook, as far as it is read.
fn outlook(start: &[u8]) -> Option<Format> {
    match start {
        [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1, ..] => {
            office::has_stream(start, "__properties_version1.0").then_some(Format::Outlook(OutlookKind::Item))
        }
        [0x78, 0x9f, 0x3e, 0x22, ..] => Some(Format::Outlook(OutlookKind::Winmail)),
        // A personal mailbox, with texts in a code page (14, 15) or in Unicode (23).
        [
            b'!',
            b'B',
            b'D',
            b'N',
            _,
            _,
            _,
            _,
            b'S',
            b'M',
            14 | 15 | 23,
            0,
            ..,
        ] => Some(Format::OutlookStore),
        _ => None,
    }
}

/// An archive, or what is known of a package that is not read.
fn archive(start: &[u8], extension: &str) -> Option<Format> {
    let kind = match start {
        [b'P', b'K', 3, 4, ..] => {
            let package = PACKAGES.iter().find(|(ending, _)| *ending == extension);
            if let Some((_, what)) = package {
                return Some(Format::Unsupported(what));
            }
            // One that is cut off does not show what it is; its name does.
            if let Some(kind) = office::of_name(extension).filter(|_| office::is_package(start)) {
                return Some(Format::Office(kind));
            }
            if office::is_package(start) {
                return Some(Format::Unsupported("a document of another program"));
            }
            ArchiveKind::Zip
        }
        [0x1f, 0x8b, ..] => ArchiveKind::Gzip,
        [b'7', b'z', 0xbc, 0xaf, 0x27, 0x1c, ..] => ArchiveKind::SevenZip,
        _ if start.get(257..262) == Some(b"ustar") => ArchiveKind::Tar,
        _ => return None,
    };
    Some(Format::Archive(kind))
}

/// The ending of the name, lower case, without the dot.
pub(crate) fn extension(path: &str) -> String {
    let name = file_name(path);
    match name.rfind('.') {
        Some(at) if at > 0 => name[at + 1..].to_ascii_lowercase(),
        _ => String::new(),
    }
}

/// The last component.
pub(crate) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The last component without its ending: the title of what has no other.
pub(crate) fn file_stem(path: &str) -> &str {
    let name = file_name(path);
    match name.rfind('.') {
        Some(at) if at > 0 => &name[..at],
        _ => name,
    }
}

fn looks_like_html(start: &[u8]) -> bool {
    let head = start[..start.len().min(256)]
        .trim_ascii_start()
        .to_ascii_lowercase();
    head.starts_with(b"<!doctype html") || head.starts_with(b"<html")
}

fn in_maildir(path: &str) -> bool {
    let mut folders = path.rsplit('/').skip(1);
    matches!(folders.next(), Some("cur" | "new"))
}

/// True when it begins with at least so many header fields that only mail has, besides its well-formed lines.
fn looks_like_mail(start: &[u8], at_least: usize) -> bool {
    const FIELDS: [&[u8]; 12] = [
        b"from",
        b"received",
        b"return-path",
        b"message-id",
        b"mime-version",
        b"delivered-to",
        b"reply-to",
        b"x-mailer",
        b"to",
        b"date",
        b"subject",
        b"content-type",
    ];
    let (mut known, mut strong) = (0, false);
    for line in start[..start.len().min(16 << 10)].split(|b| *b == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        if line.starts_with(b" ") || line.starts_with(b"\t") {
            continue;
        }
        let Some(colon) = line.iter().position(|b| *b == b':') else {
            return false;
        };
        let name = &line[..colon];
        if name.is_empty() || !name.iter().all(|b| (33..127).contains(b)) {
            return false;
        }
        if let Some(index) = FIELDS.iter().position(|field| name.eq_ignore_ascii_case(field)) {
            known += 1;
            // A note may well begin with "Date:" and "Subject:"; who sent it, and by which way, only a mail says.
            strong |= index < 6;
        }
    }
    strong && known >= at_least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_content_decide() {
        let mail = b"Received: from a by b\nFrom: a@example.org\nSubject: hello\n\nbody\n";
        let mbox =
            b"From a@example.org Thu Jan  1 00:00:00 2026\nFrom: a@example.org\nSubject: hello\n\nbody\n";
        let cases: &[(&str, &[u8], Format)] = &[
            ("a.md", b"# hello", Format::Markdown),
            ("a.md", b"\x89PNG\r\n\x1a\n", Format::Picture(PictureKind::Png)),
            ("a.jpg", b"\xff\xd8\xff\xe0", Format::Picture(PictureKind::Jpeg)),
            ("a", b"MM\0*\0\0\0\x08", Format::Picture(PictureKind::Tiff)),
            (
                "a.webp",
                b"RIFF\x10\0\0\0WEBPVP8 ",
                Format::Picture(PictureKind::Webp),
            ),
            (
                "a.dng",
                b"II*\0\x08\0\0\0",
                Format::Unsupported("a camera's raw picture"),
            ),
            ("a.wav", b"RIFF\x10\0\0\0WAVEfmt ", Format::Text),
            ("A.MD", mail, Format::Markdown),
            ("notes.txt", b"Date: today\nSubject: tea\n\nx", Format::Text),
            ("notes.txt", mail, Format::Mail),
            ("a.eml", b"broken", Format::Mail),
            ("1.partial.emlx", b"9\nFrom: a", Format::Emlx),
            ("a.eml", mbox, Format::Mbox),
            ("Inbox", mbox, Format::Mbox),
            (
                "Inbox",
                b"\x01\x01\x01\x01\nFrom: a@example.org\n\nhi\n",
                Format::Mbox,
            ),
            (
                "Inbox.msf",
                b"// <!-- <mdb:mork:z v=\"1.4\"/> -->\n",
                Format::Unsupported("Thunderbird's index of a mailbox"),
            ),
            ("mail/cur/17.host:2,S", b"From: a@example.org\n\nhi", Format::Mail),
            ("mail/cur/17.host:2,S", b"nothing of the kind", Format::Text),
            ("page", b"<!DOCTYPE html><p>x", Format::Html),
            ("paper.pdf", b"not one", Format::Pdf),
            ("paper", b"%PDF-1.7\n", Format::Pdf),
            ("main.rs", b"fn main() {}", Format::Code),
            ("a.tsv", b"a\tb", Format::Table(Some(b'\t'))),
            (".gitignore", b"x", Format::Text),
            ("a.zip", b"PK\x03\x04", Format::Archive(ArchiveKind::Zip)),
            ("a.jar", b"PK\x03\x04", Format::Unsupported("a program package")),
            ("a.tgz", b"\x1f\x8b\x08", Format::Archive(ArchiveKind::Gzip)),
            ("letter.doc", b"{\\rtf1 x}", Format::Office(OfficeKind::RichText)),
            ("plan.org", b"* Tea", Format::Outline(Markup::Org)),
            (
                "old.wps",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
                Format::Unsupported("a document of Microsoft Works"),
            ),
            (
                "cut.docx",
                b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml",
                Format::Office(OfficeKind::Document),
            ),
            (
                "help.chm",
                b"ITSF\x03\0",
                Format::Unsupported("a compiled help file"),
            ),
            ("a.ipynb", b"{}", Format::Notebook),
            ("a.enex", b"<?xml version=\"1.0\"?>", Format::Evernote),
            (
                "winmail.dat",
                b"\x78\x9f\x3e\x22\x01\0",
                Format::Outlook(OutlookKind::Winmail),
            ),
            ("mail.pst", b"!BDN\0\0\0\0SM\x17\0\x13\0", Format::OutlookStore),
            (
                "mail.ost",
                b"!BDN\0\0\0\0SO\x24\0\x0c\0",
                Format::Unsupported(
                    "an Outlook mailbox of a kind that is not read: an .ost, or one of another version",
                ),
            ),
            ("a.ics", b"x", Format::Calendar(CalendarKind::Calendar)),
            ("people", b"begin:vcard\n", Format::Calendar(CalendarKind::Cards)),
        ];
        for (path, bytes, format) in cases {
            assert_eq!(detect(path, bytes), *format, "{path}");
        }
    }

    #[test]
    fn what_is_binary_or_holds_others_is_read_in_the_worker() {
        let table: &[(Format, Reader)] = &[
            (Format::Markdown, Reader::Here),
            (Format::Text, Reader::Here),
            (Format::Code, Reader::Here),
            (Format::Table(None), Reader::Here),
            (Format::Outline(Markup::Org), Reader::Here),
            (Format::Notebook, Reader::Here),
            (Format::Html, Reader::HereIfSmall),
            (Format::Mail, Reader::Worker),
            (Format::Emlx, Reader::Worker),
            (Format::Mbox, Reader::Worker),
            (Format::SavedPage, Reader::Worker),
            (Format::Evernote, Reader::Worker),
            (Format::Calendar(CalendarKind::Cards), Reader::Worker),
            (Format::Outlook(OutlookKind::Item), Reader::Worker),
            (Format::Outlook(OutlookKind::Winmail), Reader::Worker),
            (Format::OutlookStore, Reader::Worker),
            (Format::Pdf, Reader::Worker),
            (Format::Office(OfficeKind::RichText), Reader::Worker),
            (Format::Archive(ArchiveKind::Gzip), Reader::Worker),
            (Format::Picture(PictureKind::Tiff), Reader::Worker),
            (Format::Unsupported("a program"), Reader::Nobody),
        ];
        for (format, reader) in table {
            assert_eq!(format.reader(), *reader, "{format:?}");
        }
    }

    #[test]
    fn names_come_apart() {
        assert_eq!(
            (file_stem("a/b.c.md"), extension("a/b.c.MD").as_str()),
            ("b.c", "md")
        );
        assert_eq!((file_stem(".env"), extension(".env").as_str()), (".env", ""));
    }
}
