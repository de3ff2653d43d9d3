//! The worker's side: limit yourself, then read what you are given.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::net::TcpListener;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::sync::Mutex;

use super::protocol::{
    Answer, Job, MAX_FRAME, Piece, Ready, Setup, VERSION, read_frame, receive, send, send_answer,
};
use rushlight_ocr::{ModelBytes, Recogniser};

use super::{Isolation, limits};
use crate::apart::{Apart, Care, InPlace};
use crate::scan::RecogniserFiles;
use crate::{archive, calendar, evernote, html, mail, office, outlook, pdf, scan};

/// Libraries recurse as deep as their input; a frame of theirs is rarely over a kilobyte.
const STACK_BYTES: usize = 64 << 20;

/// Runs the worker until its standard input ends. To be called first thing in a process of its own, before any other
/// thread is started: the limits it sets cannot be lifted again.
pub fn main() -> ExitCode {
    run(|tools, job, bytes, reply| work(tools, job, bytes, &mut |_, _| {}, reply))
}

/// As [`main`], but a document that begins with `%PDF-%FAULT-`, and a message or note in which `%FAULT-` stands, makes it
/// misbehave in the way the next word says; behind `%FAULT-usual-` and `%FAULT-great-` it is done up to that care only. For
/// tests of what the parent does then.
#[doc(hidden)]
pub fn main_with_faults() -> ExitCode {
    run(|tools, job, bytes, answer| {
        if let Some(fault) = bytes.strip_prefix(b"%PDF-%FAULT-") {
            misbehave(fault);
        }
        work(tools, job, bytes, &mut |piece, care| faulty(piece, care), answer)
    })
}

/// What was loaded before the worker shut itself off.
type Tools = Option<Recogniser>;

/// Takes the answers to a job, one after the other.
type Reply<'a> = &'a mut dyn FnMut(Answer) -> io::Result<()>;

type Work = fn(&Tools, Job, Vec<u8>, Reply<'_>) -> io::Result<()>;

fn run(work: Work) -> ExitCode {
    match serve(work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn serve(work: Work) -> io::Result<()> {
    let mut replies = take_standard_output()?;
    let place = quiet_panics();

    let Some(setup) = receive::<Setup>(&mut io::stdin().lock(), MAX_FRAME)? else {
        return Ok(());
    };
    let (tools, fault) = match setup.recogniser.as_ref().map(load).transpose() {
        Ok(tools) => (tools, None),
        Err(fault) => (None, Some(fault.chars().take(500).collect())),
    };
    let isolation = isolate(&setup);
    send(
        &mut replies,
        &Ready {
            version: VERSION,
            isolation,
            fault,
        },
    )?;
    replies.flush()?;
    if setup.version != VERSION {
        return Ok(());
    }
    // Started now, it is shut off as this thread is.
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .stack_size(STACK_BYTES)
            .spawn_scoped(scope, || {
                answer_all(work, &tools, setup.cpu_seconds, &mut replies, place)
            })?;
        thread
            .join()
            .unwrap_or_else(|_| Err(io::Error::other("the thread that reads is gone")))
    })
}

fn answer_all(
    work: Work,
    tools: &Tools,
    cpu_seconds: u64,
    replies: &mut impl Write,
    place: &Mutex<String>,
) -> io::Result<()> {
    let mut requests = io::stdin().lock();
    while let Some(job) = receive::<Job>(&mut requests, MAX_FRAME)? {
        let Some(bytes) = read_frame(&mut requests, MAX_FRAME)? else {
            return Ok(());
        };
        limits::allow_cpu(cpu_seconds);
        let mut reply = |answer| {
            send_answer(replies, answer)?;
            limits::allow_cpu(cpu_seconds);
            Ok(())
        };
        match panic::catch_unwind(AssertUnwindSafe(|| work(tools, job, bytes, &mut reply))) {
            Ok(outcome) => outcome?,
            Err(_) => {
                let at = place.lock().map(|at| at.clone()).unwrap_or_default();
                send_answer(replies, Answer::Panicked { at })?;
            }
        }
    }
    Ok(())
}

/// The models; the error is short and for people.
fn load(files: &RecogniserFiles) -> Result<Recogniser, String> {
    let read = |path: &Path| {
        std::fs::read(path).map_err(|error| format!("`{}` cannot be read: {error}", path.display()))
    };
    let models = ModelBytes {
        detector: read(&files.detector)?,
        recogniser: read(&files.recogniser)?,
        dictionary: String::from_utf8(read(&files.dictionary)?)
            .map_err(|_| format!("`{}` is not text", files.dictionary.display()))?,
    };
    Recogniser::load(models, files.threads.max(1)).map_err(|error| error.to_string())
}

/// `before` is told of each message or note before it is read, and with what care.
fn work(
    tools: &Tools,
    job: Job,
    bytes: Vec<u8>,
    before: &mut dyn FnMut(&[u8], Care),
    reply: Reply<'_>,
) -> io::Result<()> {
    let Job::Pieces {
        piece,
        terms,
        lengths,
    } = job
    else {
        return reply(answer(tools, job, bytes));
    };
    let inside = InPlace { terms };
    let mut rest = bytes.as_slice();
    for length in lengths {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
        let (own, behind) = rest.split_at(length);
        before(own, terms.care);
        reply(Answer::Apart(match piece {
            Piece::Message => mail::take(own, &inside),
            Piece::Note => evernote::take(own, &inside),
        }))?;
        rest = behind;
    }
    Ok(())
}

fn answer(tools: &Tools, job: Job, bytes: Vec<u8>) -> Answer {
    match job {
        Job::Pieces { .. } => Answer::Apart(Apart::default()),
        Job::SavedPage { terms } => Answer::SavedPage(mail::saved_page(&bytes, terms).map(Box::new)),
        Job::Evernote => Answer::Evernote(evernote::part(&bytes)),
        Job::Frames => Answer::Frames(scan::frame_count(&bytes)),
        Job::Pdf {
            max_text,
            passwords,
            engines,
        } => Answer::Pdf(pdf::extract(&bytes, max_text, passwords.as_slice(), engines)),
        Job::Page { origin, max_text } => {
            Answer::Page(html::extract(&String::from_utf8_lossy(&bytes), origin, max_text))
        }
        Job::Office { kind, max_text } => Answer::Office(Box::new(office::extract(kind, &bytes, max_text))),
        Job::Archive { kind, window } => Answer::Archive(archive::unpack(kind, &bytes, window)),
        Job::Outlook { kind } => Answer::Outlook(outlook::extract(kind, &bytes)),
        Job::OutlookStore { window } => Answer::OutlookStore(outlook::extract_store(bytes, window)),
        Job::Calendar { max_text } => {
            Answer::Calendar(calendar::extract(&String::from_utf8_lossy(&bytes), max_text))
        }
        Job::Recognise {
            form,
            page,
            passwords,
        } => Answer::Recognised(match tools {
            Some(recogniser) => scan::recognise(recogniser, &bytes, form.into(), page, passwords.as_slice()),
            None => Err("this worker has no models".to_owned()),
        }),
        Job::Probe => probe(),
    }
}

/// Tries what a reader of documents has no need of.
fn probe() -> Answer {
    let program = std::env::current_exe().unwrap_or_default();
    Answer::Probe {
        file_refused: OpenOptions::new().read(true).open("/").is_err() && std::fs::read_dir("/").is_err(),
        socket_refused: TcpListener::bind(("127.0.0.1", 0)).is_err(),
        program_refused: Command::new(program).spawn().is_err(),
    }
}

fn isolate(setup: &Setup) -> Isolation {
    let limits = limits::set(setup.memory_bytes);
    #[cfg(target_os = "linux")]
    {
        // Landlock and seccomp of an unprivileged process ask for it.
        let _ = nix::sys::prctl::set_no_new_privs();
        let file_system = super::sandbox::deny_file_system();
        Isolation {
            limits,
            file_system,
            system_calls: super::sandbox::deny_system_calls(),
        }
    }
    #[cfg(not(target_os = "linux"))]
    Isolation {
        limits,
        ..Isolation::default()
    }
}

/// The pipe to the parent. Standard output is pointed elsewhere, so that a library that prints cannot garble it.
#[cfg(unix)]
fn take_standard_output() -> io::Result<impl Write> {
    use std::os::fd::AsFd;
    let pipe = io::stdout().as_fd().try_clone_to_owned()?;
    nix::unistd::dup2_stdout(OpenOptions::new().write(true).open("/dev/null")?)?;
    Ok(io::BufWriter::new(std::fs::File::from(pipe)))
}

#[cfg(not(unix))]
fn take_standard_output() -> io::Result<impl Write> {
    Ok(io::BufWriter::new(io::stdout()))
}

/// Panics are kept by their place: their message may hold text of the document.
fn quiet_panics() -> &'static Mutex<String> {
    static PLACE: Mutex<String> = Mutex::new(String::new());
    panic::set_hook(Box::new(|info| {
        if let (Some(at), Ok(mut place)) = (info.location(), PLACE.lock()) {
            let file = at.file().rsplit(['/', '\\']).next().unwrap_or_default();
            *place = format!("{file}:{}", at.line());
        }
    }));
    &PLACE
}

fn faulty(piece: &[u8], care: Care) {
    const MARK: &[u8] = b"%FAULT-";
    let Some(at) = memchr::memmem::find(piece, MARK) else {
        return;
    };
    let fault = &piece[at + MARK.len()..];
    let (fault, up_to) = if let Some(fault) = fault.strip_prefix(b"usual-") {
        (fault, Care::Usual)
    } else if let Some(fault) = fault.strip_prefix(b"great-") {
        (fault, Care::Great)
    } else {
        (fault, Care::Utmost)
    };
    if care <= up_to {
        misbehave(fault);
    }
}

fn misbehave(fault: &[u8]) {
    let starts = |word: &[u8]| fault.starts_with(word);
    if starts(b"panic") {
        panic!("as asked");
    } else if starts(b"overflow") {
        std::hint::black_box(recurse(1));
    } else if starts(b"hang") {
        loop {
            std::thread::park();
        }
    } else if starts(b"memory") {
        std::hint::black_box(vec![1u8; 1 << 40]);
    } else if starts(b"fill") {
        // Piece by piece, as a document does that unfolds.
        let pieces: Vec<_> = (0..256).map(|n| vec![n as u8; 16 << 20]).collect();
        std::hint::black_box(pieces);
    } else if starts(b"exit") {
        std::process::exit(3);
    } else if starts(b"garble") {
        // A library that prints.
        let _ = io::stdout().write_all(b"noise");
        let _ = io::stdout().flush();
    }
}

#[expect(unconditional_recursion, reason = "it is there to overflow the stack")]
fn recurse(n: u64) -> u64 {
    let frame = std::hint::black_box([n; 64]);
    recurse(frame[0] + 1) + frame[63]
}
