use proptest::prelude::*;

use super::*;

/// The parts as they are written: quantities in brackets.
fn shown(sentence: &str) -> String {
    let parts = parts(sentence).into_iter().map(|part| match part {
        Part::Word(word) => word,
        Part::Quantity(quantity) => format!("[{}]", quantity.written(sentence)),
    });
    parts.collect::<Vec<_>>().join(" ")
}

#[test]
fn quantities_stand_between_words_as_they_are_written() {
    for (sentence, parts) in [
        (
            "Since 1 April 2024 the daily meal allowance is **GBP 38** (Taipei office: NT$1,200).",
            "sinc [1 April 2024] dail meal allowanc [GBP 38] taipei offic [NT$1,200]",
        ),
        (
            "出差期間每日膳食費上限為新台幣 **1,200 元**，住宿一晚計一日。",
            "出 差 期 间 每 日 膳 食 费 限 [新台幣 1,200 元] 住 宿 一 晚 计 [一日]",
        ),
        ("民國113年3月5日起，百分之五", "[民國113年3月5日] 起 [百分之五]"),
        ("滿三年有 17 天，第三條", "满 [三年] [17 天] 条"),
        (
            "Up to three days a week, one of them free",
            "up [three days] week fre",
        ),
        (
            "It is twenty-five thousand pounds and five",
            "[twenty-five thousand pounds] fiv",
        ),
        (
            "The BW-300 (LH-2024-03) stores 12,000 readings.",
            "bw-300 lh-2024-03 stor [12,000] reading",
        ),
        (
            "Core hours are 10:00 to 15:00 at -9.5 °C.",
            "cor hour [10:00] [15:00] [-9.5 °C]",
        ),
        ("2. Version 3 costs 1.2萬元", "cost [1.2萬元]"),
        (
            "On the 21st of March, 2024-03-05 or in 2023",
            "[21st of March] [2024-03-05] [2023]",
        ),
        ("They walked 2024 km", "walk [2024 km]"),
    ] {
        assert_eq!(shown(sentence), parts, "{sentence}");
    }
}

fn only(sentence: &str) -> Quantity {
    let found = parts(sentence).into_iter().find_map(|part| match part {
        Part::Quantity(quantity) => Some(quantity),
        Part::Word(_) => None,
    });
    found.expect(sentence)
}

#[test]
fn the_same_amount_is_written_in_many_ways() {
    for (a, b) in [
        ("24 months", "two years"),
        ("兩年", "24 個月"),
        ("12,000 元", "1.2 萬元"),
        ("貳萬元", "新台幣 20,000 元"),
        ("twelve thousand readings", "12,000 readings"),
        ("5 March 2024", "2024年3月5日"),
        ("March 5", "2024-03-05"),
        ("民國113年3月", "March 2024"),
        ("百分之五", "5%"),
        ("1.5 km", "1500 公尺"),
        ("３０天", "30 days"),
        ("GBP 38.00", "£38"),
    ] {
        let (a, b) = (only(a), only(b));
        assert!(a.is_like(&b) && a.agrees_with(&b), "{a:?} {b:?}");
    }
    for (a, b) in [
        ("24 months", "30 days"),
        ("NT$1,200", "GBP 38"),
        ("38", "GBP 38"),
        ("20 working days", "20 days"),
        ("10:00", "10 hours"),
    ] {
        assert!(!only(a).is_like(&only(b)), "{a} {b}");
    }
    for (a, b) in [
        ("NT$1,200", "1,050 元"),
        ("5 March", "6 March 2024"),
        ("10:00", "10:30"),
        ("-9.5 °C", "9.5 度"),
    ] {
        let (a, b) = (only(a), only(b));
        assert!(a.is_like(&b) && !a.agrees_with(&b), "{a:?} {b:?}");
    }
}

proptest! {
    #[test]
    fn no_text_makes_it_panic_and_spans_are_in_order(
        text in "\\PC{0,40}",
        numerals in "[零一二十百千萬億年月日個天元第民國百分之0-9,.:$£ -]{0,30}",
        words in "((one|twenty|and|hundred|march|of|2024|5th|GBP|km|version|[a-z]-[0-9])[ -]?){0,8}",
    ) {
        for text in [text, numerals, words] {
            let spans: Vec<TextSpan> = parts(&text)
                .into_iter()
                .filter_map(|part| match part {
                    Part::Quantity(quantity) => Some(quantity.span),
                    Part::Word(_) => None,
                })
                .collect();
            prop_assert!(spans.iter().all(|span| span.of(&text).is_some_and(|written| !written.is_empty())));
            prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
        }
    }
}
