//! The names before a colon, and the values that are words of the language.

use rushlight_core::{DocumentKind, QueryField};

/// What stands before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldName {
    /// A field with text in it.
    Text(QueryField),
    Type,
    Space,
    Folder,
    Has,
    In,
    Date,
    After,
    Before,
}

/// Every name, folded to lower case.
const NAMES: &[(&str, FieldName)] = &[
    ("title", FieldName::Text(QueryField::Title)),
    ("標題", FieldName::Text(QueryField::Title)),
    ("标题", FieldName::Text(QueryField::Title)),
    ("from", FieldName::Text(QueryField::From)),
    ("author", FieldName::Text(QueryField::From)),
    ("寄件人", FieldName::Text(QueryField::From)),
    ("寄件者", FieldName::Text(QueryField::From)),
    ("发件人", FieldName::Text(QueryField::From)),
    ("作者", FieldName::Text(QueryField::From)),
    ("to", FieldName::Text(QueryField::To)),
    ("收件人", FieldName::Text(QueryField::To)),
    ("收件者", FieldName::Text(QueryField::To)),
    ("subject", FieldName::Text(QueryField::Subject)),
    ("主旨", FieldName::Text(QueryField::Subject)),
    ("主題", FieldName::Text(QueryField::Subject)),
    ("主题", FieldName::Text(QueryField::Subject)),
    ("path", FieldName::Text(QueryField::Path)),
    ("路徑", FieldName::Text(QueryField::Path)),
    ("路径", FieldName::Text(QueryField::Path)),
    ("tag", FieldName::Text(QueryField::Tag)),
    ("標籤", FieldName::Text(QueryField::Tag)),
    ("标签", FieldName::Text(QueryField::Tag)),
    ("lang", FieldName::Text(QueryField::Language)),
    ("language", FieldName::Text(QueryField::Language)),
    ("語言", FieldName::Text(QueryField::Language)),
    ("语言", FieldName::Text(QueryField::Language)),
    ("thread", FieldName::Text(QueryField::Thread)),
    ("type", FieldName::Type),
    ("類型", FieldName::Type),
    ("类型", FieldName::Type),
    ("space", FieldName::Space),
    ("空間", FieldName::Space),
    ("空间", FieldName::Space),
    ("folder", FieldName::Folder),
    ("資料夾", FieldName::Folder),
    ("文件夹", FieldName::Folder),
    ("has", FieldName::Has),
    ("有", FieldName::Has),
    ("in", FieldName::In),
    ("date", FieldName::Date),
    ("日期", FieldName::Date),
    ("after", FieldName::After),
    ("之後", FieldName::After),
    ("之后", FieldName::After),
    ("before", FieldName::Before),
    ("之前", FieldName::Before),
];

/// Names of Latin letters that stand before a colon in ordinary text.
const PLAIN: &[&str] = &[
    "mailto",
    "tel",
    "urn",
    "doi",
    "arxiv",
    "isbn",
    "issn",
    "pmid",
    "localhost",
];

/// Values of `type:`, folded to lower case.
const KINDS: &[(&str, DocumentKind)] = &[
    ("note", DocumentKind::Note),
    ("notes", DocumentKind::Note),
    ("markdown", DocumentKind::Note),
    ("md", DocumentKind::Note),
    ("筆記", DocumentKind::Note),
    ("笔记", DocumentKind::Note),
    ("text", DocumentKind::Text),
    ("txt", DocumentKind::Text),
    ("文字", DocumentKind::Text),
    ("純文字", DocumentKind::Text),
    ("文本", DocumentKind::Text),
    ("纯文本", DocumentKind::Text),
    ("html", DocumentKind::Html),
    ("web", DocumentKind::Html),
    ("網頁", DocumentKind::Html),
    ("网页", DocumentKind::Html),
    ("mail", DocumentKind::Mail),
    ("email", DocumentKind::Mail),
    ("e-mail", DocumentKind::Mail),
    ("郵件", DocumentKind::Mail),
    ("邮件", DocumentKind::Mail),
    ("信件", DocumentKind::Mail),
    ("pdf", DocumentKind::Pdf),
    ("table", DocumentKind::Table),
    ("spreadsheet", DocumentKind::Table),
    ("excel", DocumentKind::Table),
    ("csv", DocumentKind::Table),
    ("表格", DocumentKind::Table),
    ("試算表", DocumentKind::Table),
    ("电子表格", DocumentKind::Table),
    ("document", DocumentKind::Document),
    ("word", DocumentKind::Document),
    ("文件", DocumentKind::Document),
    ("文档", DocumentKind::Document),
    ("slides", DocumentKind::Slides),
    ("presentation", DocumentKind::Slides),
    ("powerpoint", DocumentKind::Slides),
    ("簡報", DocumentKind::Slides),
    ("投影片", DocumentKind::Slides),
    ("幻灯片", DocumentKind::Slides),
    ("演示文稿", DocumentKind::Slides),
    ("image", DocumentKind::Image),
    ("picture", DocumentKind::Image),
    ("圖片", DocumentKind::Image),
    ("图片", DocumentKind::Image),
];

/// Names of languages, folded to lower case, and the tag of each (BCP 47).
const LANGUAGES: &[(&str, &str)] = &[
    ("english", "en"),
    ("英文", "en"),
    ("英語", "en"),
    ("英语", "en"),
    ("chinese", "zh"),
    ("中文", "zh"),
    ("漢語", "zh"),
    ("汉语", "zh"),
    ("繁體", "zh-Hant"),
    ("繁體中文", "zh-Hant"),
    ("繁体", "zh-Hant"),
    ("繁体中文", "zh-Hant"),
    ("正體", "zh-Hant"),
    ("簡體", "zh-Hans"),
    ("簡體中文", "zh-Hans"),
    ("简体", "zh-Hans"),
    ("简体中文", "zh-Hans"),
    ("japanese", "ja"),
    ("日文", "ja"),
    ("日語", "ja"),
    ("日语", "ja"),
    ("korean", "ko"),
    ("韓文", "ko"),
    ("韩文", "ko"),
    ("german", "de"),
    ("德文", "de"),
    ("french", "fr"),
    ("法文", "fr"),
];

/// The fields as they are listed to people.
pub(super) const LIST: &str =
    "title, from, to, subject, path, tag, lang, thread, type, space, folder, has, date, after, before";

fn find<T: Copy>(table: &[(&str, T)], name: &str) -> Option<T> {
    let name = name.to_lowercase();
    table
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, value)| *value)
}

/// The field of this name, in any case.
pub(super) fn field(name: &str) -> Option<FieldName> {
    find(NAMES, name)
}

/// Whether a name before a colon that is no field may be a slip: two or more Latin letters that are not known from
/// ordinary text. Chinese writes a colon without a space after it, so that its names are text.
pub(super) fn may_be_a_slip(name: &str) -> bool {
    name.len() > 1
        && name.chars().all(|ch| ch.is_ascii_alphabetic())
        && !PLAIN.contains(&name.to_ascii_lowercase().as_str())
}

/// The kind of this name, in either language.
pub(super) fn kind(name: &str) -> Option<DocumentKind> {
    find(KINDS, name)
}

/// Whether `has:` asks for attachments.
pub(super) fn is_attachment(value: &str) -> bool {
    matches!(
        value.to_lowercase().as_str(),
        "attachment" | "attachments" | "附件"
    )
}

/// The tag of a language by its name or as a tag of itself: letters and digits with hyphens, the first two or three letters.
pub(super) fn language(value: &str) -> Option<String> {
    if let Some(tag) = find(LANGUAGES, value) {
        return Some(tag.to_owned());
    }
    let mut parts = value.split('-');
    let first = parts.next().unwrap_or_default();
    let sound = (2..=3).contains(&first.len())
        && first.chars().all(|ch| ch.is_ascii_alphabetic())
        && parts
            .all(|part| (1..=8).contains(&part.len()) && part.chars().all(|ch| ch.is_ascii_alphanumeric()));
    sound.then(|| value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_and_every_field_has_a_name() {
        for known in DocumentKind::ALL {
            assert_eq!(kind(known.as_str()), Some(known));
        }
        for known in QueryField::ALL {
            assert_eq!(field(known.as_str()), Some(FieldName::Text(known)));
            assert!(LIST.contains(known.as_str()), "{}", known.as_str());
        }
        for name in LIST.split(", ") {
            assert!(field(name).is_some(), "{name}");
        }
    }

    #[test]
    fn no_name_means_two_things() {
        let mut names: Vec<_> = NAMES.iter().map(|(name, _)| *name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        let mut kinds: Vec<_> = KINDS.iter().map(|(name, _)| *name).collect();
        kinds.sort_unstable();
        assert!(kinds.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn languages_are_named_or_tagged() {
        assert_eq!(language("繁體").as_deref(), Some("zh-Hant"));
        assert_eq!(language("English").as_deref(), Some("en"));
        assert_eq!(language("zh-Hant").as_deref(), Some("zh-Hant"));
        for bad in ["e", "klingon", "zh--", "zh_TW", "文", ""] {
            assert_eq!(language(bad), None, "{bad}");
        }
    }
}
