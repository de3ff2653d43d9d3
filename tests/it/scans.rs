//! Scanned pages: recognised after words, once each, whatever ends the program; counted whatever comes of them.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rushlight_core::{DocumentKind, FileStatus, Locator};
use rushlight_engine::VerifyDepth;
use rushlight_ledger::{Requeue, ScanCounts};
use rushlight_testkit::POISON;

use crate::system::{Models, System};

const NOTE: &str = "\
//- /tea.md
# Green tea

Green tea is steeped at 70 degrees.
";

fn picture(text: &str) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1a\n".to_vec();
    bytes.extend(text.as_bytes());
    bytes
}

/// A TIFF of three pages: three directories without entries, then text.
fn three_pages(text: &str) -> Vec<u8> {
    let mut bytes = b"II*\0".to_vec();
    bytes.extend(8u32.to_le_bytes());
    for next in [14u32, 20, 0] {
        bytes.extend(0u16.to_le_bytes());
        bytes.extend(next.to_le_bytes());
    }
    bytes.extend(b"\n");
    bytes.extend(text.as_bytes());
    bytes
}

fn counts(system: &System) -> ScanCounts {
    system.engine.status().expect("a status").scans
}

/// Code and message of a file that is skipped.
fn skipped(system: &System, path: &str) -> (String, String) {
    let ledger = system.engine.ledger();
    let source = ledger.sources().expect("sources")[0].id;
    let files = ledger.files(source).expect("files");
    let file = files.iter().find(|file| file.stamp.path == path).expect("known");
    match &file.status {
        FileStatus::Skipped { reason, .. } => (reason.code.clone(), reason.message.clone()),
        other => panic!("{path} is {other:?}"),
    }
}

#[test]
fn a_picture_is_found_by_its_words_after_the_notes_are() {
    let system = System::over(NOTE);
    system.write("lantern.png", picture("the lantern burns oil\n燈籠掛在門邊"));
    let by_word = system.engine.index_by_word().expect("ends well");
    assert_eq!((by_word.counts.indexed, by_word.counts.skipped), (1, 1));
    assert!(system.recogniser.asked().is_empty(), "words come first");
    let (code, message) = skipped(&system, "lantern.png");
    assert_eq!(code, "awaits_recognition");
    assert!(message.contains("waits for text recognition"), "{message}");
    assert_eq!(counts(&system).waiting, 1);
    system.assert_sound();

    let summary = system.index();
    assert_eq!(
        (summary.recognised, summary.counts.indexed, summary.counts.skipped),
        (1, 2, 0)
    );
    assert_eq!(summary.waiting_for_vectors, 0, "and by meaning");
    let hits = system.search("燈籠掛在門邊").hits;
    let hit = hits
        .iter()
        .find(|hit| hit.path.ends_with("lantern.png"))
        .expect("found");
    assert_eq!((hit.kind, hit.chunk.confidence), (DocumentKind::Image, Some(93)));
    assert!(
        matches!(&hit.chunk.locator, Locator::Pages { first: 1, last: 1, areas } if !areas.is_empty()),
        "{:?}",
        hit.chunk.locator
    );
    let document = system
        .engine
        .ledger()
        .document(hit.doc_id)
        .expect("readable")
        .expect("there");
    let recognised: Vec<_> = document
        .recognised
        .iter()
        .map(|line| {
            (
                line.span.of(&document.text).expect("a slice"),
                line.page,
                line.confidence,
            )
        })
        .collect();
    assert_eq!(
        recognised,
        [
            ("page 1", 1, 93),
            ("the lantern burns oil", 1, 93),
            ("燈籠掛在門邊", 1, 93)
        ]
    );
    let answer = system.ask("What does the lantern burn?").expect("answers");
    assert!(
        answer
            .citations
            .iter()
            .all(|citation| citation.confidence == Some(93)),
        "{answer:?}"
    );
    system.assert_sound();
    let verified = system.engine.verify(VerifyDepth::Full).expect("readable");
    assert!(verified.sound() && verified.files_to_update == 0, "{verified:?}");
}

#[test]
fn what_is_stopped_goes_on_where_it_was_and_reads_no_page_twice() {
    let system = System::over(NOTE);
    system.write("deeds.tiff", three_pages("the deed of the mill"));
    let engine = system.engine.clone();
    // Asked to stop while the second page is read: that one is finished, the third is not begun.
    system.recogniser.before_each(move |page| {
        if page == 2 {
            engine.stop();
        }
    });
    let summary = system.index();
    assert!(summary.stopped);
    assert_eq!(system.recogniser.asked().len(), 2);
    let system = system.restarted(Models::All);
    let verified = system.engine.verify(VerifyDepth::Full).expect("readable");
    assert!(verified.sound(), "what waits is no fault: {verified:?}");
    let summary = system.index();
    assert_eq!(summary.recognised, 1);
    let pages: Vec<u32> = system.recogniser.asked().iter().map(|(_, page)| *page).collect();
    assert_eq!(pages, [3]);
    let hits = system.search("deed of the mill").hits;
    let document = system
        .engine
        .ledger()
        .document(hits[0].doc_id)
        .expect("readable")
        .expect("there");
    assert_eq!(document.summary.pages, Some(3));
    assert!(document.text.contains("page 1") && document.text.contains("page 3"));
    assert_eq!(
        counts(&system),
        ScanCounts {
            read: 3,
            waiting: 0,
            unreadable: 0
        }
    );
    system.assert_sound();
}

#[test]
fn equal_scans_are_read_once_wherever_they_lie() {
    let system = System::over(NOTE);
    system.write("a.png", picture("the quince graft took well"));
    system.write("below/b.png", picture("the quince graft took well"));
    system.index();
    fs::copy(system.path("a.png"), system.path("c.png")).expect("copied");
    let mail = "From: Ada <ada@example.org>\r\nTo: bo@example.org\r\nSubject: quince\r\nMIME-Version: 1.0\r\n\
        Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nsee the picture\r\n--x\r\n\
        Content-Type: image/png; name=quince.png\r\nContent-Disposition: attachment; filename=quince.png\r\n\
        Content-Transfer-Encoding: 8bit\r\n\r\n";
    let mut message = mail.as_bytes().to_vec();
    message.extend(picture("the quince jelly has set"));
    message.extend(b"\r\n--x--\r\n");
    system.write("quince.eml", message);
    let summary = system.index();
    assert_eq!(
        system.recogniser.asked().len(),
        2,
        "one for the three, one in the mail"
    );
    assert_eq!((summary.counts.indexed, summary.counts.skipped), (5, 0));
    let jelly = system.search("quince jelly has set").hits;
    let in_mail = jelly
        .iter()
        .find(|hit| hit.kind == DocumentKind::Image)
        .expect("found");
    assert!(in_mail.path.ends_with("quince.eml"), "{}", in_mail.path);
    assert!(!in_mail.part.is_empty());

    for path in ["a.png", "below/b.png", "c.png", "quince.eml"] {
        fs::remove_file(system.path(path)).expect("removed");
    }
    system.index();
    assert_eq!(counts(&system), ScanCounts::default());
    let ledger = system.engine.ledger();
    let (document, page) = system.recogniser.asked()[0];
    let kept = ledger.page_reading(document, page, None).expect("readable");
    assert_eq!(kept, None, "what nobody has any more is forgotten");
    system.assert_sound();
}

#[test]
fn a_page_that_cannot_be_read_is_tried_once_counted_and_named() {
    let system = System::over(NOTE);
    system.write("bad.png", picture(POISON));
    system.write("blank.png", picture(""));
    let summary = system.index();
    assert_eq!((summary.counts.skipped, summary.counts.seen), (2, 3));
    assert_eq!(
        (summary.recognised, summary.not_recognised),
        (1, 1),
        "the blank one was read"
    );
    assert_eq!(
        counts(&system),
        ScanCounts {
            read: 1,
            waiting: 0,
            unreadable: 1
        }
    );
    let (code, message) = skipped(&system, "bad.png");
    assert_eq!(code, "no_text");
    assert!(
        message.contains("text recognition failed: it ran out of stack or memory"),
        "{message}"
    );
    fs::rename(system.path("bad.png"), system.path("worse.png")).expect("renamed");
    system.index();
    let system = system.restarted(Models::All);
    let source = system.engine.ledger().sources().expect("sources")[0].id;
    system
        .engine
        .ledger()
        .requeue(Requeue::AllOf(source))
        .expect("asked");
    system.index();
    assert!(system.recogniser.asked().is_empty(), "tried once, under any name");
    assert_eq!(counts(&system).unreadable, 1);
    system.assert_sound();
}

#[test]
fn without_the_model_the_reason_says_so_until_it_is_there() {
    let system = System::over(NOTE).restarted(Models::NoRecogniser);
    system.write("lantern.png", picture("the lantern burns oil"));
    let summary = system.index();
    assert_eq!((summary.counts.skipped, summary.scans.waiting), (1, 1));
    let why = summary.recognition_error.expect("the model is missing");
    assert!(why.contains("not installed"), "{why}");
    let (code, message) = skipped(&system, "lantern.png");
    assert_eq!(code, "no_text");
    assert!(message.contains("not installed"), "{message}");
    system.assert_sound();

    let system = system.restarted(Models::All);
    let by_word = system.engine.index_by_word().expect("ends well");
    assert_eq!(by_word.counts.skipped, 1);
    assert_eq!(skipped(&system, "lantern.png").0, "awaits_recognition");
    system.index();
    assert_eq!(system.found("lantern burns oil")[0], "lantern.png");

    // What was recognised stays when the model goes.
    let system = system.restarted(Models::NoRecogniser);
    system.write(
        "copy.png",
        fs::read(system.path("lantern.png")).expect("readable"),
    );
    assert_eq!(system.index().counts.indexed, 3);
    system.assert_sound();
}

#[test]
fn a_paused_folder_is_left_alone_and_words_that_come_meanwhile_go_first() {
    let system = System::over(NOTE);
    system.write("deeds.tiff", three_pages("the deed of the mill"));
    system.engine.pause(None).expect("paused");
    system.index();
    assert!(system.recogniser.asked().is_empty());
    system.engine.resume(None).expect("resumed");
    // While the first page is read somebody asks for a scan: the turn ends, and goes on afterwards.
    let engine = system.engine.clone();
    let asked = Arc::new(AtomicUsize::new(0));
    let counting = Arc::clone(&asked);
    system.recogniser.before_each(move |_| {
        if counting.fetch_add(1, Ordering::SeqCst) == 0 {
            let source = engine.ledger().sources().expect("sources")[0].id;
            engine.scan_source(source).expect("asked");
        }
    });
    let summary = system.index();
    assert_eq!((asked.load(Ordering::SeqCst), summary.recognised), (3, 3));
    assert_eq!(counts(&system).read, 3);
    system.assert_sound();
}
