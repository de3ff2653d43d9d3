//! In which scripts a text is written.

use crate::han::{HAN, HanScript, HanTable};

/// Characters of a text by script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scripts {
    /// Latin letters.
    pub latin: u32,
    /// Chinese characters.
    pub han: u32,
    /// Hiragana and Katakana.
    pub kana: u32,
    /// Hangul syllables and letters.
    pub hangul: u32,
    /// Letters of any other script.
    pub other: u32,
    /// Those of `han` that only Traditional Chinese has.
    pub traditional: u32,
    /// Those of `han` that only Simplified Chinese has.
    pub simplified: u32,
}

/// Counts the letters of a text by script.
pub fn scripts(text: &str) -> Scripts {
    let mut scripts = Scripts::default();
    let table = &*HAN;
    for character in text.chars() {
        scripts.count(character, table);
    }
    scripts
}

impl Scripts {
    fn count(&mut self, character: char, table: &HanTable) {
        let counted = match u32::from(character) {
            0x41..=0x5A
            | 0x61..=0x7A
            | 0xC0..=0x24F
            | 0x1E00..=0x1EFF
            | 0xFF21..=0xFF3A
            | 0xFF41..=0xFF5A => &mut self.latin,
            0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x323AF => {
                match table.script(character) {
                    Some(HanScript::Traditional) => self.traditional += 1,
                    Some(HanScript::Simplified) => self.simplified += 1,
                    None => {}
                }
                &mut self.han
            }
            0x3041..=0x309F | 0x30A1..=0x30FA | 0x30FC..=0x30FF | 0x31F0..=0x31FF | 0xFF66..=0xFF9F => {
                &mut self.kana
            }
            0x1100..=0x11FF | 0x3131..=0x318E | 0xA960..=0xA97C | 0xAC00..=0xD7FB => &mut self.hangul,
            _ if character.is_alphabetic() => &mut self.other,
            _ => return,
        };
        *counted += 1;
    }

    /// Letters of all scripts.
    pub fn letters(&self) -> u32 {
        self.latin + self.han + self.kana + self.hangul + self.other
    }

    /// `Some(true)` when the Chinese characters are Traditional, `Some(false)` when Simplified, `None` when they may be either.
    pub fn is_traditional(&self) -> Option<bool> {
        (self.traditional != self.simplified).then_some(self.traditional > self.simplified)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_counted_by_script() {
        let counted = scripts("用 iPhone 拍照，ひら 한국 Жя 1, 2");
        assert_eq!(
            counted,
            Scripts {
                latin: 6,
                han: 3,
                kana: 2,
                hangul: 2,
                other: 2,
                ..Scripts::default()
            }
        );
        assert_eq!(counted.letters(), 15);
    }

    #[test]
    fn the_two_scripts_of_chinese_are_told_by_what_differs() {
        assert_eq!(scripts("皇后的軟體").is_traditional(), Some(true));
        assert_eq!(scripts("皇后的软件").is_traditional(), Some(false));
        assert_eq!(scripts("茶葉茶叶").is_traditional(), Some(true));
        assert_eq!(scripts("人在山中").is_traditional(), None);
    }
}
