//! Events of the file system, gathered for a moment and passed on as hints.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, PoisonError};
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
    start_with(root, options, rules, sink, |root, handler| {
        let mut watcher: RecommendedWatcher = notify::recommended_watcher(handler)?;
        watcher.watch(root, RecursiveMode::Recursive)?;
        Ok(Box::new(watcher))
    })
}

/// The same with another way to have the system watch.
fn start_with(
    root: &Path,
    options: &FolderOptions,
    rules: Arc<Rules>,
    sink: Sink,
    open: impl FnOnce(&Path, Handler) -> notify::Result<AnyWatcher>,
) -> Result<Box<dyn WatchGuard>> {
    let (events, received) = mpsc::channel();
    let watching = Arc::new(Watching {
        root: root.to_path_buf(),
        poll_interval: options.poll_interval,
        events: events.clone(),
        watcher: Mutex::default(),
    });
    match open(root, forward(&events)) {
        Ok(watcher) => watching.keep(Some(watcher)),
        Err(error) => sink(SourceEvent::Degraded(watching.poll_instead(&error))),
    }
    let gatherer = Gatherer {
        root: root.to_path_buf(),
        rules,
        sink,
        debounce: options.debounce,
        watching: Arc::clone(&watching),
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
        watching,
        stop: events,
        thread: Some(thread),
    }))
}

type AnyWatcher = Box<dyn Watcher + Send>;
type Handler = Box<dyn Fn(notify::Result<Event>) + Send>;

/// What watches the root at present.
struct Watching {
    root: PathBuf,
    poll_interval: Duration,
    events: Sender<Message>,
    watcher: Mutex<Option<AnyWatcher>>,
}

impl Watching {
    fn keep(&self, watcher: Option<AnyWatcher>) {
        let mut kept = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *kept, watcher);
        drop(kept);
        // Ended without the lock: it may wait for a thread of its own.
        drop(before);
    }

    /// Looks through the folder from time to time in place of a watcher that failed; says so for people.
    fn poll_instead(&self, error: &notify::Error) -> String {
        self.keep(None);
        let config = Config::default()
            .with_poll_interval(self.poll_interval)
            .with_follow_symlinks(false);
        let polled = PollWatcher::new(forward(&self.events), config).and_then(|mut watcher| {
            watcher.watch(&self.root, RecursiveMode::Recursive)?;
            Ok(watcher)
        });
        match polled {
            Ok(watcher) => {
                self.keep(Some(Box::new(watcher)));
                explain(&self.root, error, self.poll_interval)
            }
            // A root that is not there: the caller's own scans will find it when it comes back.
            Err(cause) => {
                tracing::debug!(%cause, "the folder cannot be polled either");
                explain(&self.root, error, Duration::ZERO)
            }
        }
    }
}

/// What reaches the gathering thread.
enum Message {
    Event(notify::Result<Event>),
    Stop,
}

fn forward(events: &Sender<Message>) -> Handler {
    let events = events.clone();
    Box::new(move |event| {
        // Nobody listens any more while the guard is being dropped.
        let _ = events.send(Message::Event(event));
    })
}

struct Guard {
    watching: Arc<Watching>,
    stop: Sender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl WatchGuard for Guard {}

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.stop.send(Message::Stop);
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
        {
            // The sink returns at once by contract, so this does too.
            let _ = thread.join();
        }
        self.watching.keep(None);
    }
}

/// Collects events until it has been quiet for a moment.
struct Gatherer {
    root: PathBuf,
    rules: Arc<Rules>,
    sink: Sink,
    debounce: Duration,
    watching: Arc<Watching>,
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
                    // A new folder could not be watched: from here on all of them are looked through.
                    batch.degraded = Some(self.watching.poll_instead(&error));
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

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    struct Seen {
        events: Arc<Mutex<Vec<SourceEvent>>>,
    }

    impl Seen {
        fn sink(&self) -> Sink {
            let events = Arc::clone(&self.events);
            Arc::new(move |event| events.lock().expect("not poisoned").push(event))
        }

        fn eventually(&self, what: &str, holds: impl Fn(&SourceEvent) -> bool) {
            let begun = Instant::now();
            while !self.events.lock().expect("not poisoned").iter().any(&holds) {
                assert!(
                    begun.elapsed() < Duration::from_secs(20),
                    "{what}: {:?}",
                    self.events.lock()
                );
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    fn is_degraded(event: &SourceEvent) -> bool {
        matches!(event, SourceEvent::Degraded(why) if why.contains("looked through every") && why.contains("max_user_watches"))
    }

    fn options() -> FolderOptions {
        FolderOptions {
            debounce: Duration::from_millis(20),
            poll_interval: Duration::from_millis(50),
            ..FolderOptions::default()
        }
    }

    fn a_new_file_is_noticed(root: &Path, seen: &Seen) {
        fs::write(root.join("new.md"), "text").expect("written");
        seen.eventually("the new file is noticed by polling", |event| match event {
            SourceEvent::Changed(path) => path == "new.md",
            SourceEvent::Rescan => true,
            SourceEvent::Degraded(_) => false,
        });
    }

    #[test]
    fn where_the_limit_of_watches_is_reached_the_folder_is_polled_and_it_is_said() {
        let root = tempfile::tempdir().expect("a folder");
        let rules = Arc::new(Rules::new(root.path(), &options()).expect("sound"));
        let seen = Seen {
            events: Arc::default(),
        };
        let guard = start_with(root.path(), &options(), rules, seen.sink(), |_, _| {
            Err(notify::Error::new(ErrorKind::MaxFilesWatch))
        })
        .expect("starts all the same");
        seen.eventually("it is said", is_degraded);
        a_new_file_is_noticed(root.path(), &seen);
        drop(guard);
    }

    #[test]
    fn a_limit_that_is_reached_later_has_the_same_end() {
        struct Idle;

        impl Watcher for Idle {
            fn new<F: notify::EventHandler>(_: F, _: Config) -> notify::Result<Self> {
                Ok(Self)
            }

            fn watch(&mut self, _: &Path, _: RecursiveMode) -> notify::Result<()> {
                Ok(())
            }

            fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
                Ok(())
            }

            fn kind() -> notify::WatcherKind {
                notify::WatcherKind::NullWatcher
            }
        }

        let root = tempfile::tempdir().expect("a folder");
        let rules = Arc::new(Rules::new(root.path(), &options()).expect("sound"));
        let seen = Seen {
            events: Arc::default(),
        };
        let mut later = None;
        let guard = start_with(root.path(), &options(), rules, seen.sink(), |_, handler| {
            later = Some(handler);
            Ok(Box::new(Idle))
        })
        .expect("starts");
        let later = later.expect("opened");
        later(Ok(
            Event::new(EventKind::Other).set_flag(notify::event::Flag::Rescan)
        ));
        seen.eventually("events that were lost are made up for", |event| {
            *event == SourceEvent::Rescan
        });
        seen.events.lock().expect("not poisoned").clear();
        later(Err(notify::Error::new(ErrorKind::MaxFilesWatch)));
        seen.eventually("it is said", is_degraded);
        seen.eventually("and everything is looked at", |event| {
            *event == SourceEvent::Rescan
        });
        seen.events.lock().expect("not poisoned").clear();
        a_new_file_is_noticed(root.path(), &seen);
        drop(guard);
    }
}
