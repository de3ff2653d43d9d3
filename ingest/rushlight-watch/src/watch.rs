//! Events of the file system, gathered for a moment and passed on as hints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use notify::event::{MetadataKind, ModifyKind};
use notify::{Config, ErrorKind, Event, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use rushlight_core::{Error, ErrorCode, Result, SourceEvent, WatchGuard};

use crate::options::FolderOptions;
use crate::rules::{IGNORE_FILE, Rules};
use crate::scan::relative;

/// More changed paths than this in one moment are passed on as one rescan: a scan is then the cheaper way.
const MANY: usize = 512;

type Sink = Arc<dyn Fn(SourceEvent) + Send + Sync>;

/// Starts watching `root`.
pub(crate) fn start(
    root: &Path,
    options: &FolderOptions,
    rules: Arc<Rules>,
    sink: Sink,
) -> Result<Box<dyn WatchGuard>> {
    let (events, received) = mpsc::channel();
    let mut watchers: Vec<Box<dyn Watcher + Send>> = Vec::new();
    let watcher =
        notify::recommended_watcher(forward(&events)).and_then(|mut watcher: RecommendedWatcher| {
            watcher.watch(root, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
    match watcher {
        Ok(watcher) => watchers.push(Box::new(watcher)),
        Err(error) => {
            sink(SourceEvent::Degraded(explain(
                root,
                &error,
                options.poll_interval,
            )));
            let config = Config::default()
                .with_poll_interval(options.poll_interval)
                .with_follow_symlinks(false);
            let polled = PollWatcher::new(forward(&events), config).and_then(|mut watcher| {
                watcher.watch(root, RecursiveMode::Recursive)?;
                Ok(watcher)
            });
            match polled {
                Ok(watcher) => watchers.push(Box::new(watcher)),
                // A root that is not there: the caller's own scans will find it when it comes back.
                Err(error) => tracing::debug!(%error, "the folder cannot be polled either"),
            }
        }
    }
    let gatherer = Gatherer {
        root: root.to_path_buf(),
        rules,
        sink,
        debounce: options.debounce,
    };
    let thread = std::thread::Builder::new()
        .name("watch".to_owned())
        .spawn(move || gatherer.run(&received))
        .map_err(|cause| {
            Error::new(
                ErrorCode::Internal,
                format!("cannot start watching `{}`", root.display()),
            )
            .with_source(cause)
        })?;
    Ok(Box::new(Guard {
        watchers,
        stop: events,
        thread: Some(thread),
    }))
}

/// What reaches the gathering thread.
enum Message {
    Event(notify::Result<Event>),
    Stop,
}

fn forward(events: &Sender<Message>) -> impl Fn(notify::Result<Event>) + Send + 'static {
    let events = events.clone();
    move |event| {
        // Nobody listens any more while the guard is being dropped.
        let _ = events.send(Message::Event(event));
    }
}

struct Guard {
    watchers: Vec<Box<dyn Watcher + Send>>,
    stop: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl WatchGuard for Guard {}

impl Drop for Guard {
    fn drop(&mut self) {
        self.watchers.clear();
        let _ = self.stop.send(Message::Stop);
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // The sink returns at once by contract, so this does too.
            let _ = thread.join();
        }
    }
}

/// Collects events until it has been quiet for a moment.
struct Gatherer {
    root: PathBuf,
    rules: Arc<Rules>,
    sink: Sink,
    debounce: Duration,
}

#[derive(Default)]
struct Batch {
    paths: BTreeSet<String>,
    rescan: bool,
    degraded: Option<String>,
}

impl Gatherer {
    fn run(&self, received: &Receiver<Message>) {
        while let Ok(message) = received.recv() {
            let mut batch = Batch::default();
            if self.take(message, &mut batch).is_none() {
                return;
            }
            // Quiet for one interval, but never held back for more than five.
            let deadline = Instant::now() + self.debounce * 5;
            loop {
                let wait = self
                    .debounce
                    .min(deadline.saturating_duration_since(Instant::now()));
                match received.recv_timeout(wait) {
                    Ok(message) => {
                        if self.take(message, &mut batch).is_none() {
                            return;
                        }
                        if Instant::now() >= deadline {
                            break;
                        }
                    }
                    Err(RecvTimeoutError::Timeout) => break,
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            }
            self.pass_on(batch);
        }
    }

    /// Adds a message to the batch; `None` when it was the last.
    fn take(&self, message: Message, batch: &mut Batch) -> Option<()> {
        match message {
            Message::Stop => return None,
            Message::Event(Ok(event)) => self.take_event(&event, batch),
            Message::Event(Err(error)) => {
                if matches!(error.kind, ErrorKind::MaxFilesWatch) {
                    batch.degraded = Some(explain(&self.root, &error, Duration::ZERO));
                }
                tracing::debug!(%error, "watching reported an error");
                batch.rescan = true;
            }
        }
        Some(())
    }

    fn take_event(&self, event: &Event, batch: &mut Batch) {
        if event.need_rescan() {
            batch.rescan = true;
            return;
        }
        if !is_change(event.kind) {
            return;
        }
        for path in &event.paths {
            if path == &self.root {
                // The root itself came or went.
                batch.rescan |= !matches!(event.kind, EventKind::Modify(ModifyKind::Metadata(_)));
                continue;
            }
            if path.file_name().is_some_and(|name| name == IGNORE_FILE) {
                // Other rules: what was seen may now be left out, and the other way round.
                let folder = path
                    .parent()
                    .map_or_else(String::new, |folder| relative(&self.root, folder).0);
                batch.rescan |= folder.is_empty();
                batch.paths.insert(folder);
                continue;
            }
            // Whether a path that is gone was a folder cannot be known; rules for folders then do not match, and the
            // hint is one too many.
            if self.rules.ignores_on_the_way(&self.root, path, path.is_dir()) {
                continue;
            }
            match relative(&self.root, path) {
                (below, true) => {
                    batch.paths.insert(below);
                }
                // A name that is not UTF-8 has no path to hint at, its folder has.
                (_, false) => batch.rescan = true,
            }
        }
    }

    fn pass_on(&self, batch: Batch) {
        if let Some(message) = batch.degraded {
            (self.sink)(SourceEvent::Degraded(message));
        }
        if batch.rescan || batch.paths.len() > MANY {
            (self.sink)(SourceEvent::Rescan);
            return;
        }
        let mut last_folder: Option<String> = None;
        for path in batch.paths {
            // Ordered by name, so what is below a changed folder comes right behind it.
            let covered = last_folder
                .as_ref()
                .is_some_and(|folder| path.starts_with(folder.as_str()));
            if covered {
                continue;
            }
            if self.root.join(&path).is_dir() {
                last_folder = Some(format!("{path}/"));
            }
            (self.sink)(SourceEvent::Changed(path));
        }
    }
}

/// Reading a file is an event to some systems, and so is our own reading.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(_) => false,
        EventKind::Modify(ModifyKind::Metadata(what)) => !matches!(what, MetadataKind::AccessTime),
        _ => true,
    }
}

fn explain(root: &Path, error: &notify::Error, poll: Duration) -> String {
    let root = root.display();
    let remedy = match error.kind {
        ErrorKind::MaxFilesWatch => {
            "the system's limit of watched folders is reached (raise fs.inotify.max_user_watches)".to_owned()
        }
        _ => error.to_string().to_lowercase(),
    };
    if poll.is_zero() {
        format!("changes in `{root}` are noticed by scans only: {remedy}")
    } else {
        format!(
            "`{root}` cannot be watched and is looked through every {} s instead: {remedy}",
            poll.as_secs()
        )
    }
}
