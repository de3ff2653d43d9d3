//! What the model has read, and reading on from there.

use std::collections::VecDeque;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rushlight_core::{Error, ErrorCode, GenerateEvent, Result};

use crate::conversations::{Conversation, Conversations, Kept, in_common, loses_little};
use crate::decoder::Decoder;
use crate::lookup;
use crate::prefixes::Prefixes;

/// Tokens read at once: large enough that reading is as fast as with the whole prompt at once.
const PIECE: usize = 128;

/// How often reading tells how far it is and asks whether to go on.
const TELL_EVERY: Duration = Duration::from_millis(100);

/// A decoder with its cache.
pub(crate) struct Session {
    decoder: Decoder,
    /// Tokens in the cache.
    read: Vec<u32>,
    /// Scores of what comes after them.
    logits: Vec<f32>,
    /// Tokens that were guessed to come next and are in the cache already, each with the scores of what comes after it.
    ahead: VecDeque<(u32, Vec<f32>)>,
    /// Tokens that are guessed at once; none when 0.
    guesses: usize,
    /// Beginnings of prompts that were read before.
    prefixes: Prefixes,
    /// What was read in other conversations than the last.
    others: Conversations,
}

impl Session {
    /// A session that has read nothing. `guesses` is how many tokens are guessed at once, `conversation_bytes` what is kept of
    /// conversations at most, the last one included, which is kept whatever it takes.
    pub(crate) fn new(
        decoder: Decoder,
        guesses: usize,
        prefixes: Prefixes,
        conversation_bytes: usize,
    ) -> Self {
        Self {
            guesses: if decoder.is_worth_guessing() { guesses } else { 0 },
            ahead: VecDeque::new(),
            prefixes,
            others: Conversations::new(conversation_bytes),
            decoder,
            read: Vec::new(),
            logits: Vec::new(),
        }
    }

    /// Tokens of prompt and answer together.
    pub(crate) fn context_tokens(&self) -> usize {
        self.decoder.context_tokens
    }

    /// Scores of what comes after all that was read.
    pub(crate) fn logits(&self) -> &[f32] {
        &self.logits
    }

    /// How much is kept of conversations, as it changes.
    pub(crate) fn kept(&self) -> Arc<Kept> {
        self.others.kept()
    }

    /// Brings the cache to hold exactly `prompt`, whose first `prefix` tokens other prompts begin with too; returns how many of its tokens
    /// were there already.
    ///
    /// What was read before an error or a cancellation stays in the cache.
    pub(crate) fn read_prompt(
        &mut self,
        prompt: &[u32],
        prefix: usize,
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<usize> {
        self.turn_to(prompt);
        self.others.make_room(self.decoder.cache_bytes(prompt.len()));
        let mut common = in_common(&self.read, prompt);
        // At the prompt's end a token is missing whose scores are wanted.
        if common < prefix && prefix < prompt.len() && self.restore(&prompt[..prefix]) {
            common = prefix;
        }
        // The scores of what comes next are those of the last token read: where they are not at hand, it is read again.
        let at_hand = common == self.read.len() && !self.logits.is_empty();
        let reusable = match common == prompt.len() && !at_hand {
            true => common.saturating_sub(1),
            false => common,
        };
        if reusable < self.read.len() {
            self.ahead.clear();
            self.logits.clear();
            self.read.truncate(reusable);
            self.decoder.truncate(reusable);
        }
        let cached = self.read.len();
        let total = prompt.len();
        loop {
            let done = self.read.len();
            if on_event(GenerateEvent::Reading { done, total }).is_break() {
                return Err(cancelled());
            }
            if done == total {
                self.keep(&prompt[..prefix]);
                return Ok(cached);
            }
            let end = ((done / PIECE + 1) * PIECE).min(total);
            let piece = &prompt[done..end];
            let mut told = Instant::now();
            let mut tell = |share: f32| {
                if told.elapsed() < TELL_EVERY {
                    return ControlFlow::Continue(());
                }
                told = Instant::now();
                let done = done + (share * piece.len() as f32) as usize;
                on_event(GenerateEvent::Reading { done, total })
            };
            self.feed(piece, 1, &mut tell)?;
        }
    }

    /// Reads the prompt as [`Session::read_prompt`] does; returns the states of its last token behind these blocks.
    pub(crate) fn read_states(
        &mut self,
        prompt: &[u32],
        prefix: usize,
        blocks: &[usize],
        on_event: &mut dyn FnMut(GenerateEvent<'_>) -> ControlFlow<()>,
    ) -> Result<Vec<Vec<f32>>> {
        self.decoder.tap(blocks)?;
        // States are not kept: without its scores the last token is read again, where it was read.
        self.logits.clear();
        let read = self.read_prompt(prompt, prefix, on_event);
        let states = self.decoder.take_tapped();
        read.map(|_| states)
    }

    /// Goes on in the conversation that has most of the prompt. The last one waits where the prompt does not go on from it.
    fn turn_to(&mut self, prompt: &[u32]) {
        let own = in_common(&self.read, prompt);
        let goes_on = loses_little(self.read.len(), own);
        if goes_on && self.others.most_in_common(prompt) <= own {
            return;
        }
        self.decoder.truncate(self.read.len());
        self.ahead.clear();
        self.logits.clear();
        let tokens = std::mem::take(&mut self.read);
        let cache = self.decoder.exchange_cache(self.decoder.empty_cache());
        if !tokens.is_empty() {
            self.others.set_aside(Conversation { tokens, cache });
        }
        if let Some(Conversation { tokens, cache }) = self.others.resume(prompt) {
            self.decoder.exchange_cache(cache);
            self.read = tokens;
        }
    }

    /// Goes back to the state behind a beginning that was read before, where it is kept.
    fn restore(&mut self, prefix: &[u32]) -> bool {
        let Some(state) = self.prefixes.find(prefix) else {
            return false;
        };
        self.ahead.clear();
        self.logits.clear();
        self.read.clear();
        let restored = self.decoder.restore(prefix.len(), state);
        match restored {
            true => self.read.extend_from_slice(prefix),
            false => self.prefixes.forget(prefix),
        }
        restored
    }

    /// Keeps the state behind a beginning of what was read.
    fn keep(&mut self, prefix: &[u32]) {
        if prefix.is_empty() || self.prefixes.has(prefix) {
            return;
        }
        let state = self.decoder.snapshot(prefix.len());
        self.prefixes.keep(prefix, state);
    }

    /// Reads the first of these tokens, which must not be none, and has the others ready for [`Session::read_token`], where several can be
    /// read at once.
    pub(crate) fn read_ahead(&mut self, tokens: &[u32]) -> Result<()> {
        let count = if self.decoder.scores_all() {
            tokens.len()
        } else {
            1
        };
        self.feed(&tokens[..count], count, &mut |_| ControlFlow::Continue(()))
    }

    /// Reads one more token, together with guesses of what comes next where there are any.
    pub(crate) fn read_token(&mut self, token: u32) -> Result<()> {
        if self.ahead.front().is_some_and(|(guessed, _)| *guessed == token)
            && let Some((_, logits)) = self.ahead.pop_front()
        {
            self.read.push(token);
            self.logits = logits;
            return Ok(());
        }
        let mut tokens = vec![token];
        if self.guesses > 0 {
            self.read.push(token);
            let room = self.context_tokens().saturating_sub(self.read.len());
            tokens.extend(lookup::guess(&self.read, self.guesses.min(room)));
            self.read.pop();
        }
        self.feed(&tokens, tokens.len(), &mut |_| ControlFlow::Continue(()))
    }

    /// Reads tokens behind what was read; all but the first of the last `wanted` are guesses.
    fn feed(
        &mut self,
        tokens: &[u32],
        wanted: usize,
        go_on: &mut dyn FnMut(f32) -> ControlFlow<()>,
    ) -> Result<()> {
        let position = self.read.len();
        if !self.ahead.is_empty() {
            self.ahead.clear();
            self.decoder.truncate(position);
        }
        match self.decoder.forward(tokens, position, wanted, go_on) {
            Ok(ControlFlow::Continue(rows)) => {
                let (sure, guesses) = tokens.split_at(tokens.len() + 1 - wanted);
                let mut rows = rows.into_iter();
                self.logits = rows.next().unwrap_or_default();
                self.read.extend_from_slice(sure);
                self.ahead = guesses.iter().copied().zip(rows).collect();
                Ok(())
            }
            Ok(ControlFlow::Break(())) => Err(cancelled()),
            Err(error) => {
                self.decoder.truncate(position);
                Err(error)
            }
        }
    }
}

/// The error of a generation that its caller broke off.
pub(crate) fn cancelled() -> Error {
    Error::new(ErrorCode::Cancelled, "the generation was cancelled")
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use candle_core::quantized::GgmlDType;

    use super::*;
    use crate::gguf::Gguf;
    use crate::testing::{CONTEXT, Stored, TOKENS, model};

    fn quiet(_: GenerateEvent<'_>) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }

    fn decoder(path: &Path) -> Decoder {
        Decoder::read(&Gguf::open(path).expect("a sound head"), CONTEXT, 0).expect("weights")
    }

    fn session(path: &Path, guesses: usize) -> Session {
        Session::new(decoder(path), guesses, Prefixes::default(), 0)
    }

    /// The likeliest tokens after a prompt, and how many of them were guessed right.
    fn write(session: &mut Session, prompt: &[u32], count: usize) -> (Vec<u32>, usize) {
        session.read_prompt(prompt, 0, &mut quiet).expect("reads");
        let mut right = 0;
        let tokens = (0..count).map(|_| {
            let logits = session.logits();
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b]));
            let token = best.expect("scores") as u32;
            let guessed = session.ahead.front().is_some_and(|(guess, _)| *guess == token);
            session.read_token(token).expect("reads");
            right += usize::from(guessed);
            token
        });
        (tokens.collect(), right)
    }

    #[test]
    fn guesses_change_nothing_that_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::Q8_0));
        let (mut plain, mut guessing) = (session(&path, 0), session(&path, 5));
        let mut right = 0;
        for n in 0..200 {
            // Prompts that repeat themselves, so that there is something to guess.
            let prompt: Vec<u32> = (0..40 + n % 7)
                .map(|at| ((at % (5 + n % 4) * 11 + n * 3) % TOKENS) as u32)
                .collect();
            let (expected, none) = write(&mut plain, &prompt, 24);
            let (written, guessed) = write(&mut guessing, &prompt, 24);
            assert_eq!(written, expected, "prompt {n}");
            assert_eq!(none, 0);
            assert_eq!(guessing.read, plain.read);
            right += guessed;
        }
        assert!(right > 200, "{right} of 4,800 tokens were guessed right");
    }

    #[test]
    fn wrong_guesses_leave_no_trace_in_the_next_prompt() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = model(folder.path(), "llama", Stored::As(GgmlDType::Q8_0));
        let (mut plain, mut guessing) = (session(&path, 0), session(&path, 5));
        let prompt = [1, 2, 3, 4, 5, 1, 2, 3];
        for session in [&mut plain, &mut guessing] {
            session.read_prompt(&prompt, 0, &mut quiet).expect("reads");
            for token in [9, 1, 2] {
                session.read_token(token).expect("reads");
            }
        }
        // After 1 2 came 3 before.
        assert_eq!(guessing.ahead.front().map(|(guess, _)| *guess), Some(3));
        for session in [&mut plain, &mut guessing] {
            session.read_token(7).expect("reads");
        }
        assert_eq!(guessing.logits(), plain.logits());
        assert_eq!(guessing.read, plain.read);
        let next = [&prompt[..], &[9, 1, 7]].concat();
        for session in [&mut plain, &mut guessing] {
            assert_eq!(session.read_prompt(&next, 0, &mut quiet).expect("reads"), 10);
        }
        assert_eq!(guessing.logits(), plain.logits());
    }

    #[test]
    fn a_beginning_that_was_read_before_is_not_read_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = folder.path().join("kept");
        let prompts: Vec<Vec<u32>> = (0..4)
            .map(|n| {
                let beginning = (0..21).map(|at| (at * 7 + n % 2) % TOKENS as u32);
                beginning.chain([n, 5, n + 9]).collect()
            })
            .collect();
        for family in ["llama", "qwen3", "gemma3"] {
            let path = model(folder.path(), family, Stored::As(GgmlDType::Q8_0));
            let open = |prefixes| Session::new(decoder(&path), 0, prefixes, 0);
            let read = |session: &mut Session, prompt: &[u32], prefix| {
                let cached = session.read_prompt(prompt, prefix, &mut quiet).expect("reads");
                (cached, session.logits().to_vec())
            };
            let anew: Vec<_> = (prompts.iter())
                .map(|prompt| read(&mut open(Prefixes::default()), prompt, 0).1)
                .collect();
            let mut session = open(Prefixes::new(Some(kept.clone()), family));
            // The two beginnings take turns, and each is read once.
            for (at, cached) in [(0, 0), (1, 0), (2, 21), (3, 21), (2, 21)] {
                assert_eq!(
                    read(&mut session, &prompts[at], 21),
                    (cached, anew[at].clone()),
                    "{family} {at}"
                );
            }
            let mut next = open(Prefixes::new(Some(kept.clone()), family));
            assert_eq!(
                read(&mut next, &prompts[0], 21),
                (21, anew[0].clone()),
                "{family}"
            );
            // What a file says of another model is of no use.
            let mut other = open(Prefixes::new(Some(kept.clone()), &format!("not {family}")));
            assert_eq!(
                read(&mut other, &prompts[0], 21),
                (0, anew[0].clone()),
                "{family}"
            );
        }
    }

    /// A prompt of a conversation of its own, so many tokens long.
    fn of(conversation: u32, tokens: u32) -> Vec<u32> {
        (0..tokens)
            .map(|at| (at * 7 + conversation * 11 + at / 5) % TOKENS as u32)
            .collect()
    }

    #[test]
    fn conversations_take_turns_and_each_reads_only_what_is_new() {
        let folder = tempfile::tempdir().expect("a folder");
        for family in ["llama", "gemma3"] {
            let path = model(folder.path(), family, Stored::As(GgmlDType::Q8_0));
            let room = 3 * decoder(&path).cache_bytes(200);
            let mut session = Session::new(decoder(&path), 5, Prefixes::default(), room);
            let kept = session.kept();
            let mut read = |conversation: u32, tokens: u32| {
                let prompt = of(conversation, tokens);
                let cached = session.read_prompt(&prompt, 0, &mut quiet).expect("reads");
                let mut anew = self::session(&path, 0);
                anew.read_prompt(&prompt, 0, &mut quiet).expect("reads");
                assert_eq!(
                    session.logits(),
                    anew.logits(),
                    "{family} {conversation} {tokens}"
                );
                // An answer, which the next prompt does not go on from to the letter.
                for token in [1, 2, 3] {
                    session.read_token(token).expect("reads");
                }
                tokens - cached as u32
            };
            assert_eq!([read(1, 90), read(2, 80), read(3, 70)], [90, 80, 70]);
            assert_eq!([read(1, 100), read(2, 95), read(3, 99)], [10, 15, 29]);
            assert_eq!(kept.conversations(), 3);
            assert!(kept.bytes() <= room, "{} of {room}", kept.bytes());
            // A fourth takes the place of the one that was used longest ago.
            assert_eq!(read(4, 60), 60);
            assert_eq!([read(2, 100), read(3, 100), read(1, 110)], [5, 1, 110]);
            assert_eq!(kept.conversations(), 3);
            assert!(kept.bytes() <= room);
        }
    }

    #[test]
    fn states_are_the_same_whatever_was_read_before() {
        let folder = tempfile::tempdir().expect("a folder");
        for family in ["qwen2", "gemma3"] {
            let path = model(folder.path(), family, Stored::As(GgmlDType::Q8_0));
            let prompt = of(1, 90);
            let mut anew = session(&path, 0);
            let expected = anew.read_states(&prompt, 0, &[1, 2], &mut quiet).expect("reads");
            assert!(expected.iter().all(|state| !state.is_empty()));
            let mut other = session(&path, 5);
            // All but the end, all of it, and all of it with an answer behind.
            for (before, after) in [(80, 0), (90, 0), (90, 3)] {
                other
                    .read_prompt(&prompt[..before], 0, &mut quiet)
                    .expect("reads");
                for token in 0..after {
                    other.read_token(token).expect("reads");
                }
                let states = other.read_states(&prompt, 0, &[1, 2], &mut quiet);
                assert_eq!(states.expect("reads"), expected, "{family} {before} {after}");
                assert_eq!(other.logits(), anew.logits());
                assert_eq!(other.read_prompt(&prompt, 0, &mut quiet).expect("reads"), 90);
            }
        }
    }

    #[test]
    fn a_question_that_branches_off_leaves_the_conversation_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::Q8_0));
        let mut session = Session::new(decoder(&path), 0, Prefixes::default(), 1 << 30);
        let branch = [&of(1, 20)[..], &[5; 40]].concat();
        let (mut anew, mut read) = (self::session(&path, 0), |prompt: &[u32]| {
            let cached = session.read_prompt(prompt, 0, &mut quiet).expect("reads");
            (prompt.len() - cached, session.logits().to_vec())
        });
        let mut expected = |prompt: &[u32]| {
            anew.read_prompt(prompt, 0, &mut quiet).expect("reads");
            anew.logits().to_vec()
        };
        for (prompt, new) in [(of(1, 90), 90), (branch.clone(), 40), (of(1, 95), 5), (branch, 1)] {
            assert_eq!(read(&prompt), (new, expected(&prompt)));
        }
    }

    #[test]
    fn without_room_only_the_last_conversation_goes_on() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::Q8_0));
        let mut session = session(&path, 0);
        let kept = session.kept();
        let mut read = |conversation: u32, tokens: u32| {
            let prompt = of(conversation, tokens);
            tokens - session.read_prompt(&prompt, 0, &mut quiet).expect("reads") as u32
        };
        assert_eq!(
            [read(1, 50), read(1, 60), read(2, 50), read(1, 60)],
            [50, 10, 50, 60]
        );
        assert_eq!(kept.conversations(), 1);
    }

    #[test]
    fn what_is_read_ahead_is_what_is_read_token_by_token() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = model(folder.path(), "qwen2", Stored::As(GgmlDType::Q8_0));
        let (mut one, mut all) = (session(&path, 0), session(&path, 0));
        let next = [4, 9, 2, 2, 30];
        for session in [&mut one, &mut all] {
            session.read_prompt(&[1, 2, 3], 0, &mut quiet).expect("reads");
        }
        all.read_ahead(&next).expect("reads");
        for (at, token) in next.into_iter().enumerate() {
            one.read_token(token).expect("reads");
            if at > 0 {
                all.read_token(token).expect("reads");
            }
            assert_eq!(one.logits(), all.logits(), "token {at}");
        }
        assert_eq!(one.read, all.read);
    }
}
