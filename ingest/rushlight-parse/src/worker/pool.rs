//! The parent's side: starts workers, hands them documents, replaces them.

use std::fmt;
use std::io::{self, BufReader, BufWriter, Write};
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use rushlight_core::{Error, ErrorCode, Result};

use super::Isolation;
use super::protocol::{
    Answer, Job, MAX_FRAME, Ready, Setup, VERSION, receive, receive_answer, send, write_frame,
};
use crate::options::{WorkerCommand, WorkerLimits};
use crate::scan::RecogniserFiles;

/// What became of a document.
#[derive(Debug)]
pub(crate) enum Reply {
    /// The worker's answer.
    Answer(Answer),
    /// The worker did not survive it: what happened, for people.
    Lost(String),
}

/// Workers at rest, and how to start more.
#[derive(Debug)]
pub(crate) struct Pool {
    command: WorkerCommand,
    limits: WorkerLimits,
    /// Models that every worker loads.
    recogniser: Option<RecogniserFiles>,
    resting: Mutex<Vec<Worker>>,
}

impl Pool {
    pub(crate) fn new(command: WorkerCommand, limits: WorkerLimits) -> Self {
        Self {
            command,
            limits,
            recogniser: None,
            resting: Mutex::new(Vec::new()),
        }
    }

    /// Of workers that recognise text.
    pub(crate) fn with_recogniser(
        command: WorkerCommand,
        limits: WorkerLimits,
        files: RecogniserFiles,
    ) -> Self {
        Self {
            recogniser: Some(files),
            ..Self::new(command, limits)
        }
    }

    /// Ends the workers that have nothing to do.
    pub(crate) fn rest(&self) {
        self.resting().clear();
    }

    /// Has `bytes` read.
    ///
    /// # Errors
    /// `ParserUnavailable` when no worker can be started.
    pub(crate) fn run(&self, job: Job, bytes: &[u8]) -> Result<Reply> {
        let bytes = Arc::new(bytes.to_vec());
        let mut worker = self.take()?;
        let run = |worker: &mut Worker| {
            worker.ask(job.clone(), Arc::clone(&bytes), 0..bytes.len());
            worker.answer(self.limits.timeout)
        };
        let mut outcome = run(&mut worker);
        if matches!(outcome, Err(Loss::Ended(_))) && !worker.is_fresh() {
            // What earlier documents left behind may have killed it; this one is judged by a fresh worker.
            worker = self.fresh()?;
            outcome = run(&mut worker);
        }
        match outcome {
            Ok(answer) => {
                if !matches!(answer, Answer::Panicked { .. }) {
                    self.give_back(worker, PIECES_PER_DOCUMENT);
                }
                Ok(Reply::Answer(answer))
            }
            Err(loss) => Ok(Reply::Lost(loss.to_string())),
        }
    }

    /// Wall-clock time for one document.
    pub(crate) fn timeout(&self) -> Duration {
        self.limits.timeout
    }

    /// A worker at rest, or a fresh one.
    ///
    /// # Errors
    /// `ParserUnavailable` when no worker can be started.
    pub(crate) fn take(&self) -> Result<Worker> {
        let resting = self.resting().pop();
        match resting {
            Some(worker) => Ok(worker),
            None => self.fresh(),
        }
    }

    /// A worker that has read nothing yet.
    ///
    /// # Errors
    /// `ParserUnavailable` when it cannot be started.
    pub(crate) fn fresh(&self) -> Result<Worker> {
        Worker::start(&self.command, &self.limits, self.recogniser.clone())
            .map_err(|cause| self.unavailable("it does not start").with_source(cause))
    }

    /// Lets a worker rest that has answered all it was asked, so many messages or notes; a document counts as
    /// [`PIECES_PER_DOCUMENT`] of them.
    pub(crate) fn give_back(&self, mut worker: Worker, pieces: u32) {
        worker.served = worker.served.saturating_add(pieces);
        let most = self
            .limits
            .documents_per_worker
            .saturating_mul(PIECES_PER_DOCUMENT);
        let mut resting = self.resting();
        if worker.served < most && resting.len() < MAX_RESTING {
            resting.push(worker);
        }
    }

    fn resting(&self) -> MutexGuard<'_, Vec<Worker>> {
        self.resting
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    /// How far workers are shut off here, found out by trying.
    pub(crate) fn probe(&self) -> Result<(Isolation, bool)> {
        let mut worker = self.fresh()?;
        worker.ask(Job::Probe, Arc::default(), 0..0);
        match worker.answer(self.limits.timeout) {
            Ok(Answer::Probe {
                file_refused,
                socket_refused,
                program_refused,
            }) => Ok((
                worker.isolation,
                file_refused && socket_refused && program_refused,
            )),
            Ok(_) | Err(_) => Err(self.unavailable("it did not answer a test")),
        }
    }

    fn unavailable(&self, what: &str) -> Error {
        Error::new(
            ErrorCode::ParserUnavailable,
            format!(
                "cannot use the parse worker `{}`: {what}",
                self.command.program.display()
            ),
        )
    }
}

/// Messages and notes that wear a worker as much as one document does: they are read by Rust alone, which leaks nothing.
const PIECES_PER_DOCUMENT: u32 = 100;
/// Workers that rest; more are ended.
const MAX_RESTING: usize = 8;

/// Why there is no answer; for people.
#[derive(Debug)]
pub(crate) enum Loss {
    /// The worker was killed for taking longer than this.
    Late(Duration),
    /// The worker ended, or talked nonsense and was killed: how.
    Ended(String),
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Late(limit) => write!(f, "it took longer than {} s", limit.as_secs()),
            Self::Ended(how) => f.write_str(how),
        }
    }
}

/// Bytes of which a range is sent.
type Request = (Job, Arc<Vec<u8>>, Range<usize>);

/// A process that reads. One that is dropped is ended.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    /// Requests go through a thread of their own, so that a worker which does not read cannot hold the caller.
    requests: Option<Sender<Request>>,
    replies: Receiver<io::Result<Answer>>,
    isolation: Isolation,
    /// What it has read, as pieces.
    served: u32,
}

impl Worker {
    fn start(
        command: &WorkerCommand,
        limits: &WorkerLimits,
        recogniser: Option<RecogniserFiles>,
    ) -> io::Result<Self> {
        let mut start = Command::new(&command.program);
        start
            .args(&command.args)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            start.process_group(0).current_dir("/");
        }
        let mut child = start.spawn()?;
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(io::Error::other("a pipe is missing"));
        };
        let setup = Setup {
            version: VERSION,
            memory_bytes: limits.memory_bytes,
            // Each thread spends its own.
            cpu_seconds: limits.timeout.as_secs().max(1)
                * recogniser.as_ref().map_or(1, |files| files.threads.max(1) as u64),
            recogniser,
        };
        let (requests, to_send) = mpsc::channel();
        let (ready_to, ready) = mpsc::channel();
        let (answered, replies) = mpsc::channel();
        let mut worker = Self {
            child,
            requests: Some(requests),
            replies,
            isolation: Isolation::default(),
            served: 0,
        };
        // Ends when the worker does, or when this end of it is dropped.
        std::thread::Builder::new()
            .name("parse-worker".to_owned())
            .spawn(move || converse(stdin, stdout, &setup, &ready_to, &to_send, &answered))?;
        let ready = match ready.recv_timeout(limits.start_timeout) {
            Ok(ready) => ready?,
            Err(_) => return Err(io::Error::new(io::ErrorKind::TimedOut, "it does not answer")),
        };
        if ready.version != VERSION {
            return Err(io::Error::other("it is of another version"));
        }
        if let Some(fault) = ready.fault {
            return Err(io::Error::other(fault));
        }
        tracing::debug!(isolation = ?ready.isolation, "parse worker started");
        worker.isolation = ready.isolation;
        Ok(worker)
    }

    /// True when it has read nothing before what it is reading now.
    pub(crate) fn is_fresh(&self) -> bool {
        self.served == 0
    }

    /// Has it read the bytes in `range`. As many answers follow as [`Job::answers`] says; the one that it panicked is the last.
    pub(crate) fn ask(&mut self, job: Job, bytes: Arc<Vec<u8>>, range: Range<usize>) {
        // Should it have ended, its answer will say so.
        if let Some(requests) = &self.requests {
            let _ = requests.send((job, bytes, range));
        }
    }

    /// Its next answer. After none, or one that it panicked, there are no more.
    pub(crate) fn answer(&mut self, timeout: Duration) -> Result<Answer, Loss> {
        match self.replies.recv_timeout(timeout) {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(Loss::Ended(self.end())),
            Err(RecvTimeoutError::Timeout) => {
                self.kill();
                Err(Loss::Late(timeout))
            }
        }
    }

    /// How a worker that stopped answering ended, for people.
    fn end(&mut self) -> String {
        // It has closed its pipe, so it is as good as gone; what talks nonsense is not, and is killed.
        let deadline = Instant::now() + Duration::from_secs(2);
        loop {
            match self.child.try_wait() {
                Ok(Some(status)) => return describe(status),
                Ok(None) if Instant::now() < deadline => std::thread::sleep(Duration::from_millis(5)),
                _ => return "the worker gave no sensible answer".to_owned(),
            }
        }
    }

    fn kill(&mut self) {
        #[cfg(unix)]
        if let Ok(pid) = i32::try_from(self.child.id()) {
            // The whole group, should it have got a child past the guard.
            let _ =
                nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.requests = None;
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            self.kill();
        }
    }
}

fn converse(
    stdin: ChildStdin,
    stdout: ChildStdout,
    setup: &Setup,
    ready: &Sender<io::Result<Ready>>,
    requests: &Receiver<Request>,
    answers: &Sender<io::Result<Answer>>,
) {
    let (mut stdin, mut stdout) = (BufWriter::new(stdin), BufReader::new(stdout));
    let ended = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let first = send(&mut stdin, setup)
        .and_then(|()| stdin.flush())
        .and_then(|()| receive::<Ready>(&mut stdout, 1 << 12))
        .and_then(|first| first.ok_or_else(ended));
    let failed = first.is_err();
    if ready.send(first).is_err() || failed {
        return;
    }
    while let Ok((job, bytes, range)) = requests.recv() {
        let mut sent = send(&mut stdin, &job)
            .and_then(|()| write_frame(&mut stdin, bytes.get(range).unwrap_or_default()))
            .and_then(|()| stdin.flush());
        drop(bytes);
        for _ in 0..job.answers() {
            let answer = std::mem::replace(&mut sent, Ok(()))
                .and_then(|()| receive_answer(&mut stdout, MAX_FRAME))
                .and_then(|answer| answer.ok_or_else(ended));
            let failed = answer.is_err();
            let over = matches!(answer, Ok(Answer::Panicked { .. }));
            if answers.send(answer).is_err() || failed {
                return;
            }
            if over {
                break;
            }
        }
    }
}

fn describe(status: ExitStatus) -> String {
    #[cfg(unix)]
    {
        use nix::sys::signal::Signal;
        use std::os::unix::process::ExitStatusExt;
        if let Some(number) = status.signal() {
            return match Signal::try_from(number) {
                Ok(Signal::SIGABRT | Signal::SIGSEGV | Signal::SIGBUS) => {
                    "it ran out of stack or memory".to_owned()
                }
                Ok(Signal::SIGXCPU) => "it took too much processor time".to_owned(),
                Ok(signal) => format!("the worker was ended by {signal}"),
                Err(_) => format!("the worker was ended by signal {number}"),
            };
        }
    }
    match status.code() {
        Some(code) => format!("the worker ended with exit code {code}"),
        None => "the worker ended".to_owned(),
    }
}
