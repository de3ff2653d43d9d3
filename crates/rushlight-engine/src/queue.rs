//! Questions in front of the language model: one at a time, in turns between those who ask, and not endlessly many.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use rushlight_core::{Error, ErrorCode, Principal, Result};

/// How often who waits looks whether the question still stands.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Askers who may fill their share of the queue at the same time.
const FULL_SHARES: usize = 4;

/// Askers whose last turn is remembered.
const REMEMBERED: usize = 256;

/// Who asks: all of their principals.
type Asker = Vec<Principal>;

/// Who is being answered and who waits.
pub(crate) struct Queue {
    /// Questions of one asker that may wait.
    share: usize,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    /// Questions that were let in, by asker, whatever they are at.
    inside: BTreeMap<Asker, usize>,
    busy: bool,
    /// In the order in which they came.
    waiting: Vec<(u64, Asker)>,
    /// When each asker last had a turn, by the count of turns.
    last: BTreeMap<Asker, u64>,
    tickets: u64,
    turns: u64,
}

/// A question that was let in, as long as this is kept.
pub(crate) struct Place {
    queue: Arc<Queue>,
    asker: Asker,
}

/// The model is this question's, as long as this is kept.
pub(crate) struct Turn<'a>(&'a Queue);

impl Queue {
    /// A queue in which `share` questions of each asker may wait while another is answered.
    pub(crate) fn new(share: usize) -> Self {
        Self {
            share,
            state: Mutex::default(),
            moved: Condvar::new(),
        }
    }

    /// Lets a question in.
    ///
    /// # Errors
    /// `Busy` when the asker, or all of them together, have as many questions in as may be.
    pub(crate) fn enter(self: &Arc<Self>, principals: &[Principal]) -> Result<Place> {
        let asker = asker(principals);
        let mut state = self.state.lock();
        let own = state.inside.get(&asker).copied().unwrap_or(0);
        let all: usize = state.inside.values().sum();
        let busy = |message| Err(Error::new(ErrorCode::Busy, message));
        if own > self.share {
            return busy(format!("{} of your questions are waiting already", self.share));
        }
        if all > self.share * FULL_SHARES {
            return busy(format!("{} questions are waiting already", all - 1));
        }
        *state.inside.entry(asker.clone()).or_default() += 1;
        Ok(Place {
            queue: Arc::clone(self),
            asker,
        })
    }

    /// Waits for the model. `ahead` is told how many questions are answered before this one, at first and whenever it
    /// changes, and every tenth of a second whether it still is to wait is asked of `go_on`.
    ///
    /// # Errors
    /// `Cancelled` when one of the two breaks.
    pub(crate) fn turn(
        &self,
        principals: &[Principal],
        ahead: &mut dyn FnMut(usize) -> ControlFlow<()>,
        go_on: &dyn Fn() -> ControlFlow<()>,
    ) -> Result<Turn<'_>> {
        let asker = asker(principals);
        let mut state = self.state.lock();
        state.tickets += 1;
        let ticket = state.tickets;
        state.waiting.push((ticket, asker));
        let mut told = 0;
        loop {
            let before = state.ahead_of(ticket);
            if before == 0 {
                state.take(ticket);
                return Ok(Turn(self));
            }
            let mut flow = go_on();
            if before != told && flow.is_continue() {
                told = before;
                // Who is told may take their time.
                flow = parking_lot::MutexGuard::unlocked(&mut state, || ahead(before));
            }
            if flow.is_break() {
                state.waiting.retain(|(other, _)| *other != ticket);
                self.moved.notify_all();
                return Err(Error::new(ErrorCode::Cancelled, "the question was withdrawn"));
            }
            // What changed while the lock was open shows at the next look at the latest.
            self.moved.wait_for(&mut state, LOOK_EVERY);
        }
    }
}

impl State {
    /// Questions that have the model before this one, the one that has it now among them.
    fn ahead_of(&self, ticket: u64) -> usize {
        let mut last: BTreeMap<&Asker, u64> = BTreeMap::new();
        let mut turns = self.turns;
        let mut left: Vec<&(u64, Asker)> = self.waiting.iter().collect();
        let mut before = usize::from(self.busy);
        while !left.is_empty() {
            let when = |asker: &Asker| match last.get(asker) {
                Some(turn) => *turn,
                None => self.last.get(asker).copied().unwrap_or(0),
            };
            // Whose last turn is longest ago; who came first among equals.
            let next = (0..left.len()).min_by_key(|at| (when(&left[*at].1), left[*at].0));
            let (number, asker) = left.remove(next.unwrap_or(0));
            if *number == ticket {
                break;
            }
            turns += 1;
            last.insert(asker, turns);
            before += 1;
        }
        before
    }

    fn take(&mut self, ticket: u64) {
        let Some(at) = self.waiting.iter().position(|(other, _)| *other == ticket) else {
            return;
        };
        let (_, asker) = self.waiting.remove(at);
        self.busy = true;
        self.turns += 1;
        self.last.insert(asker, self.turns);
        if self.last.len() > REMEMBERED {
            let oldest = self.last.values().min().copied();
            self.last.retain(|_, turn| Some(*turn) != oldest);
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut state = self.queue.state.lock();
        if let Some(count) = state.inside.get_mut(&self.asker) {
            *count -= 1;
            if *count == 0 {
                state.inside.remove(&self.asker);
            }
        }
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.state.lock().busy = false;
        self.0.moved.notify_all();
    }
}

fn asker(principals: &[Principal]) -> Asker {
    let mut asker = principals.to_vec();
    asker.sort_unstable();
    asker.dedup();
    asker
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    fn who(name: &str) -> Vec<Principal> {
        vec![Principal(name.to_owned())]
    }

    fn quiet() -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    #[test]
    fn a_share_is_each_askers_own_and_comes_back() {
        let queue = Arc::new(Queue::new(1));
        let mut places: Vec<Place> = (0..2).map(|_| queue.enter(&who("a")).expect("room")).collect();
        let error = queue.enter(&who("a")).err().expect("full");
        assert_eq!(error.code(), ErrorCode::Busy);
        assert_eq!(error.message(), "1 of your questions are waiting already");
        places.push(queue.enter(&who("b")).expect("another's share"));
        places.pop();
        places.pop();
        assert!(queue.enter(&who("a")).is_ok());
    }

    #[test]
    fn all_of_them_together_are_not_endlessly_many() {
        let queue = Arc::new(Queue::new(1));
        let names = ["a", "b", "c", "d", "e"];
        let places: Vec<Place> = names
            .iter()
            .map(|name| queue.enter(&who(name)).expect("room"))
            .collect();
        assert_eq!(places.len(), 5);
        let error = queue.enter(&who("f")).err().expect("full");
        assert_eq!(error.message(), "4 questions are waiting already");
    }

    #[test]
    fn who_asks_once_is_not_behind_all_of_anothers() {
        let queue = Queue::new(4);
        let (done, order) = channel();
        let (told, positions) = channel();
        std::thread::scope(|scope| {
            let running = queue.turn(&who("a"), &mut |_| quiet(), &quiet).expect("free");
            for (number, name) in ["a", "a", "b", "a", "b", "c"].into_iter().enumerate() {
                let (queue, done, told) = (&queue, done.clone(), told.clone());
                scope.spawn(move || {
                    let mut ahead = |ahead| {
                        let _ = told.send((number, ahead));
                        quiet()
                    };
                    let turn = queue.turn(&who(name), &mut ahead, &quiet).expect("a turn");
                    done.send((number, name)).expect("heard");
                    drop(turn);
                });
                while queue.state.lock().waiting.len() <= number {
                    std::thread::yield_now();
                }
            }
            drop(running);
        });
        drop((done, told));
        let order: Vec<_> = order.iter().collect();
        assert_eq!(
            order,
            [(2, "b"), (5, "c"), (0, "a"), (4, "b"), (1, "a"), (3, "a")]
        );
        let positions: Vec<_> = positions.iter().collect();
        let first = |number| {
            positions
                .iter()
                .find(|(of, _)| *of == number)
                .map(|(_, ahead)| *ahead)
        };
        // Two of the first asker's wait, and what a second one asks goes before both.
        assert_eq!([first(0), first(1), first(2)], [Some(1), Some(2), Some(1)]);
    }

    #[test]
    fn who_no_longer_waits_is_forgotten() {
        let queue = Queue::new(4);
        let running = queue.turn(&who("a"), &mut |_| quiet(), &quiet).expect("free");
        for (told, go_on) in [
            (ControlFlow::Break(()), ControlFlow::Continue(())),
            (ControlFlow::Continue(()), ControlFlow::Break(())),
        ] {
            let error = queue.turn(&who("b"), &mut |_| told, &|| go_on).err();
            assert_eq!(error.expect("cancelled").code(), ErrorCode::Cancelled);
        }
        assert!(queue.state.lock().waiting.is_empty());
        drop(running);
        assert!(queue.turn(&who("c"), &mut |_| quiet(), &quiet).is_ok());
    }
}
