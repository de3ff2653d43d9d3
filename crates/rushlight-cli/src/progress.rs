//! Progress bars drawn from index events; nothing for the first quarter of a second, nothing where nobody looks.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;
use rushlight_core::{IndexEvent, Reporter};

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
    first_vector: Option<Instant>,
    last_vector: Option<Instant>,
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
            first_vector: None,
            last_vector: None,
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
                state.done += 1;
                state.last_file = Some(Instant::now());
                let (done, total) = (state.done, state.planned.max(state.done));
                self.show(
                    &state,
                    "reading",
                    done,
                    total,
                    format!("{done} of {total} files  {path}"),
                );
            }
            IndexEvent::Embedded { done, waiting } => {
                let now = Instant::now();
                let first = *state.first_vector.get_or_insert(now);
                state.last_vector = Some(now);
                let total = done + waiting;
                let rate = *done as f64 / now.duration_since(first).as_secs_f64().max(1.0);
                let left = *waiting as f64 / rate.max(0.1);
                let message = format!("{done} of {total} passages  {}", eta(left));
                self.show(&state, "embedding", *done, total, message);
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
