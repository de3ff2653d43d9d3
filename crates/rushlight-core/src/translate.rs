//! Saying in another language what a few words say.

/// Gives words of one language in another: a dictionary, not a translator of texts.
///
/// Calls compute, for microseconds; any thread may make them.
pub trait Translator: Send + Sync {
    /// Up to `limit` wordings of a short text in the other language that is known, the most usual one first, no two equal. None where the text is
    /// in a language that is not known, or none of its words is.
    fn translate(&self, text: &str, limit: usize) -> Vec<String>;
}
