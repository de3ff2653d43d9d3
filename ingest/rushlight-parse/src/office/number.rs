//! Numbers and dates as a sheet shows them: by the number format of their cell.

use calamine::ExcelDateTime;
use ssfmt::{DateSystem, FormatOptions, Locale, NumberFormat};

/// Longest format that is followed; programs write none that is longer.
const MAX_CODE: usize = 255;
/// Languages of formats whose names of days and months are Chinese, as Windows numbers them.
const CHINESE: [&str; 5] = ["404]", "804]", "c04]", "1004]", "1404]"];

/// How a workbook's cells show their numbers, by the number of a cell's style.
#[derive(Default)]
pub(super) struct Formats {
    formats: Vec<Option<Format>>,
}

struct Format {
    code: NumberFormat,
    options: FormatOptions,
    /// It has letters that stand for parts of a date and are not known here, or parts in an order that is taken wrongly.
    is_partly_known: bool,
}

impl Formats {
    /// Of format codes; `None` for styles that show values as they are. `since_1904`: days are counted from then.
    pub(super) fn new<'a>(codes: impl IntoIterator<Item = Option<&'a str>>, since_1904: bool) -> Self {
        let date_system = if since_1904 {
            DateSystem::Date1904
        } else {
            DateSystem::Date1900
        };
        let formats = codes
            .into_iter()
            .map(|code| code.and_then(|code| Format::new(code, date_system)));
        Self {
            formats: formats.collect(),
        }
    }

    fn of(&self, style: usize) -> Option<&Format> {
        self.formats.get(style)?.as_ref()
    }

    /// A number.
    pub(super) fn number(&self, value: f64, style: usize) -> String {
        let by_format = self.of(style).and_then(|format| format.shown(value));
        by_format.unwrap_or_else(|| plain(value))
    }

    /// A date or a time of day, or how long something took.
    pub(super) fn date(&self, moment: &ExcelDateTime, style: usize) -> String {
        let known = self.of(style).filter(|format| !format.is_partly_known);
        let by_format = known.and_then(|format| format.shown(moment.as_f64()));
        by_format.unwrap_or_else(|| iso(moment))
    }
}

impl Format {
    fn new(code: &str, date_system: DateSystem) -> Option<Self> {
        // The computer's own form of a date, which the file does not know; figures of other scripts.
        let by_the_computer = ["[$-F", "[$-f", "[DBNum", "[dbnum"];
        let plain = ["", "general", "@"].contains(&code.trim().to_lowercase().as_str());
        if plain || code.len() > MAX_CODE || by_the_computer.iter().any(|mark| code.contains(mark)) {
            return None;
        }
        let locale = if CHINESE.iter().any(|mark| code.to_lowercase().contains(mark)) {
            chinese()
        } else {
            Locale::default()
        };
        Some(Self {
            is_partly_known: !speaks_of_dates(code),
            code: NumberFormat::parse(code).ok()?,
            options: FormatOptions { date_system, locale },
        })
    }

    /// What is shown; nothing where the format shows nothing, so that no value is lost.
    fn shown(&self, value: f64) -> Option<String> {
        let text = self.code.try_format(value, &self.options).ok()?;
        (!text.trim().is_empty()).then_some(text)
    }
}

/// True for the formats that every computer shows in its own way: dates as its region writes them.
pub(super) fn is_the_computers_own(id: u32) -> bool {
    matches!(id, 14 | 22)
}

/// The format of the built-in number that a file refers to without saying it.
pub(super) fn built_in(id: u32) -> Option<&'static str> {
    match id {
        0 => None,
        id if is_the_computers_own(id) => None,
        41 | 42 => Some("#,##0;(#,##0);\"-\""),
        43 | 44 => Some("#,##0.00;(#,##0.00);\"-\""),
        id => ssfmt::format_code_from_id(id),
    }
}

/// False for letters that are neither quoted nor known: years of eras, days of the week in other languages. False too when the
/// time comes first: months are taken for minutes then.
fn speaks_of_dates(code: &str) -> bool {
    let mut bare = String::new();
    let mut characters = code.chars();
    while let Some(c) = characters.next() {
        match c {
            '"' => {
                characters.by_ref().find(|c| *c == '"');
            }
            '[' => {
                characters.by_ref().find(|c| *c == ']');
            }
            '\\' | '_' | '*' => {
                characters.next();
            }
            c => bare.extend(c.to_lowercase()),
        }
    }
    let bare = bare
        .replace("am/pm", "")
        .replace("a/p", "")
        .replace("general", "");
    let time_first = bare.find('h').is_some_and(|at| bare[at..].contains(['d', 'y']));
    !time_first && !bare.contains(['a', 'b', 'e', 'g'])
}

fn chinese() -> Locale {
    let months = [
        "一月",
        "二月",
        "三月",
        "四月",
        "五月",
        "六月",
        "七月",
        "八月",
        "九月",
        "十月",
        "十一月",
        "十二月",
    ];
    Locale {
        am_string: "上午",
        pm_string: "下午",
        month_names_short: [
            "1月", "2月", "3月", "4月", "5月", "6月", "7月", "8月", "9月", "10月", "11月", "12月",
        ],
        month_names_full: months,
        day_names_short: ["週日", "週一", "週二", "週三", "週四", "週五", "週六"],
        day_names_full: [
            "星期日",
            "星期一",
            "星期二",
            "星期三",
            "星期四",
            "星期五",
            "星期六",
        ],
        ..Locale::default()
    }
}

/// A number without a format: with the fifteen digits that a sheet works with, and never fewer.
pub(super) fn plain(value: f64) -> String {
    let size = value.abs();
    if size >= 1e21 || (size < 1e-9 && size > 0.0) {
        return format!("{value:E}");
    }
    if value.fract() == 0.0 {
        // Adding zero makes -0 a 0.
        return format!("{:.0}", value + 0.0);
    }
    let rounded: f64 = format!("{value:.14e}").parse().unwrap_or(value);
    rounded.to_string()
}

/// A date that sorts, with the time of day where there is one.
fn iso(moment: &ExcelDateTime) -> String {
    if moment.is_duration() {
        let seconds = (moment.as_f64() * 86_400.0).round() as i64;
        return format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    }
    let (year, month, day, hour, minute, second, _) = moment.to_ymd_hms_milli();
    let time = format!("{hour:02}:{minute:02}:{second:02}");
    match (moment.as_f64() < 1.0, time.as_str()) {
        (true, _) => time,
        (false, "00:00:00") => format!("{year:04}-{month:02}-{day:02}"),
        (false, _) => format!("{year:04}-{month:02}-{day:02} {time}"),
    }
}

#[cfg(test)]
mod tests {
    use calamine::ExcelDateTimeType;
    use proptest::prelude::*;

    use super::*;

    fn number(value: f64, code: &str) -> String {
        let shown = Formats::new([Some(code)], false).number(value, 0);
        shown.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn date(value: f64, code: &str) -> String {
        let moment = ExcelDateTime::new(value, ExcelDateTimeType::DateTime, false);
        Formats::new([Some(code)], false).date(&moment, 0)
    }

    #[test]
    fn numbers_by_their_formats() {
        for (value, code, shown) in [
            (1234.5, "#,##0.00", "1,234.50"),
            (-1234.5, "#,##0;[Red](#,##0)", "(1,235)"),
            (0.025, "0.00%", "2.50%"),
            (1234.5, "\"NT$\"#,##0", "NT$1,235"),
            (99.0, "[$¥-804]#,##0.00", "¥99.00"),
            (
                1234.5,
                "_($* #,##0.00_);_($* (#,##0.00);_($* \"-\"??_);_(@_)",
                "$1,234.50",
            ),
            (12.0, "0\"公斤\"", "12公斤"),
            (42.0, "00000", "00042"),
            (12345.0, "0.00E+00", "1.23E+04"),
            (0.25, "# ?/?", "1/4"),
            (3.0, ";;;", "3"),
            (0.1 + 0.2, "General", "0.3"),
        ] {
            assert_eq!(number(value, code), shown, "{code}");
        }
    }

    #[test]
    fn dates_by_their_formats() {
        for (value, code, shown) in [
            (45352.0, "yyyy/m/d", "2024/3/1"),
            (45352.0, "d-mmm-yy", "1-Mar-24"),
            (45352.75, "dd/mm/yyyy hh:mm", "01/03/2024 18:00"),
            (45352.0, "yyyy\"年\"m\"月\"d\"日\"", "2024年3月1日"),
            (45352.0, "[$-404]mmmm", "三月"),
            (45352.75, "h:mm AM/PM", "6:00 PM"),
            // Years of an era, and the computer's own form: a date that everybody reads.
            (45352.0, "[$-404]e/m/d", "2024-03-01"),
            (45352.0, "[$-F800]dddd, mmmm dd, yyyy", "2024-03-01"),
            (45352.5, "h:mm \"on\" dddd mmmm d, yyyy", "2024-03-01 12:00:00"),
            (45352.5, "General", "2024-03-01 12:00:00"),
        ] {
            assert_eq!(date(value, code), shown, "{code}");
        }
        let long = ExcelDateTime::new(1.5, ExcelDateTimeType::TimeDelta, false);
        assert_eq!(
            Formats::new([Some("[h]:mm:ss")], false).date(&long, 0),
            "36:00:00"
        );
        assert_eq!(Formats::default().date(&long, 0), "36:00:00");
        let since_1904 = ExcelDateTime::new(43890.0, ExcelDateTimeType::DateTime, true);
        assert_eq!(
            Formats::new([Some("yyyy-mm-dd")], true).date(&since_1904, 0),
            "2024-03-01"
        );
    }

    #[test]
    fn plain_numbers_lose_no_digits() {
        for (value, shown) in [
            (0.1 + 0.2, "0.3"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (-0.0, "0"),
            (-2.5, "-2.5"),
            (1e300, "1E300"),
        ] {
            assert_eq!(plain(value), shown);
        }
    }

    #[test]
    fn the_computers_own_dates_have_no_format() {
        assert_eq!(
            (built_in(14), built_in(9), built_in(164)),
            (None, Some("0%"), None)
        );
    }

    proptest! {
        #[test]
        fn any_format_ends(code in r#"[0#?.,%;E+\-yYmMdDhHsSaAPp/@_*\\"\[\]$ 年x:bBeg<>=]{0,40}"#, value in any::<f64>()) {
            let formats = Formats::new([Some(&*code)], false);
            prop_assert!(!formats.number(value, 0).is_empty());
            let moment = ExcelDateTime::new(value % 1e7, ExcelDateTimeType::DateTime, false);
            prop_assert!(!formats.date(&moment, 0).is_empty());
        }
    }
}
