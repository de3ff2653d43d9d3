//! What a model thinks before it answers (`<think>` … `</think>`), parted from the answer wherever the pieces are cut.

/// Around what is thought, in the models of Qwen and DeepSeek.
pub(crate) const OPEN: &str = "<think>";
pub(crate) const CLOSE: &str = "</think>";

/// What stands before an answer for which nothing is thought, as Qwen3's own template has it.
pub(crate) const NOTHING: &str = "<think>\n\n</think>\n\n";

/// What ends a thought that has become too long.
pub(crate) const ENOUGH: &str = "\n</think>\n\n";

/// Parts pieces of text into what is thought and what is answered.
pub(crate) struct ThoughtFilter {
    at: At,
    held: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    /// Before the first word, which may be [`OPEN`].
    Start,
    /// Inside of it.
    Thought,
    /// Behind it, before the answer's first word.
    Gap,
    Answer,
}

/// A piece, parted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parted {
    pub(crate) thought: String,
    pub(crate) answer: String,
}

impl ThoughtFilter {
    /// For a model that only answers.
    pub(crate) fn answering() -> Self {
        Self::at(At::Answer)
    }

    /// For a model that may think first; `begun`: its prompt ends with [`OPEN`].
    pub(crate) fn thinking(begun: bool) -> Self {
        Self::at(if begun { At::Thought } else { At::Start })
    }

    fn at(at: At) -> Self {
        Self {
            at,
            held: String::new(),
        }
    }

    /// Whether what comes next is thought.
    pub(crate) fn is_thinking(&self) -> bool {
        self.at == At::Thought
    }

    /// Takes a piece; returns what can be said of it.
    pub(crate) fn push(&mut self, piece: &str) -> Parted {
        self.held.push_str(piece);
        let mut parted = Parted::default();
        if self.at == At::Start {
            let text = self.held.trim_start();
            if let Some(thought) = text.strip_prefix(OPEN) {
                self.held = thought.to_owned();
                self.at = At::Thought;
            } else if !OPEN.starts_with(text) {
                self.at = At::Answer;
            }
        }
        if self.at == At::Thought {
            if let Some((thought, answer)) = self.held.split_once(CLOSE) {
                parted.thought = thought.to_owned();
                self.held = answer.to_owned();
                self.at = At::Gap;
            } else {
                let held = self.held.len() - begins(&self.held, CLOSE);
                let rest = self.held.split_off(held);
                parted.thought = std::mem::replace(&mut self.held, rest);
            }
        }
        if self.at == At::Gap {
            self.held = self.held.trim_start().to_owned();
            if !self.held.is_empty() {
                self.at = At::Answer;
            }
        }
        if self.at == At::Answer {
            parted.answer = std::mem::take(&mut self.held);
        }
        parted
    }

    /// What was held back, when no more comes.
    pub(crate) fn finish(self) -> Parted {
        let mut parted = Parted::default();
        match self.at {
            At::Thought => parted.thought = self.held,
            At::Start | At::Gap | At::Answer => parted.answer = self.held,
        }
        parted
    }
}

/// Bytes at the end of a text that begin `mark`.
fn begins(text: &str, mark: &str) -> usize {
    let longest = (1..mark.len())
        .rev()
        .find(|length| text.ends_with(&mark[..*length]));
    longest.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn part(mut filter: ThoughtFilter, pieces: &[&str]) -> (String, String) {
        let (mut thought, mut answer) = (String::new(), String::new());
        for piece in pieces {
            let parted = filter.push(piece);
            thought.push_str(&parted.thought);
            answer.push_str(&parted.answer);
        }
        let rest = filter.finish();
        (thought + &rest.thought, answer + &rest.answer)
    }

    fn of(thought: &str, answer: &str) -> (String, String) {
        (thought.to_owned(), answer.to_owned())
    }

    #[test]
    fn what_is_thought_is_no_part_of_the_answer() {
        let begun = || ThoughtFilter::thinking(true);
        let fresh = || ThoughtFilter::thinking(false);
        assert_eq!(
            part(fresh(), &["<think>", "hm 茶", "</think>", "\n\n", "tea"]),
            of("hm 茶", "tea")
        );
        assert_eq!(part(begun(), &["hm</th", "ink>\n", "\ntea"]), of("hm", "tea"));
        assert_eq!(
            part(fresh(), &["tea <think>no</think>"]),
            of("", "tea <think>no</think>")
        );
        assert_eq!(part(fresh(), &["<thi", "s"]), of("", "<this"));
        assert_eq!(part(begun(), &["never ends </th"]), of("never ends </th", ""));
        let answering = ThoughtFilter::answering();
        assert_eq!(
            part(answering, &["<think>a</think>b"]),
            of("", "<think>a</think>b")
        );
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(thought in "[a茶<>/\n]{0,12}", answer in "[a茶<>]{0,12}", cuts in proptest::collection::vec(any::<bool>(), 60)) {
            let text = format!("<think>{thought}</think>\n\n{answer}");
            let mut pieces = vec![String::new()];
            for (c, cut) in text.chars().zip(cuts) {
                if cut { pieces.push(String::new()) }
                pieces.last_mut().expect("never empty").push(c);
            }
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(part(ThoughtFilter::thinking(false), &pieces), (thought, answer));
        }
    }
}
