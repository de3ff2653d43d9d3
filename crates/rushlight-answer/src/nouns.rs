//! What people call documents, in both languages: what tells a count over documents from a number that a text states.

use rushlight_core::DocumentKind;

use crate::words::Word;

/// A name for documents of one sort.
#[derive(Debug)]
pub(crate) struct Noun {
    /// Of one, in English.
    pub(crate) one: &'static [&'static str],
    /// Of several, in English.
    pub(crate) many: &'static [&'static str],
    /// In Chinese, folded to Simplified characters.
    pub(crate) chinese: &'static [&'static str],
    /// The kinds of document that it means; empty where any kind may be one.
    pub(crate) kinds: &'static [DocumentKind],
    /// What such a document says of itself, in any script; empty where its kind decides or every document is one.
    pub(crate) says: &'static [&'static str],
    /// Whether `how many …` asks to count documents. Reports and letters are more often what a text tells of.
    pub(crate) counted: bool,
}

/// Every name.
pub(crate) const NOUNS: [Noun; 13] = [
    Noun {
        one: &["mail", "email", "e-mail"],
        many: &["mails", "emails", "e-mails"],
        chinese: &["电子邮件", "电子信件", "邮件", "信件", "电邮"],
        kinds: &[DocumentKind::Mail],
        says: &[],
        counted: true,
    },
    Noun {
        one: &["note"],
        many: &["notes"],
        chinese: &["笔记"],
        kinds: &[DocumentKind::Note],
        says: &[],
        counted: true,
    },
    Noun {
        one: &["pdf"],
        many: &["pdfs"],
        chinese: &[],
        kinds: &[DocumentKind::Pdf],
        says: &[],
        counted: true,
    },
    Noun {
        one: &["spreadsheet"],
        many: &["spreadsheets"],
        chinese: &["试算表", "电子表格"],
        kinds: &[DocumentKind::Table],
        says: &[],
        counted: true,
    },
    Noun {
        one: &["presentation"],
        many: &["presentations", "slides"],
        chinese: &["简报", "投影片", "幻灯片", "演示文稿"],
        kinds: &[DocumentKind::Slides],
        says: &[],
        counted: true,
    },
    Noun {
        one: &["document", "file"],
        many: &["documents", "files"],
        chinese: &["文件", "文档", "档案"],
        kinds: &[],
        says: &[],
        counted: true,
    },
    Noun {
        one: &["contract", "agreement"],
        many: &["contracts", "agreements"],
        chinese: &["合同", "合约", "契约", "协议书"],
        kinds: &[],
        says: &["contract", "agreement", "合約", "合同", "契約", "協議書"],
        counted: true,
    },
    Noun {
        one: &["invoice"],
        many: &["invoices"],
        chinese: &["发票", "请款单", "账单"],
        kinds: &[],
        says: &["invoice", "發票", "請款單", "帳單"],
        counted: true,
    },
    Noun {
        one: &["receipt"],
        many: &["receipts"],
        chinese: &["收据"],
        kinds: &[],
        says: &["receipt", "收據"],
        counted: true,
    },
    Noun {
        one: &[],
        many: &["minutes"],
        chinese: &["会议记录", "会议纪录", "会议纪要"],
        kinds: &[],
        says: &["minutes", "會議記錄", "會議紀錄", "會議紀要"],
        counted: false,
    },
    Noun {
        one: &["policy", "guideline", "handbook"],
        many: &["policies", "guidelines", "handbooks"],
        chinese: &["政策", "手册", "办法"],
        kinds: &[],
        says: &["policy", "guideline", "handbook", "政策", "手冊", "辦法"],
        counted: false,
    },
    Noun {
        one: &["report"],
        many: &["reports"],
        chinese: &["报告"],
        kinds: &[],
        says: &["report", "報告"],
        counted: false,
    },
    Noun {
        one: &["proposal", "plan"],
        many: &["proposals", "plans"],
        chinese: &["提案", "企划书", "计划书"],
        kinds: &[],
        says: &["proposal", "plan", "提案", "企劃書", "計畫書"],
        counted: false,
    },
];

/// The noun that a word of several documents is; `pdf` stands for several before `files`.
pub(crate) fn plural(word: &str) -> Option<&'static Noun> {
    NOUNS.iter().find(|noun| noun.many.contains(&word))
}

/// The noun that a word is, of one document or of several.
pub(crate) fn noun(word: &str) -> Option<&'static Noun> {
    NOUNS
        .iter()
        .find(|noun| noun.many.contains(&word) || noun.one.contains(&word))
}

/// The first noun of a run of Chinese, in Simplified characters, with the bytes where it begins and ends; of two at one place
/// the longer.
pub(crate) fn chinese(run: &str) -> Option<(usize, usize, &'static Noun)> {
    NOUNS
        .iter()
        .flat_map(|noun| noun.chinese.iter().map(move |name| (*name, noun)))
        .filter_map(|(name, noun)| run.find(name).map(|at| (at, at + name.len(), noun)))
        .min_by_key(|(start, end, _)| (*start, std::cmp::Reverse(*end)))
}

/// Endings of files that people name.
const ENDINGS: [&str; 16] = [
    "md", "txt", "pdf", "docx", "doc", "xlsx", "xls", "pptx", "ppt", "csv", "eml", "html", "odt", "ods",
    "epub", "org",
];

/// Whether a word is a file's name.
pub(crate) fn is_file_name(word: &str) -> bool {
    word.rsplit_once('.')
        .is_some_and(|(stem, ending)| !stem.is_empty() && ENDINGS.contains(&ending))
}

/// Whether a word marks a version: `v2`, `version`, `draft`.
pub(crate) fn is_version_mark(word: &str) -> bool {
    let numbered = word
        .strip_prefix('v')
        .is_some_and(|rest| !rest.is_empty() && rest.chars().all(|c| c.is_ascii_digit() || c == '.'));
    numbered || matches!(word, "draft" | "drafts" | "revision" | "revisions")
}

/// Pairs of marks around a title.
pub(crate) const QUOTES: [(char, char); 6] = [
    ('"', '"'),
    ('“', '”'),
    ('「', '」'),
    ('『', '』'),
    ('《', '》'),
    ('〈', '〉'),
];

/// What stands between the marks of a title, in order, without the marks.
pub(crate) fn quoted(question: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut rest = question;
    while let Some((at, open)) = rest
        .char_indices()
        .find(|(_, c)| QUOTES.iter().any(|(open, _)| open == c))
    {
        let after = &rest[at + open.len_utf8()..];
        let close = QUOTES
            .iter()
            .find(|(mark, _)| *mark == open)
            .map_or('"', |(_, close)| *close);
        let Some(end) = after.find(close) else {
            break;
        };
        let inner = after[..end].trim();
        if inner.chars().any(char::is_alphanumeric) {
            found.push(inner);
        }
        rest = &after[end + close.len_utf8()..];
    }
    found
}

/// Whether a question speaks of documents as such: a noun for them, a file's name, a quoted title, a mark of a version.
pub(crate) fn speaks_of_documents(question: &str, words: &[Word]) -> bool {
    !quoted(question).is_empty()
        || words.iter().any(|word| match word.han {
            true => {
                chinese(&word.text).is_some()
                    || ["版本", "新版", "旧版", "初稿", "草稿", "草案", "修订版"]
                        .iter()
                        .any(|mark| word.text.contains(mark))
            }
            false => noun(&word.text).is_some() || is_file_name(&word.text) || is_version_mark(&word.text),
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::words;

    #[test]
    fn no_name_means_two_sorts() {
        let mut names: Vec<&str> = NOUNS
            .iter()
            .flat_map(|noun| noun.one.iter().chain(noun.many).chain(noun.chinese).copied())
            .collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn the_longest_name_counts() {
        let (start, end, noun) = chinese("所有电子邮件").expect("a noun");
        assert_eq!((start, end), ("所有".len(), "所有电子邮件".len()));
        assert_eq!(noun.kinds, [DocumentKind::Mail]);
        assert!(chinese("所有人").is_none());
    }

    #[test]
    fn titles_stand_between_marks() {
        assert_eq!(
            quoted("compare “Plan A” and 《計畫書》, \"\" too"),
            ["Plan A", "計畫書"]
        );
        assert_eq!(quoted("an \"open"), Vec::<&str>::new());
    }

    #[test]
    fn documents_are_spoken_of_in_many_ways() {
        for question in [
            "the travel policy",
            "notes.md",
            "plan v2",
            "《計畫》",
            "新版和舊版",
            "兩份合約",
        ] {
            assert!(speaks_of_documents(question, &words(question)), "{question}");
        }
        for question in ["tea and coffee", "茶和咖啡", "version 3.5 of 2024"] {
            assert!(!speaks_of_documents(question, &words(question)), "{question}");
        }
    }
}
