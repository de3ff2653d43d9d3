//! Progress bars drawn from index events; nothing for the first quarter of a second, nothing where nobody looks.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;
use rushlight_core::{IndexEvent, Reporter};
use rushlight_engine::Rate;

/// Work that is done sooner than this shows no bar.
const QUIET: Duration = Duration::from_millis(250);

/// A bar on standard error, or nothing.
pub(crate) fn bar(draw: bool, template: &str) -> ProgressBar {
    let target = if draw {
        ProgressDrawTarget::stderr_with_hz(10)
    } else {
        ProgressDrawTarget::hidden()
    };
    let style = ProgressStyle::with_template(template)
        .expect("our templates are valid, every command's test draws one");
    ProgressBar::with_draw_target(None, target).with_style(style.progress_chars("━╸─"))
}

/// Draws indexing as one bar: files first, then vectors. Remembers when words and when vectors were done.
pub(crate) struct IndexBar {
    bar: ProgressBar,
    state: Mutex<State>,
}

struct State {
    begun: Instant,
    planned: u64,
    done: u64,
    last_file: Option<Instant>,
    files: Rate,
    vectors: Rate,
    embedded: u64,
    last_vector: Option<Instant>,
    pages: Rate,
    recognised: u64,
    last_page: Option<Instant>,
}

/// How long the two halves of indexing took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct IndexTimes {
    /// Until the last file was searchable by word.
    pub(crate) by_word: Duration,
    /// From there until the last vector was computed.
    pub(crate) embedding: Duration,
}

impl IndexBar {
    pub(crate) fn new(draw: bool) -> Self {
        let state = State {
            begun: Instant::now(),
            planned: 0,
            done: 0,
            last_file: None,
            files: Rate::default(),
            vectors: Rate::default(),
            embedded: 0,
            last_vector: None,
            pages: Rate::default(),
            recognised: 0,
            last_page: None,
        };
        Self {
            bar: bar(draw, "{prefix:>9} {bar:28.yellow} {msg}"),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn finish(&self) -> IndexTimes {
        self.bar.finish_and_clear();
        let state = self.state.lock();
        let words = state.last_file.unwrap_or(state.begun);
        IndexTimes {
            by_word: words.duration_since(state.begun),
            embedding: state
                .last_vector
                .map_or(Duration::ZERO, |last| last.saturating_duration_since(words)),
        }
    }

    fn show(&self, state: &State, prefix: &'static str, done: u64, total: u64, message: String) {
        if state.begun.elapsed() < QUIET {
            return;
        }
        self.bar.set_prefix(prefix);
        self.bar.set_length(total);
        self.bar.set_position(done);
        self.bar.set_message(message);
    }
}

impl Reporter for IndexBar {
    fn report(&self, event: &IndexEvent) {
        let mut state = self.state.lock();
        match event {
            IndexEvent::Planned { upserts, .. } => state.planned += upserts,
            IndexEvent::FileDone { path, .. } => {
                let now = Instant::now();
                let since = state.last_file.replace(now).unwrap_or(state.begun);
                state.done += 1;
                state.files.add(1.0, now.duration_since(since));
                let (done, total) = (state.done, state.planned.max(state.done));
                let left = state
                    .files
                    .seconds_for((total - done) as f64)
                    .map_or(String::new(), eta);
                self.show(
                    &state,
                    "reading",
                    done,
                    total,
                    format!("{done} of {total} files  {left}  {path}"),
                );
            }
            IndexEvent::Embedded { done, waiting } => {
                let now = Instant::now();
                let since = state
                    .last_vector
                    .replace(now)
                    .or(state.last_file)
                    .unwrap_or(state.begun);
                let new = done.saturating_sub(state.embedded);
                state.embedded = *done;
                state.vectors.add(new as f64, now.duration_since(since));
                let total = done + waiting;
                let left = state
                    .vectors
                    .seconds_for(*waiting as f64)
                    .map_or(String::new(), eta);
                let message = format!("{done} of {total} passages  {left}");
                self.show(&state, "embedding", *done, total, message);
            }
            IndexEvent::Recognised { done, waiting } => {
                let now = Instant::now();
                let since = state
                    .last_page
                    .replace(now)
                    .or(state.last_file)
                    .unwrap_or(state.begun);
                let new = done.saturating_sub(state.recognised);
                state.recognised = *done;
                state.pages.add(new as f64, now.duration_since(since));
                let total = done + waiting;
                let left = state
                    .pages
                    .seconds_for(*waiting as f64)
                    .map_or(String::new(), eta);
                let message = format!("{done} of {total} scanned pages  {left}");
                self.show(&state, "scans", *done, total, message);
            }
            IndexEvent::ScanStarted { .. }
            | IndexEvent::Committed { .. }
            | IndexEvent::Offline { .. }
            | IndexEvent::Idle => {}
        }
    }
}

fn eta(seconds: f64) -> String {
    match seconds.round() as u64 {
        0..=1 => String::new(),
        s @ 2..=99 => format!("{s} s left"),
        s => format!("{} min left", s.div_ceil(60)),
    }
}
