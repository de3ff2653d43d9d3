//! The language and script of an answer: those of its question.

use std::sync::OnceLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;
use rushlight_core::Hit;

use crate::sanitize::plain_text;

/// In what an answer is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerLanguage {
    /// English, which also stands for every language that is not Chinese.
    English,
    /// Chinese in Traditional characters.
    TraditionalChinese,
    /// Chinese in Simplified characters.
    SimplifiedChinese,
}

impl AnswerLanguage {
    /// The question's. A Chinese question whose characters are the same in both scripts is taken to be in that of the
    /// best hits, Traditional when they do not say either.
    pub fn of_question(question: &str, hits: &[Hit]) -> Self {
        if !is_chinese(question) {
            return Self::English;
        }
        let texts = hits.iter().take(3).map(|hit| hit.chunk.text.as_str());
        std::iter::once(question)
            .chain(texts)
            .find_map(script)
            .unwrap_or(Self::TraditionalChinese)
    }

    /// Whether a text is in this language, of which Chinese is one in either script.
    pub fn is_of(self, text: &str) -> bool {
        is_chinese(text) == (self != Self::English)
    }

    /// The sentence that says that there is no answer.
    pub fn not_found(self) -> &'static str {
        match self {
            Self::English => "The documents searched do not say.",
            Self::TraditionalChinese => "所搜尋的文件中沒有答案。",
            Self::SimplifiedChinese => "所搜索的文件中没有答案。",
        }
    }

    /// The sentence that stands above quotations that contradict each other.
    pub(crate) fn disagreement(self) -> &'static str {
        match self {
            Self::English => "The documents disagree, the newest first:",
            Self::TraditionalChinese => "文件的說法不一致，較新的在前：",
            Self::SimplifiedChinese => "文件的说法不一致，较新的在前：",
        }
    }

    /// The sentence that is shown instead of an answer whose documents changed under it.
    pub fn changed_meanwhile(self) -> &'static str {
        match self {
            Self::English => {
                "A document that the answer was taken from was changed or removed meanwhile. Please ask again."
            }
            Self::TraditionalChinese => "作答期間，答案所依據的文件已被修改或移除，請重新提問。",
            Self::SimplifiedChinese => "作答期间，答案所依据的文件已被修改或移除，请重新提问。",
        }
    }

    /// A quotation as plain text in this language's marks.
    pub(crate) fn quoted(self, quote: &str) -> String {
        let (open, close) = self.quotation_marks();
        format!("{open}{}{close}", plain_text(quote))
    }

    /// The marks around a quotation.
    pub(crate) fn quotation_marks(self) -> (&'static str, &'static str) {
        match self {
            Self::English | Self::SimplifiedChinese => ("“", "”"),
            Self::TraditionalChinese => ("「", "」"),
        }
    }
}

/// Whether a text is Chinese. It may name many things in Latin letters, where a word takes more characters.
fn is_chinese(text: &str) -> bool {
    let characters = text.chars().filter(|c| c.is_alphanumeric());
    let (han, other) = characters.fold((0, 0), |(han, other), c| match is_han(c) {
        true => (han + 1, other),
        false => (han, other + 1),
    });
    han > 0 && han * 4 >= other
}

/// Generated text in the script of `language`. For text of documents this is not meant: it is shown as written.
pub fn to_language(text: &str, language: AnswerLanguage) -> String {
    match language {
        AnswerLanguage::English => text.to_owned(),
        // Converting what is Traditional already would change characters that are right (皇后, 公里): only text with a
        // character that Traditional does not have is converted.
        AnswerLanguage::TraditionalChinese if has_simplified(text) => to_traditional().convert(text),
        AnswerLanguage::TraditionalChinese => text.to_owned(),
        AnswerLanguage::SimplifiedChinese => to_simplified().convert(text),
    }
}

/// The text in Simplified characters, in which words of both scripts meet.
pub(crate) fn simplified(text: &str) -> String {
    if text.chars().any(is_han) {
        to_simplified().convert(text)
    } else {
        text.to_owned()
    }
}

/// Characters of Chinese words.
pub(crate) fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// The script that more of the characters belong to, of those that belong to one only.
fn script(text: &str) -> Option<AnswerLanguage> {
    let text: String = text.chars().filter(|c| is_han(*c)).take(400).collect();
    let changed = |converted: String| {
        converted
            .chars()
            .zip(text.chars())
            .filter(|(a, b)| a != b)
            .count()
    };
    let traditional = changed(to_simplified().convert(&text));
    let simplified = text.chars().filter(|c| only_simplified(*c)).count();
    match traditional.cmp(&simplified) {
        std::cmp::Ordering::Greater => Some(AnswerLanguage::TraditionalChinese),
        std::cmp::Ordering::Less => Some(AnswerLanguage::SimplifiedChinese),
        std::cmp::Ordering::Equal => None,
    }
}

fn has_simplified(text: &str) -> bool {
    text.chars().any(only_simplified)
}

/// True for a character that Traditional text does not use.
fn only_simplified(c: char) -> bool {
    // Characters that are Simplified for another one and Traditional in their own right.
    const BOTH: &str = "后里台干范系松丑斗谷几卜折征制志冲吁余佣郁了于云伙仆価克准凶出划刮千厘发吊同向周咸哄姜家尸局布帘庄并弦彩御必\
                        念恤愿戚才扎托扣扑拐据搜挽文料旋旗曲朱术朴板杆极杯柜柳株核梁榨榴欲毁气沈注洒泛涌淀游溪漓炼爷狸獾症癫皂皁矇秋秘种\
                        秸签累纤致舍荡药葱蒙虱蔑衊表裙赞赤赖跖辟迂迹郄酸采里鉴钟闲霉面须颌饥鬼麦麻龟万与丰于亏亿仇价众借党冬准凌函别制";
    is_han(c) && !BOTH.contains(c) && {
        let mut buffer = [0; 4];
        let own: &str = c.encode_utf8(&mut buffer);
        // One that is written so in Taiwan (群, 峰) or elsewhere (污, 着) is Traditional.
        let converted = [to_traditional(), to_older_traditional()].map(|to| to.convert(own));
        converted.iter().all(|other| other != own) && to_simplified().convert(own) == own
    }
}

fn to_simplified() -> &'static OpenCC {
    static CONVERTER: OnceLock<OpenCC> = OnceLock::new();
    CONVERTER.get_or_init(|| OpenCC::from_config(BuiltinConfig::T2s).expect("the dictionaries are built in"))
}

/// As it is written in Taiwan.
fn to_traditional() -> &'static OpenCC {
    static CONVERTER: OnceLock<OpenCC> = OnceLock::new();
    CONVERTER.get_or_init(|| OpenCC::from_config(BuiltinConfig::S2tw).expect("the dictionaries are built in"))
}

/// With the older of two forms where both are in use: 羣 for 群.
fn to_older_traditional() -> &'static OpenCC {
    static CONVERTER: OnceLock<OpenCC> = OnceLock::new();
    CONVERTER.get_or_init(|| OpenCC::from_config(BuiltinConfig::S2t).expect("the dictionaries are built in"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::hit;

    #[test]
    fn the_language_is_the_questions() {
        let of = |question: &str| AnswerLanguage::of_question(question, &[]);
        assert_eq!(of("When did the oil crisis begin?"), AnswerLanguage::English);
        assert_eq!(of("Quand a commencé la crise ?"), AnswerLanguage::English);
        assert_eq!(of("誰發現了印歐語系？"), AnswerLanguage::TraditionalChinese);
        assert_eq!(of("谁发现了印欧语系？"), AnswerLanguage::SimplifiedChinese);
        assert_eq!(of("What does 茶 mean in English texts?"), AnswerLanguage::English);
        assert_eq!(of("Alan Turing 生於何年"), AnswerLanguage::TraditionalChinese);
    }

    #[test]
    fn a_question_of_both_scripts_follows_the_hits() {
        let question = "公司的地址在哪里";
        let simplified = hit("地址", "公司设在上海，电话请看网页。");
        let traditional = hit("地址", "公司設在臺北，電話請看網頁。");
        let question = &question[.."公司的地址".len()];
        assert_eq!(
            AnswerLanguage::of_question(question, &[simplified]),
            AnswerLanguage::SimplifiedChinese
        );
        assert_eq!(
            AnswerLanguage::of_question(question, &[traditional]),
            AnswerLanguage::TraditionalChinese
        );
        assert_eq!(
            AnswerLanguage::of_question(question, &[]),
            AnswerLanguage::TraditionalChinese
        );
    }

    #[test]
    fn answers_take_the_script_of_the_question() {
        let to = |text: &str| to_language(text, AnswerLanguage::TraditionalChinese);
        assert_eq!(to("威廉·琼斯发现了印欧语系。"), "威廉·瓊斯發現了印歐語系。");
        assert_eq!(
            to("皇后在公里之外，范先生也在。"),
            "皇后在公里之外，范先生也在。",
            "right already"
        );
        assert_eq!(to("大量讀者群"), "大量讀者群", "not 羣");
        assert_eq!(to("大量读者群在山峰上"), "大量讀者群在山峰上");
        assert_eq!(
            to("污水沿着皇后大道流"),
            "污水沿着皇后大道流",
            "right already, elsewhere"
        );
        assert_eq!(to_language("發現", AnswerLanguage::SimplifiedChinese), "发现");
        assert_eq!(to_language("发现", AnswerLanguage::English), "发现");
    }
}
