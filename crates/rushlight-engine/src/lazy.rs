//! A model that is loaded when it is first needed.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use parking_lot::{Condvar, Mutex};
use rushlight_core::{Error, ErrorCode, Result};

/// How often who waits for a model looks whether it is still wanted.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Loads a model at its first use and keeps it. After a failure the next use tries again, so that a model that was
/// installed meanwhile is found.
pub struct Lazy<T: ?Sized> {
    inner: Arc<Inner<T>>,
}

struct Inner<T: ?Sized> {
    id: String,
    load: Box<dyn Fn() -> Result<Arc<T>> + Send + Sync>,
    state: Mutex<State<T>>,
    changed: Condvar,
}

enum State<T: ?Sized> {
    Unloaded,
    Loading,
    Ready { model: Arc<T>, used: Instant },
    Failed { code: ErrorCode, message: String },
}

/// What a person is told of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LazyState {
    /// Not needed so far.
    Unloaded,
    /// Being loaded.
    Loading,
    /// Loaded.
    Ready,
    /// Could not be loaded.
    Failed {
        /// What went wrong.
        code: ErrorCode,
        /// On what, and why.
        message: String,
    },
}

impl<T: ?Sized> Lazy<T> {
    /// A model that `load` loads.
    pub fn new(id: impl Into<String>, load: impl Fn() -> Result<Arc<T>> + Send + Sync + 'static) -> Self {
        Self::with(id.into(), Box::new(load), State::Unloaded)
    }

    /// A model that is there already.
    pub fn ready(id: impl Into<String>, model: Arc<T>) -> Self
    where
        T: Send + Sync + 'static,
    {
        let kept = Arc::clone(&model);
        Self::with(id.into(), Box::new(move || Ok(Arc::clone(&kept))), ready(model))
    }

    fn with(id: String, load: Box<dyn Fn() -> Result<Arc<T>> + Send + Sync>, state: State<T>) -> Self {
        Self {
            inner: Arc::new(Inner {
                id,
                load,
                state: Mutex::new(state),
                changed: Condvar::new(),
            }),
        }
    }

    /// The model's id.
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// The model; loads it when it is not there, which may take seconds. A second caller waits for the first.
    ///
    /// # Errors
    /// What loading it came to.
    pub fn get(&self) -> Result<Arc<T>> {
        loop {
            match self.inner.take() {
                Taken::Ready(model) => return Ok(model),
                Taken::ToLoad => return self.inner.load(),
                Taken::Loading => self.inner.wait(None),
            }
        }
    }

    /// As [`Lazy::get`], but asks every tenth of a second whether the model is still wanted. Where it is not, the load goes on by itself
    /// and its model is kept.
    ///
    /// # Errors
    /// `Cancelled` once `go_on` breaks; what loading it came to.
    pub fn get_while(&self, go_on: &dyn Fn() -> ControlFlow<()>) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
    {
        loop {
            match self.inner.take() {
                Taken::Ready(model) => return Ok(model),
                Taken::ToLoad => return self.load_while(go_on),
                Taken::Loading if go_on().is_break() => return Err(unwanted()),
                Taken::Loading => self.inner.wait(Some(LOOK_EVERY)),
            }
        }
    }

    fn load_while(&self, go_on: &dyn Fn() -> ControlFlow<()>) -> Result<Arc<T>>
    where
        T: Send + Sync + 'static,
    {
        let (done, loaded) = mpsc::channel();
        let inner = Arc::clone(&self.inner);
        let spawned = std::thread::Builder::new()
            .name("rushlight-load".to_owned())
            // Nobody listens where the model is not wanted any more.
            .spawn(move || drop(done.send(inner.load())));
        if let Err(cause) = spawned {
            self.inner.set(State::Unloaded);
            let message = format!("cannot start the thread that loads `{}`", self.id());
            return Err(Error::new(ErrorCode::Internal, message).with_source(cause));
        }
        loop {
            match loaded.recv_timeout(LOOK_EVERY) {
                Ok(loaded) => return loaded,
                Err(RecvTimeoutError::Timeout) if go_on().is_break() => return Err(unwanted()),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(panicked(self.id())),
            }
        }
    }

    /// Lets go of a model that nobody has used for so long; the next use loads it again. True where it did.
    pub fn unload_idle(&self, after: Duration) -> bool {
        let mut state = self.inner.state.lock();
        let State::Ready { model, used } = &mut *state else {
            return false;
        };
        if Arc::strong_count(model) > 1 {
            *used = Instant::now();
        }
        let idle = used.elapsed() >= after && Arc::strong_count(model) == 1;
        if idle {
            *state = State::Unloaded;
        }
        idle
    }

    /// When it was last used, where it is there and nobody uses it now.
    pub(crate) fn idle_since(&self) -> Option<Instant> {
        match &*self.inner.state.lock() {
            State::Ready { model, used } if Arc::strong_count(model) == 1 => Some(*used),
            _ => None,
        }
    }

    /// What is to be told of the model, where it is there; that is no use of it.
    pub(crate) fn look<R>(&self, tell: impl FnOnce(&T) -> R) -> Option<R> {
        match &*self.inner.state.lock() {
            State::Ready { model, .. } => Some(tell(model)),
            _ => None,
        }
    }

    /// How it stands, without loading it and without waiting.
    pub fn state(&self) -> LazyState {
        match &*self.inner.state.lock() {
            State::Unloaded => LazyState::Unloaded,
            State::Loading => LazyState::Loading,
            State::Ready { .. } => LazyState::Ready,
            State::Failed { code, message } => LazyState::Failed {
                code: *code,
                message: message.clone(),
            },
        }
    }
}

/// What is found where a model is wanted.
enum Taken<T: ?Sized> {
    Ready(Arc<T>),
    /// Another loads it.
    Loading,
    /// It is said to be loading, and the caller is who has to.
    ToLoad,
}

impl<T: ?Sized> Inner<T> {
    fn take(&self) -> Taken<T> {
        let mut state = self.state.lock();
        match &mut *state {
            State::Ready { model, used } => {
                *used = Instant::now();
                Taken::Ready(Arc::clone(model))
            }
            State::Loading => Taken::Loading,
            State::Unloaded | State::Failed { .. } => {
                *state = State::Loading;
                Taken::ToLoad
            }
        }
    }

    /// Waits until it is no longer being loaded, or for so long.
    fn wait(&self, at_most: Option<Duration>) {
        let mut state = self.state.lock();
        if !matches!(*state, State::Loading) {
            return;
        }
        match at_most {
            Some(at_most) => {
                self.changed.wait_for(&mut state, at_most);
            }
            None => self.changed.wait(&mut state),
        }
    }

    fn set(&self, state: State<T>) {
        *self.state.lock() = state;
        self.changed.notify_all();
    }

    fn load(&self) -> Result<Arc<T>> {
        let unless_done = Panicked(self);
        let loaded = (self.load)();
        std::mem::forget(unless_done);
        self.set(match &loaded {
            Ok(model) => ready(Arc::clone(model)),
            Err(error) => failed(error),
        });
        loaded
    }
}

/// Says, when it is dropped, that loading ended in a panic, so that nobody waits for it.
struct Panicked<'a, T: ?Sized>(&'a Inner<T>);

impl<T: ?Sized> Drop for Panicked<'_, T> {
    fn drop(&mut self) {
        self.0.set(failed(&panicked(&self.0.id)));
    }
}

fn ready<T: ?Sized>(model: Arc<T>) -> State<T> {
    State::Ready {
        model,
        used: Instant::now(),
    }
}

fn failed<T: ?Sized>(error: &Error) -> State<T> {
    State::Failed {
        code: error.code(),
        message: error.chain(),
    }
}

fn panicked(id: &str) -> Error {
    Error::new(ErrorCode::Internal, format!("loading `{id}` ended in a panic"))
}

fn unwanted() -> Error {
    Error::new(ErrorCode::Cancelled, "the question was withdrawn")
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_model_is_let_go_when_nobody_has_it_and_comes_back() {
        let loads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&loads);
        let lazy: Lazy<str> = Lazy::new("m", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            Ok(Arc::from("model"))
        });
        assert!(!lazy.unload_idle(Duration::ZERO), "it is not there");
        let in_use = lazy.get().expect("loads");
        assert!(!lazy.unload_idle(Duration::ZERO), "it is in use");
        drop(in_use);
        assert!(!lazy.unload_idle(Duration::from_secs(3600)), "it was just used");
        assert_eq!(lazy.state(), LazyState::Ready);
        assert!(lazy.unload_idle(Duration::ZERO));
        assert_eq!(lazy.state(), LazyState::Unloaded);
        assert_eq!(&*lazy.get().expect("loads again"), "model");
        assert_eq!(loads.load(Ordering::Relaxed), 2);
    }

    #[test]
    fn what_was_there_from_the_start_stays() {
        let lazy = Lazy::ready("m", Arc::new(7));
        assert!(!lazy.unload_idle(Duration::ZERO));
        assert_eq!(lazy.state(), LazyState::Ready);
    }

    /// A model that takes until it is let go to load, and how often it was loaded.
    fn slow() -> (Lazy<str>, mpsc::Sender<()>, Arc<AtomicUsize>) {
        let loads = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&loads);
        let (let_go, held) = mpsc::channel();
        let held = Mutex::new(held);
        let lazy = Lazy::new("m", move || {
            counted.fetch_add(1, Ordering::Relaxed);
            held.lock().recv().expect("it is let go");
            Ok(Arc::from("model"))
        });
        (lazy, let_go, loads)
    }

    #[test]
    fn who_no_longer_wants_a_model_does_not_wait_for_it_and_it_is_kept() {
        let (lazy, let_go, loads) = slow();
        for _ in 0..2 {
            let error = lazy.get_while(&|| ControlFlow::Break(())).expect_err("withdrawn");
            assert_eq!(error.code(), ErrorCode::Cancelled);
            assert_eq!(lazy.state(), LazyState::Loading);
            assert!(!lazy.unload_idle(Duration::ZERO), "it is being loaded");
        }
        std::thread::scope(|scope| {
            let next = scope.spawn(|| lazy.get_while(&|| ControlFlow::Continue(())));
            let after = scope.spawn(|| lazy.get());
            let_go.send(()).expect("somebody loads");
            for waiting in [next, after] {
                assert_eq!(&*waiting.join().expect("no panic").expect("loaded"), "model");
            }
        });
        assert_eq!(
            loads.load(Ordering::Relaxed),
            1,
            "the load that went on is the one"
        );
        assert!(lazy.look(str::len) == Some(5) && lazy.idle_since().is_some());
    }

    #[test]
    fn a_load_that_fails_or_panics_is_its_state_and_is_tried_again() {
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        let lazy: Lazy<str> = Lazy::new("m", move || match counted.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Error::new(ErrorCode::ModelMissing, "there is none")),
            1 => panic!("a broken adapter"),
            _ => Ok(Arc::from("model")),
        });
        let wanted = || ControlFlow::Continue(());
        let error = lazy.get_while(&wanted).expect_err("missing");
        assert_eq!(
            (error.code(), error.message()),
            (ErrorCode::ModelMissing, "there is none")
        );
        let error = lazy.get_while(&wanted).expect_err("a panic");
        assert_eq!(error.message(), "loading `m` ended in a panic");
        assert!(matches!(
            lazy.state(),
            LazyState::Failed {
                code: ErrorCode::Internal,
                ..
            }
        ));
        assert_eq!(&*lazy.get_while(&wanted).expect("loads"), "model");
    }
}
