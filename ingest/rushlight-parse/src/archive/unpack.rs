//! The worker's side: files out of an archive, a window at a time.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use sevenz_rust2::{ArchiveReader, EntryDecision, Password};
use zip::ZipArchive;

use super::{ArchiveFault, ArchiveKind, Member, Unpacked, Window};
use crate::decode::decode;

/// Longest path that is kept; a longer one is cut in front.
const MAX_PATH: usize = 1024;
/// Memory for one dictionary of a 7z archive, in KiB.
const DICTIONARY_KIB: usize = 256 << 10;
/// A tar archive's header, with its mark inside.
const TAR_HEADER: usize = 512;

/// Unpacks the files of the window. To be called in the worker only: it may panic or fill the memory.
pub(crate) fn unpack(kind: ArchiveKind, bytes: &[u8], window: Window) -> Result<Unpacked, ArchiveFault> {
    let mut collector = Collector {
        window,
        seen: 0,
        taken: 0,
        out: Unpacked::default(),
    };
    match kind {
        ArchiveKind::Zip => zip(bytes, &mut collector)?,
        ArchiveKind::Tar => tar(bytes, &mut collector)?,
        ArchiveKind::Gzip => gzip(bytes, &mut collector)?,
        ArchiveKind::SevenZip => seven_zip(bytes, &mut collector)?,
    }
    Ok(collector.out)
}

/// Takes the files of the window out of all that pass.
struct Collector {
    window: Window,
    /// Files that passed.
    seen: u32,
    /// Bytes taken.
    taken: u64,
    out: Unpacked,
}

impl Collector {
    /// Offers the next file; `why` names what keeps it from being read. False when the window ends before it.
    fn offer(&mut self, path: &str, why: Option<&str>, content: &mut dyn Read) -> bool {
        if is_litter(path) {
            return true;
        }
        let index = self.seen;
        if index >= self.window.from && self.taken >= self.window.batch_bytes {
            self.out.next = Some(index);
            return false;
        }
        self.seen += 1;
        if index < self.window.from {
            return true;
        }
        if index >= self.window.max_members {
            let most = self.window.max_members;
            self.out
                .unread
                .add(path, format!("it and those behind it are more than {most} files"));
            return false;
        }
        if let Some(why) = why {
            self.out.unread.add(path, why);
            return true;
        }
        let mut bytes = Vec::new();
        let read = content.take(self.window.max_member + 1).read_to_end(&mut bytes);
        // What was unpacked counts, whatever comes of it.
        self.taken = self.taken.saturating_add(bytes.len() as u64);
        match read {
            Err(error) => self.out.unread.add(path, error.to_string()),
            Ok(length) if length as u64 > self.window.max_member => {
                let most = self.window.max_member >> 20;
                self.out.unread.add(path, format!("it is longer than {most} MB"));
            }
            Ok(_) => self.out.members.push(Member {
                path: path.to_owned(),
                bytes,
            }),
        }
        true
    }

    /// What comes after the last file cannot be read.
    fn broken_off(&mut self, why: &str) -> Result<(), ArchiveFault> {
        if self.seen == 0 {
            return Err(ArchiveFault::Broken(why.to_owned()));
        }
        self.out
            .unread
            .add("the rest", format!("the archive is broken: {why}"));
        Ok(())
    }
}

fn zip(bytes: &[u8], collector: &mut Collector) -> Result<(), ArchiveFault> {
    let mut archive =
        ZipArchive::new(Cursor::new(bytes)).map_err(|error| ArchiveFault::Broken(error.to_string()))?;
    let (mut files, mut encrypted) = (0usize, 0usize);
    for index in 0..archive.len() {
        let (path, locked) = match archive.by_index_raw(index) {
            Ok(file) if !file.is_file() => continue,
            Ok(file) => (path_of(file.name_raw()), file.encrypted()),
            Err(error) => {
                let why = error.to_string();
                if !collector.offer(&format!("file {}", index + 1), Some(&why), &mut std::io::empty()) {
                    return Ok(());
                }
                continue;
            }
        };
        files += 1;
        if locked {
            encrypted += 1;
            if !collector.offer(&path, Some("it is encrypted"), &mut std::io::empty()) {
                return Ok(());
            }
            continue;
        }
        let more = match archive.by_index(index) {
            Ok(mut file) => collector.offer(&path, None, &mut file),
            Err(error) => collector.offer(&path, Some(&error.to_string()), &mut std::io::empty()),
        };
        if !more {
            return Ok(());
        }
    }
    if files > 0 && encrypted == files {
        return Err(ArchiveFault::Encrypted);
    }
    Ok(())
}

fn tar(content: impl Read, collector: &mut Collector) -> Result<(), ArchiveFault> {
    let mut archive = tar::Archive::new(content);
    let entries = archive
        .entries()
        .map_err(|error| ArchiveFault::Broken(error.to_string()))?;
    for entry in entries {
        let mut entry = match entry {
            Ok(entry) => entry,
            Err(error) => return collector.broken_off(&error.to_string()),
        };
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = path_of(&entry.path_bytes());
        if !collector.offer(&path, None, &mut entry) {
            return Ok(());
        }
    }
    Ok(())
}

fn gzip(bytes: &[u8], collector: &mut Collector) -> Result<(), ArchiveFault> {
    let mut content = MultiGzDecoder::new(bytes);
    let mut head = Vec::new();
    if let Err(error) = content.by_ref().take(TAR_HEADER as u64).read_to_end(&mut head)
        && head.is_empty()
    {
        return Err(ArchiveFault::Broken(error.to_string()));
    }
    let is_tar = head.get(257..262) == Some(b"ustar");
    let mut content = Cursor::new(head).chain(content);
    if is_tar {
        return tar(content, collector);
    }
    collector.offer("", None, &mut content);
    Ok(())
}

fn seven_zip(bytes: &[u8], collector: &mut Collector) -> Result<(), ArchiveFault> {
    let opened = ArchiveReader::new_with_memory_limit(Cursor::new(bytes), Password::empty(), DICTIONARY_KIB);
    let mut archive = opened.map_err(|error| seven_zip_fault(&error))?;
    archive.set_thread_count(1);
    let read = archive.for_each_entries_with_decision(|entry, content| {
        if entry.is_directory || entry.is_anti_item {
            return Ok(EntryDecision::Continue);
        }
        let more = collector.offer(&path_of(entry.name.as_bytes()), None, content);
        Ok(if more {
            EntryDecision::Continue
        } else {
            EntryDecision::Stop
        })
    });
    match read {
        Ok(()) => Ok(()),
        Err(error) => match seven_zip_fault(&error) {
            ArchiveFault::Broken(why) => collector.broken_off(&why),
            fault if collector.out.members.is_empty() => Err(fault),
            _ => collector.broken_off("it is encrypted"),
        },
    }
}

fn seven_zip_fault(error: &sevenz_rust2::Error) -> ArchiveFault {
    use sevenz_rust2::Error as E;
    match error {
        E::PasswordRequired | E::MaybeBadPassword(_) => ArchiveFault::Encrypted,
        E::UnsupportedCompressionMethod(method) if method.contains("AES") => ArchiveFault::Encrypted,
        E::Io(cause, _) => ArchiveFault::Broken(cause.to_string()),
        E::UnsupportedVersion { major, minor } => {
            ArchiveFault::Broken(format!("its version {major}.{minor} is not known"))
        }
        E::UnsupportedCompressionMethod(method) => {
            ArchiveFault::Broken(format!("it is compressed by {method}, which is not read"))
        }
        E::MaxMemLimited { max_kb, .. } => ArchiveFault::Broken(format!(
            "unpacking it takes more than {} MB of memory",
            max_kb >> 10
        )),
        E::ChecksumVerificationFailed | E::NextHeaderCrcMismatch => {
            ArchiveFault::Broken("a checksum does not fit".to_owned())
        }
        _ => ArchiveFault::Broken("its list of files cannot be read".to_owned()),
    }
}

/// The path as people write it: whatever the charset, with `/` between folders, and never out of the archive.
fn path_of(raw: &[u8]) -> String {
    let text = match std::str::from_utf8(raw) {
        Ok(text) => text.to_owned(),
        Err(_) => decode(raw).map_or_else(
            || String::from_utf8_lossy(raw).into_owned(),
            |found| found.text.into_owned(),
        ),
    };
    let shown: String = text
        .chars()
        .map(|c| match c {
            '\\' => '/',
            c if c.is_control() => '\u{fffd}',
            c => c,
        })
        .collect();
    let parts: Vec<&str> = shown
        .split('/')
        .filter(|part| !matches!(*part, "" | "." | ".."))
        .collect();
    let mut path = parts.join("/");
    if path.len() > MAX_PATH {
        let mut at = path.len() - MAX_PATH;
        while !path.is_char_boundary(at) {
            at += 1;
        }
        path.drain(..at);
    }
    path
}

/// What systems leave beside people's files.
fn is_litter(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    path.starts_with("__MACOSX/") || matches!(name, ".DS_Store" | "Thumbs.db" | "desktop.ini")
}

#[cfg(test)]
mod tests;
