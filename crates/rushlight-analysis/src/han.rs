//! One character for Traditional and Simplified: what each Han character is matched as.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use ferrous_opencc::OpenCC;
use ferrous_opencc::config::BuiltinConfig;

const FIRST: u32 = 0x3400;
const LAST: u32 = 0x9FFF;
/// The rare characters beyond, as far as OpenCC's tables know any.
const FURTHER: RangeInclusive<u32> = 0x2_0000..=0x2_B8FF;
/// Passes over the tables: Taiwan's and Hong Kong's variants lead to a standard character, that to its Simplified form.
const PASSES: usize = 4;

/// Simplified characters that Traditional Chinese has too, as other words (`后`, `里`) or beside the full form: those that
/// OpenCC's STCharacters lists among what they stand for.
const SHARED: &str = "\
    㐹万丑丰于云亘仆价伙余佛佣俊修僵克党冬准凌几凶出划刮制千升卜占卷厂厘只台叶吁吃合吊同后向周咨咸咽哄唇 \
    喂噪回困夸奸姜娘家尸局岩岳巨布帘席干幸广庵弦彩征御志念恤愈愿戚才扎托扣折拐挂挨挽据搜斗旋昆暗曲朱朴杆 \
    杠杯杰松板极柜栗核梁欲沈沾泛注涂涌淀游漓熏玩璇症皂矩确私秋种筑系胄胜胡腊腌膻致舍芸苔苹范荐蒙蔑虫蚝蜡 \
    蝎表谷跖辟适郁酸采里雕面 \
";

/// Which of the two scripts a character belongs to alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HanScript {
    Traditional,
    Simplified,
}

/// OpenCC's character tables, laid out to be asked for every character of every text.
pub(crate) struct HanTable {
    folded: Vec<char>,
    scripts: Vec<Option<HanScript>>,
}

/// Built at the first use, out of the dictionaries in the program.
pub(crate) static HAN: LazyLock<HanTable> = LazyLock::new(|| {
    let characters: Vec<char> = (FIRST..=LAST).filter_map(char::from_u32).collect();
    HanTable {
        folded: settle(&characters),
        scripts: scripts(&characters),
    }
});

/// The same for the rare characters, most of which stay: built when the first is met.
static RARE: LazyLock<HashMap<char, char>> = LazyLock::new(|| {
    let characters: Vec<char> = FURTHER.filter_map(char::from_u32).collect();
    let folded = settle(&characters);
    characters
        .into_iter()
        .zip(folded)
        .filter(|(from, to)| from != to)
        .collect()
});

impl HanTable {
    /// The character that `character` is matched as: its Simplified form where there is one, so that `軟`, `软` and the
    /// variants of Taiwan and Hong Kong meet. Anything else is itself. Folding twice changes nothing.
    #[inline]
    pub(crate) fn fold(&self, character: char) -> char {
        match u32::from(character) {
            code @ FIRST..=LAST => self.folded[(code - FIRST) as usize],
            code if FURTHER.contains(&code) => *RARE.get(&character).unwrap_or(&character),
            _ => character,
        }
    }

    /// The script that alone has `character`, where only one has.
    pub(crate) fn script(&self, character: char) -> Option<HanScript> {
        let index = u32::from(character).checked_sub(FIRST)?;
        *self.scripts.get(index as usize)?
    }
}

/// The script of each character, of those from [`FIRST`] on.
fn scripts(characters: &[char]) -> Vec<Option<HanScript>> {
    let mut simplified = characters.to_vec();
    apply(&table(BuiltinConfig::T2s), &mut simplified);
    let mut scripts = vec![None; characters.len()];
    for (index, (from, to)) in characters.iter().zip(simplified).enumerate() {
        let place = u32::from(to).checked_sub(FIRST).map(|place| place as usize);
        if *from == to || SHARED.contains(*from) {
            continue;
        }
        scripts[index] = Some(HanScript::Traditional);
        if let Some(script) = place.and_then(|place| scripts.get_mut(place))
            && !SHARED.contains(to)
        {
            *script = Some(HanScript::Simplified);
        }
    }
    scripts
}

pub(crate) fn table(config: BuiltinConfig) -> OpenCC {
    OpenCC::from_config(config).expect("the dictionaries are part of the program")
}

/// Each character after the tables have been applied until they change nothing more.
fn settle(characters: &[char]) -> Vec<char> {
    let tables = [BuiltinConfig::Tw2s, BuiltinConfig::Hk2s].map(table);
    let mut settled = characters.to_vec();
    // What the tables leave alone once they leave alone for good.
    let mut changing: Vec<usize> = (0..characters.len()).collect();
    for _ in 0..PASSES {
        let mut folded: Vec<char> = changing.iter().map(|index| settled[*index]).collect();
        tables.iter().for_each(|table| apply(table, &mut folded));
        changing = changing
            .into_iter()
            .zip(folded)
            .filter(|(index, to)| std::mem::replace(&mut settled[*index], *to) != *to)
            .map(|(index, _)| index)
            .collect();
    }
    settled
}

/// One table applied to each character alone. What is not one character for one stays.
fn apply(table: &OpenCC, characters: &mut [char]) {
    let lines: String = characters
        .iter()
        .flat_map(|character| [*character, '\n'])
        .collect();
    for (character, line) in characters.iter_mut().zip(table.convert(&lines).lines()) {
        let mut converted = line.chars();
        if let (Some(one), None) = (converted.next(), converted.next()) {
            *character = one;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        assert_eq!(text.chars().map(|c| HAN.fold(c)).collect::<String>(), expected);
    }

    #[test]
    fn both_scripts_and_regional_forms_meet() {
        check("軟體資訊網路臺灣", "软体资讯网路台湾");
        check("裡裏里 為爲为 啟啓启 着著 台臺", "里里里 为为为 启启启 着着 台台");
        check(
            "甚麼 什麼",
            &"甚么 什么".chars().map(|c| HAN.fold(c)).collect::<String>(),
        );
        check("ひらがな 한글 abc 々", "ひらがな 한글 abc 々");
    }

    #[test]
    fn scripts_are_told_where_they_differ() {
        let script = |c| HAN.script(c);
        assert_eq!(script('體'), Some(HanScript::Traditional));
        assert_eq!(script('体'), Some(HanScript::Simplified));
        for either in "茶后里台人aあ한".chars() {
            assert_eq!(script(either), None, "{either}");
        }
    }

    #[test]
    fn folding_twice_changes_nothing() {
        for character in '\0'..=char::MAX {
            let once = HAN.fold(character);
            assert_eq!(HAN.fold(once), once, "{character}");
        }
    }
}
