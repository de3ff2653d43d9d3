use jiff::tz::TimeZone;
use proptest::prelude::*;
use rushlight_core::ErrorCode;

use super::*;

/// Sunday, 8 March 2026, in Taipei.
pub(super) fn calendar() -> Calendar {
    Calendar {
        today: jiff::civil::date(2026, 3, 8),
        zone: TimeZone::fixed(jiff::tz::offset(8)),
    }
}

/// How a query is understood, or the error and the text it points at.
fn shown(text: &str) -> String {
    match parse(text, &calendar()) {
        Ok(query) => describe(&query, &calendar()),
        Err(error) => format!("{:?} at `{}`", error.kind, &text[error.at]),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(shown(text), expected, "{text}");
}

#[test]
fn plain_text_is_itself() {
    for text in [
        "tea",
        "how hot is green tea?",
        "綠茶用幾度的水泡？",
        "what is the GDP (gross domestic product) of Taiwan",
        "綠茶（高山茶）怎麼泡？",
        "C++ and C#, R or Go",
        "the score was 3-2 at 10:30",
        "http://example.org/a?b=c",
        "Re: your mail",
        "note: buy tea",
        "C:\\notes\\tea.md",
        "anna@x.example",
        "mailto:anna@x.example",
        "localhost:8080",
        "std::fs::read",
        "a - b * c : d + e",
        "cargo build --release",
        "27\" screen, 5'4\" tall",
        "1) first 2) second :)",
        "f(x) = g(y)",
        "《紅樓夢》的作者是誰",
        "注意：水溫不可太高",
        "問題:水溫",
        "from: anna to: bob",
        "or and not near",
        "**bold** te*a *x*",
        "snake_case INV-2024-0117 rust-1.95",
        "of the and",
        "의미 검색 と 検索",
    ] {
        assert_eq!(parse(text, &calendar()), Ok(Query::plain(text)), "{text}");
        assert_eq!(lenient(text, &calendar()), Query::plain(text), "{text}");
    }
}

#[test]
fn words_rank_and_everything_else_holds() {
    check(
        "tea \"hot water\" -coffee",
        "words: tea · required: \"hot water\" · without: coffee",
    );
    check("tea NOT coffee", "words: tea · without: coffee");
    check("+tea water", "required: tea · words: water");
    check("tea*", "required: tea*");
    check("hot tea* -cof*", "words: hot · required: tea* · without: cof*");
    check("a b -c d", "words: a b, d · without: c");
    check("-coffee", "without: coffee");
    check("NOT -tea", "words: tea");
    check("tea AND water", "required: tea, water");
    check("hot tea AND water", "words: hot · required: tea, water");
    check("(tea)", "words: (tea)");
    check(
        "tea (hot \"green tea\")",
        "words: tea hot · required: \"green tea\"",
    );
}

#[test]
fn alternatives() {
    check("tea OR coffee", "words: tea coffee");
    check("(tea OR coffee)", "words: tea coffee");
    check("tea OR coffee hot", "required: (tea OR coffee) · words: hot");
    check(
        "hot (tea OR \"black coffee\")",
        "words: hot · required: (tea OR \"black coffee\")",
    );
    check(
        "\"green tea\" OR \"black tea\"",
        "required: (\"green tea\" OR \"black tea\")",
    );
    check("a AND b OR c", "required: ((a b) OR c)");
    check("x (a OR (b c)) ", "words: x · required: (a OR (b c))");
    check("x (a OR -b)", "words: x · required: (a OR -b)");
    check("-(a b) x", "without: (a b) · words: x");
    check("-(a OR b) x", "without: (a OR b) · words: x");
    check(
        "綠茶溫度 OR 咖啡 茶",
        "required: (\"綠茶溫度\" OR 咖啡) · words: 茶",
    );
    check("TO BE OR NOT TO BE", "words: TO, BE · required: (BE OR -TO)");
}

#[test]
fn words_that_must_hold_do_so_whole() {
    check("茶 -綠茶壺", "words: 茶 · without: \"綠茶壺\"");
    check("+INV-2024-0117", "required: \"INV-2024-0117\"");
    check("+綠茶", "required: 綠茶");
    check("tea? AND water.", "required: tea, water");
}

#[test]
fn signs_as_chinese_keyboards_type_them() {
    check("「高山茶」　－咖啡", "required: \"高山茶\" · without: 咖啡");
    check("什麼是『綠茶』？", "words: 什麼是 · required: \"綠茶\"");
    check("他說“綠茶”嗎", "words: 他說, 嗎 · required: \"綠茶\"");
    check("＂green tea＂ ＋水", "required: \"green tea\", 水");
    check("茶 （綠茶 OR 紅茶）", "words: 茶 · required: (綠茶 OR 紅茶)");
    check("茶＊", "required: 茶*");
    check("寄件人：王小明，主旨：報告", "from: 王小明 · subject: 報告");
    check("类型：邮件 标题：茶", "type: mail · title: 茶");
    check("綠茶－紅茶", "words: 綠茶－紅茶");
}

#[test]
fn fields() {
    check("tea from:anna", "words: tea · from: anna");
    check(
        "FROM:Anna -to:bob@x.example",
        "from: Anna · without: to:bob@x.example",
    );
    check("title:\"green tea\"", "title: \"green tea\"");
    check("title:tea*", "title: tea*");
    check("title:(green tea)", "title: green tea");
    check("title:(green OR \"black tea\")", "title: green OR \"black tea\"");
    check("title:(tea -green)", "title: tea · without: title:green");
    check("path:C:\\notes path:/home/ada", "path: C:\\notes, /home/ada");
    check("tag:#a/b", "tag: a/b");
    check("type:pdf", "type: pdf");
    check("type:pdf tea type:郵件", "type: pdf OR mail · words: tea");
    check("type:(pdf OR 筆記)", "type: pdf OR note");
    check("-type:mail tea", "without: type:mail · words: tea");
    check("space:work space:\"my notes\"", "space: work OR \"my notes\"");
    check("-space:work tea", "without: space:work · words: tea");
    check("lang:繁體", "lang: zh-Hant");
    check("lang:zh lang:en", "lang: zh OR en");
    check("has:attachment 有:附件", "has: attachment, attachment");
    check("thread:<a@b.example>", "thread: a@b.example");
    check("in:thread:a@b.example tea", "thread: a@b.example · words: tea");
    check("from:anna OR from:bob", "from: anna OR bob");
    check("from:anna, tea", "from: anna · words: tea");
    check("(from:anna tea)", "from: anna · words: tea");
    check("+from:anna", "from: anna");
}

#[test]
fn dates_in_a_query() {
    check("tea date:2024-03", "words: tea · date: 2024-03");
    check("date:last week tea", "date: 2026-02-23..2026-03-01 · words: tea");
    check("date:march 2024 tea", "date: 2024-03 · words: tea");
    check("date:march 5, 2024 tea", "date: 2024-03-05 · words: tea");
    check("after:march 2024", "after: 2024-03-01");
    check(
        "before:2024-03-05 -after:2024",
        "before: 2024-03-05 · without: after:2024-01-01",
    );
    check("日期：上週 茶", "date: 2026-02-23..2026-03-01 · words: 茶");
    check(
        "日期:民國113年3月 之後：113.03.05",
        "date: 2024-03 · after: 2024-03-05",
    );
    check("之前：113/3/5，綠茶", "before: 2024-03-05 · words: 綠茶");
    check("date:２０２４－０３", "date: 2024-03");
    check("date:\"last week\"", "date: 2026-02-23..2026-03-01");
    check(
        "date:2024-03..2024-05 tea",
        "date: 2024-03-01..2024-05-31 · words: tea",
    );
    check("date:2024-03.. ", "after: 2024-03-01");
    check("(date:2024 OR date:2022) tea", "date: 2024 OR 2022 · words: tea");
    check("tea date:today", "words: tea · date: 2026-03-08");
    check("date:LAST WEEK", "date: 2026-02-23..2026-03-01");
}

#[test]
fn near() {
    check("tea NEAR water", "required: tea NEAR/10 water");
    check(
        "綠茶 NEAR/5 \"hot water\" x",
        "required: 綠茶 NEAR/5 \"hot water\" · words: x",
    );
    check("a NEAR/3 b NEAR/7 c", "required: a NEAR/7 b NEAR/7 c");
    check("x -a NEAR b", "words: x · without: a NEAR/10 b");
    check("tea NEAR/101 water", "NearMisused at `NEAR/101`");
    check("tea NEAR/99999999999 water", "NearMisused at `NEAR/99999999999`");
    check("tea NEAR (a b)", "NearMisused at `(a b)`");
    check("tea NEAR from:anna", "NearMisused at `from:anna`");
}

#[test]
fn errors_point_at_the_character() {
    check("", "Empty at ``");
    check("  ?!… ，。", "Empty at `  ?!… ，。`");
    check("tea \"green", "UnclosedQuote at `\"`");
    check("茶「綠", "UnclosedQuote at `「`");
    check("tea \"?!\"", "EmptyPhrase at `\"?!\"`");
    check("tea (green", "UnclosedGroup at `(`");
    check("(tea))", "StrayParenthesis at `)`");
    check("tea )", "StrayParenthesis at `)`");
    check("tea ()", "EmptyGroup at `()`");
    check("OR tea", "LooseOperator at `OR`");
    check("tea AND", "LooseOperator at `AND`");
    check("tea OR OR coffee", "LooseOperator at `OR`");
    check("(tea OR )", "LooseOperator at `OR`");
    check("NOT", "LooseOperator at `NOT`");
    check("tea NEAR", "LooseOperator at `NEAR`");
    check("tea frm:anna", "UnknownField at `frm`");
    check("tea from:", "MissingValue at `from:`");
    check("tea (from:)", "MissingValue at `from:`");
    check("from:，茶", "MissingValue at `from:`");
    check("type:song", "UnknownValue at `song`");
    check("lang:klingon", "UnknownValue at `klingon`");
    check("has:lunch", "UnknownValue at `lunch`");
    check("in:thread", "UnknownValue at `thread`");
    check("space:my*", "UnknownValue at `my*`");
    check("title:?!", "UnknownValue at `?!`");
    check("title:(a from:b)", "FieldMisused at `from:b`");
    check("title:(a NEAR b)", "FieldMisused at `a NEAR b`");
    check("date:(2024 OR 2023)", "FieldMisused at `(`");
    check("date:soon tea", "NotADate at `soon`");
    check("茶 date:2024-02-30", "ImpossibleDate at `30`");
    check("date:29 february 2023", "ImpossibleDate at `29`");
    check("日期：民國0年", "ImpossibleDate at `0`");
    check("date:2024-13", "ImpossibleDate at `13`");
    check("date:2024-05..2024-03", "ImpossibleDate at `2024-05..2024-03`");
}

#[test]
fn an_error_is_two_lines_and_a_hint() {
    let text = "綠茶 frm:anna";
    let error = parse(text, &calendar()).expect_err("no such field");
    assert_eq!(error.render(text), "綠茶 frm:anna\n     ^^^");
    assert_eq!(error.to_string(), "there is no field of this name");
    assert!(
        error.hint.starts_with("fields are title, from, to, "),
        "{}",
        error.hint
    );
    let error = error.into_error(text);
    assert_eq!(error.code(), ErrorCode::QueryInvalid);
    assert_eq!(error.place().expect("a place").characters, 3..6);
}

#[test]
fn what_nobody_sees_is_dropped_and_positions_are_of_the_original() {
    check("t\u{0}ea\u{202E} \u{2066}green\u{2069}", "words: tea green");
    check("tea\ngreen\u{85}x", "words: tea green x");
    let text = "\u{202E}tea \u{0}fr\u{200B}m:anna";
    let error = parse(text, &calendar()).expect_err("no such field");
    assert_eq!(&text[error.at.clone()], "fr\u{200B}m");
    assert_eq!(error.render(text), "tea frm:anna\n    ^^^");
    check("\u{0}\u{202E}", "Empty at `\u{0}\u{202E}`");
}

#[test]
fn length_depth_and_number_are_bounded() {
    let long = "茶".repeat(100_000);
    let error = parse(&long, &calendar()).expect_err("too long");
    assert_eq!((error.kind, error.at), (QueryErrorKind::TooLong, 12_000..300_000));
    assert_eq!(lenient(&long, &calendar()), Query::plain(&*long));
    assert!(parse(&"茶".repeat(MAX_QUESTION_CHARS), &calendar()).is_ok());
    assert!(parse(&"tea ".repeat(1_000), &calendar()).is_ok());

    let nested = |depth: usize| format!("{}a OR b{} x", "(".repeat(depth), ")".repeat(depth));
    assert!(parse(&nested(MAX_DEPTH), &calendar()).is_ok());
    let error = parse(&nested(MAX_DEPTH + 1), &calendar()).expect_err("too deep");
    assert_eq!((error.kind, error.at), (QueryErrorKind::TooDeep, 16..17));

    let many = |count: usize| "\"a\" ".repeat(count);
    assert!(parse(&many(MAX_CLAUSES), &calendar()).is_ok());
    let error = parse(&many(MAX_CLAUSES + 1), &calendar()).expect_err("too many");
    assert_eq!(
        (error.kind, error.at),
        (QueryErrorKind::TooManyClauses, 1_024..1_027)
    );
    for sign in [
        "(", ")", "\"", "「", "-", "NOT ", "a OR ", "from:", "date:", "((a)", "NEAR ", "+(",
    ] {
        let text: String = sign.repeat(100_000).chars().take(MAX_QUESTION_CHARS).collect();
        let _ = (
            parse(&text, &calendar()),
            lenient(&text, &calendar()),
            as_typed(&text, &calendar()),
        );
    }
}

/// How a text is understood by a reader who never complains.
fn leniently(text: &str) -> String {
    describe(&lenient(text, &calendar()), &calendar())
}

#[test]
fn a_lenient_reader_takes_what_cannot_be_read_for_text() {
    for (text, expected) in [
        ("what does \"green mean", "words: what does \"green mean"),
        ("tea (green", "words: tea (green"),
        ("tea ) coffee", "words: tea ) coffee"),
        ("why OR", "words: why OR"),
        ("frm:anna tea", "words: frm:anna tea"),
        ("from:anna frm:bob", "from: anna · words: frm:bob"),
        ("tea date:2024-02-30", "words: tea date:2024-02-30"),
        (
            "type:song \"green tea\"",
            "words: type:song · required: \"green tea\"",
        ),
        ("the \"\" sign", "words: the \"\" sign"),
        ("title:(a from:b)", "words: title:(a · from: b)"),
        ("?!", ""),
        ("", ""),
    ] {
        assert_eq!(leniently(text), expected, "{text}");
    }
}

#[test]
fn what_is_being_typed() {
    for (text, expected) in [
        ("", ""),
        ("g", "words: g, g*"),
        ("green te", "words: green te, te*"),
        ("green te ", "words: green te "),
        ("綠茶", "words: 綠茶"),
        ("綠茶te", "words: 綠茶te, te*"),
        ("foo-ba", "words: foo-ba, ba*"),
        ("\"green te", "required: \"green\", te*"),
        ("\"gre", "required: gre*"),
        ("\"green tea\"", "required: \"green tea\""),
        ("tea \"", "words: tea "),
        ("tea (gre", "words: tea (gre, gre*"),
        ("tea OR cof", "words: tea cof, cof*"),
        ("hot (tea OR cof", "words: hot · required: (tea OR cof*)"),
        ("tea OR", "words: tea OR, OR*"),
        ("tea from:", "words: tea "),
        ("tea from:an", "words: tea · from: an*"),
        ("tea from:anna@ex", "words: tea · from: anna@, ex*"),
        ("tea from:anna ", "words: tea · from: anna"),
        ("tea title:\"green te", "words: tea · title: green, te*"),
        ("tea type:pd", "words: tea"),
        ("tea type:pdf", "words: tea · type: pdf"),
        ("tea date:2024-0", "words: tea"),
        ("tea date:last we", "words: tea"),
        ("tea date:last week", "words: tea · date: 2026-02-23..2026-03-01"),
        ("tea -cof", "words: tea · without: cof"),
        ("frm:an", "words: frm:an, an*"),
        ("tea )", "words: tea )"),
    ] {
        let query = as_typed(text, &calendar());
        assert_eq!(
            describe(&query, &calendar()).trim_end(),
            expected.trim_end(),
            "{text}"
        );
    }
}

/// The examples of the page for people: lines of blocks, a query, two spaces or more and what it is understood as.
#[test]
fn the_page_of_the_language_is_true() {
    let page = include_str!("../../../../docs/search.md");
    let mut examples = 0;
    for block in page.split("```").skip(1).step_by(2) {
        let lines: Vec<&str> = block
            .trim_start_matches("text")
            .lines()
            .filter(|line| !line.is_empty())
            .collect();
        for (index, line) in lines.iter().enumerate() {
            let Some((query, understood)) = line.split_once(" → ") else {
                assert!(index > 0, "a line of an example has an arrow: {line}");
                continue;
            };
            let query = query.trim_end();
            examples += 1;
            match parse(query, &calendar()) {
                Ok(query) => assert_eq!(describe(&query, &calendar()), understood, "{line}"),
                Err(error) => {
                    assert_eq!(format!("error: {error}"), understood, "{line}");
                    assert_eq!(
                        error.render(query),
                        lines[index + 1..index + 3].join("\n"),
                        "{line}"
                    );
                }
            }
        }
    }
    assert!(examples > 40, "the page has examples: {examples}");
}

/// Texts full of signs of the language.
fn signs() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        " ",
        " ",
        " ",
        "　",
        "(",
        ")",
        "（",
        "）",
        "\"",
        "「",
        "」",
        "“",
        "”",
        "-",
        "－",
        "+",
        "*",
        ":",
        "：",
        "OR",
        "AND",
        "NOT",
        "NEAR",
        "NEAR/3",
        "from:",
        "title:",
        "type:",
        "date:",
        "after:",
        "in:",
        "space:",
        "日期：",
        "frm:",
        "tea",
        "茶",
        "綠茶",
        "last week",
        "2024-03",
        "2024-02-30",
        "上週",
        "民國113年",
        "..",
        ",",
        "，",
        "\u{202E}",
        "\n",
        "a",
        "pdf",
        "🍵",
        "\u{301}",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in prop_oneof![any::<String>(), signs(), "\\PC{0,200}"]) {
        let calendar = calendar();
        if let Err(error) = parse(&text, &calendar) {
            prop_assert!(error.at.start <= error.at.end && error.at.end <= text.len());
            prop_assert!(text.get(error.at.clone()).is_some(), "on character boundaries");
            prop_assert!(!error.message.is_empty() && !error.message.ends_with('.'));
            let rendered = error.render(&text);
            prop_assert_eq!(rendered.lines().count(), 2);
        }
        let _ = describe(&lenient(&text, &calendar), &calendar);
        let _ = describe(&as_typed(&text, &calendar), &calendar);
    }

    #[test]
    fn what_can_be_read_is_read_the_same_by_the_lenient(text in signs()) {
        if let Ok(query) = parse(&text, &calendar()) {
            prop_assert_eq!(lenient(&text, &calendar()), query);
        }
    }

    #[test]
    fn letters_and_ideographs_are_plain_text(words in prop::collection::vec("[a-zA-Zé0-9]{1,8}|[一-龥]{1,8}", 1..12)) {
        let text = words.join(" ");
        prop_assume!(!words.iter().any(|word| matches!(word.as_str(), "OR" | "AND" | "NOT" | "NEAR")));
        prop_assert_eq!(parse(&text, &calendar()), Ok(Query::plain(text)));
    }

    #[test]
    fn a_lenient_reader_loses_no_word(
        pieces in prop::collection::vec("[a-z]{1,6}|[一-龥]{1,5}|[\"()「」“”（）+*:?, -]{1,3}", 1..16),
    ) {
        let text = pieces.join("");
        let understood = describe(&lenient(&text, &calendar()), &calendar());
        for word in text.split(|ch: char| !ch.is_alphanumeric()).filter(|word| !word.is_empty()) {
            prop_assume!(fields::field(word).is_none());
            prop_assert!(understood.contains(word), "{} lacks {}", understood, word);
        }
    }
}
