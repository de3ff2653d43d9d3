//! Which conversation a mail belongs to.

/// Words that mail programs put before the subject of an answer or of what is passed on.
const PREFIXES: &[&str] = &[
    "re", "aw", "antw", "antwort", "sv", "vs", "rif", "res", "rép", "odp", "fw", "fwd", "wg", "tr", "rv",
    "回复", "回覆", "回信", "答复", "答覆", "转发", "轉發", "转寄", "轉寄",
];

/// What a mail says of itself that tells its conversation.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Said<'a> {
    /// References, the first mail's identifier first.
    pub(crate) references: &'a [String],
    pub(crate) in_reply_to: &'a [String],
    /// Its own identifier.
    pub(crate) own: Option<&'a str>,
    pub(crate) subject: Option<&'a str>,
    /// Whom it is from and to, and the mailing list.
    pub(crate) people: &'a [String],
    pub(crate) list: Option<&'a str>,
}

/// The conversation's identifier: the first mail that is referred to, else the one that is answered, else the mail
/// itself. Since References names the first mail to the end of a conversation, mails have one identifier with or without
/// that first mail or any between.
///
/// Only a mail that says it answers something and names nothing goes by its subject, together with who writes to whom, in
/// either direction, or with the mailing list: by the subject alone every "Re: Hello" would be one conversation. So does
/// one that has no identifier.
pub(crate) fn id(said: Said<'_>) -> Option<String> {
    let Said {
        references,
        in_reply_to,
        own,
        subject,
        people,
        list,
    } = said;
    if let Some(first) = references.first().or(in_reply_to.first()) {
        return Some(first.clone());
    }
    let (bare, answers) = bare_subject(subject.unwrap_or_default());
    if !bare.is_empty() && (answers || own.is_none()) {
        let mut names: Vec<String> = match list {
            Some(list) => vec![list.to_lowercase()],
            None => people
                .iter()
                .map(|person| address(person).to_lowercase())
                .collect(),
        };
        names.sort_unstable();
        names.dedup();
        let words: Vec<&str> = bare.split_whitespace().collect();
        return Some(
            format!("subject:{} {}", words.join(" ").to_lowercase(), names.join(" "))
                .trim_end()
                .to_owned(),
        );
    }
    own.map(str::to_owned)
}

/// The address of `Ada Lin <ada@example.org>`.
fn address(person: &str) -> &str {
    match person.rsplit_once('<') {
        Some((_, rest)) => rest.trim_end_matches('>').trim(),
        None => person.trim(),
    }
}

/// The subject without what marks an answer and without the name that a mailing list puts before it, and whether there
/// was such a mark.
fn bare_subject(subject: &str) -> (&str, bool) {
    let mut bare = subject.trim();
    let mut answers = false;
    loop {
        if let Some(rest) = without_mark(bare) {
            (bare, answers) = (rest, true);
        } else if let Some(rest) = without_list_name(bare) {
            bare = rest;
        } else {
            return (bare, answers);
        }
    }
}

fn without_mark(subject: &str) -> Option<&str> {
    let (word, rest) = subject.split_once([':', '：'])?;
    // `Re[2]:` and `Re (2):` count the answers.
    let word = word.split(['[', '(']).next().unwrap_or_default().trim();
    let known = PREFIXES.iter().any(|prefix| word.to_lowercase() == *prefix);
    known.then(|| rest.trim())
}

/// `[tea-lovers] Kettle` without the name; a subject of nothing else keeps it.
fn without_list_name(subject: &str) -> Option<&str> {
    let (_, rest) = subject.strip_prefix('[')?.split_once(']')?;
    Some(rest.trim()).filter(|rest| !rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(ids: &[&str]) -> Vec<String> {
        ids.iter().map(|id| (*id).to_owned()).collect()
    }

    fn of(references: &[&str], answered: &[&str], own: Option<&str>, subject: &str) -> Option<String> {
        id(Said {
            references: &ids(references),
            in_reply_to: &ids(answered),
            own,
            subject: Some(subject),
            people: &ids(&["Bo <bo@example.net>", "ada@example.org"]),
            list: None,
        })
    }

    #[test]
    fn a_conversation_is_named_by_its_first_mail_there_or_not() {
        assert_eq!(of(&[], &[], Some("a"), "x").as_deref(), Some("a"));
        assert_eq!(of(&[], &["a"], Some("b"), "Re: x").as_deref(), Some("a"));
        assert_eq!(of(&["a", "b"], &["b"], Some("c"), "Re: x").as_deref(), Some("a"));
        assert_eq!(
            of(&["a", "b", "c"], &[], Some("d"), "Re: y").as_deref(),
            Some("a")
        );
    }

    #[test]
    fn the_subject_counts_between_the_same_people_where_nothing_else_is_said() {
        assert_eq!(of(&[], &[], Some("c"), "Hello").as_deref(), Some("c"));
        let by_subject = Some("subject:tea ada@example.org bo@example.net");
        assert_eq!(
            of(&[], &[], Some("c"), "RE[2]: 回覆：Fwd: Tea").as_deref(),
            by_subject
        );
        assert_eq!(
            of(&[], &[], Some("d"), "[tea-lovers] Re: [x] AW: tea").as_deref(),
            by_subject
        );
        assert_eq!(of(&[], &[], None, "Tea").as_deref(), by_subject);
        assert_eq!(
            of(&[], &[], None, "Tea:  green").as_deref(),
            Some("subject:tea: green ada@example.org bo@example.net")
        );
        assert_eq!(of(&[], &[], Some("c"), "Re:").as_deref(), Some("c"));
        let people = ids(&["Ada <ADA@example.org>", "bo@example.net"]);
        let answer = Said {
            own: Some("e"),
            subject: Some("Re: Tea"),
            people: &people,
            ..Said::default()
        };
        assert_eq!(id(answer).as_deref(), by_subject, "from one to the other or back");
        let to_list = Said {
            list: Some("Tea.example.org"),
            ..answer
        };
        assert_eq!(id(to_list).as_deref(), Some("subject:tea tea.example.org"));
        assert_eq!(id(Said::default()), None);
        let nobody = Said {
            subject: Some("转发：茶"),
            ..Said::default()
        };
        assert_eq!(id(nobody).as_deref(), Some("subject:茶"));
    }
}
