//! Which conversation a mail belongs to.

/// Words that mail programs put before the subject of an answer or of what is passed on.
const PREFIXES: &[&str] = &[
    "re", "aw", "sv", "antw", "fw", "fwd", "wg", "tr", "回复", "回覆", "答复", "答覆", "转发", "轉寄", "轉發",
];

/// The conversation's identifier: the first mail that is referred to, else the one that is answered, else the mail
/// itself. Only a mail that says it answers something and names nothing goes by its subject: by the subject alone
/// every "Hello" would be one conversation.
pub(crate) fn id(
    references: &[String],
    in_reply_to: &[String],
    own: Option<&str>,
    subject: Option<&str>,
) -> Option<String> {
    if let Some(first) = references.first().or(in_reply_to.first()) {
        return Some(first.clone());
    }
    let (bare, answers) = bare_subject(subject.unwrap_or_default());
    if !bare.is_empty() && (answers || own.is_none()) {
        return Some(format!("subject:{}", bare.to_lowercase()));
    }
    own.map(str::to_owned)
}

/// The subject without what marks an answer, and whether there was such a mark.
fn bare_subject(subject: &str) -> (&str, bool) {
    let mut bare = subject.trim();
    let mut answers = false;
    while let Some((word, rest)) = bare.split_once([':', '：']) {
        // `Re[2]:` counts the answers.
        let word = word.split('[').next().unwrap_or_default().trim();
        if !PREFIXES.iter().any(|prefix| word.eq_ignore_ascii_case(prefix)) {
            break;
        }
        (bare, answers) = (rest.trim(), true);
    }
    (bare, answers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_is_named_by_its_first_mail() {
        let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        let of = |references: &[&str], answered: &[&str], own, subject| {
            id(&ids(references), &ids(answered), own, subject)
        };
        assert_eq!(
            of(&["a", "b"], &["b"], Some("c"), Some("Re: x")).as_deref(),
            Some("a")
        );
        assert_eq!(of(&[], &["b"], Some("c"), None).as_deref(), Some("b"));
        assert_eq!(of(&[], &[], Some("c"), Some("Hello")).as_deref(), Some("c"));
        assert_eq!(
            of(&[], &[], Some("c"), Some("RE[2]: 回覆：Fwd: Tea")).as_deref(),
            Some("subject:tea")
        );
        assert_eq!(
            of(&[], &[], None, Some("转发：茶")).as_deref(),
            Some("subject:茶")
        );
        assert_eq!(
            of(&[], &[], None, Some("Tea: green")).as_deref(),
            Some("subject:tea: green")
        );
        assert_eq!(of(&[], &[], Some("c"), Some("Re:")).as_deref(), Some("c"));
        assert_eq!(of(&[], &[], None, None), None);
    }
}
