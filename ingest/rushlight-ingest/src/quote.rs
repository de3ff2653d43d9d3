//! Whether a mail's quotation says anything that the mail it answers does not.

/// Lines above what is quoted that the quoted mail need not have: who wrote it and when.
const LEAD_LINES: usize = 8;

/// The text of the mail that is answered, made ready to be compared with.
#[derive(Clone, Debug)]
pub struct Original(String);

impl Original {
    /// From the mail's whole text.
    pub fn new(text: &str) -> Self {
        Self(letters(text))
    }
}

/// True when every line of the quotation stands in the original, in order, whatever marks, spaces and line breaks were
/// put between its words. The first few lines need not: those that name who is quoted and when, which have a colon or a
/// number in them or begin with dashes. A single line that is new, say an answer written into the quotation, makes it false,
/// and so does a quotation of which nothing is found.
///
/// Time is in proportion to both texts together, for lines are looked for from where the one before was found.
pub fn repeats(quote: &str, original: &Original) -> bool {
    let mut rest = original.0.as_str();
    let (mut found, mut begun, mut missing) = (false, false, 0);
    for line in quote.lines() {
        let wanted = letters(line);
        if wanted.is_empty() {
            continue;
        }
        let leads = !begun && may_lead(line);
        match rest.find(&wanted) {
            // The names above a quotation may stand anywhere.
            Some(_) if leads => found = true,
            Some(at) => {
                rest = &rest[at + wanted.len()..];
                (found, begun) = (true, true);
            }
            None if leads && missing < LEAD_LINES => missing += 1,
            None => return false,
        }
    }
    found
}

fn may_lead(line: &str) -> bool {
    line.trim_start().starts_with("--")
        || line.contains(|c: char| matches!(c, ':' | '：') || c.is_ascii_digit())
}

/// Letters and digits only, in lower case: what no mail program changes when it quotes.
fn letters(text: &str) -> String {
    text.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MAIL: &str = "From: Ada Lin <ada@example.org>\nTo: Bo\nDate: 2026-01-01T10:00:00Z\nSubject: Tea\n\n\
        The kettle boils at six. Bring\ncups.\n\n> Who brings tea?\n\n茶在櫃子裡。\n\n-- \nAda";

    #[test]
    fn a_quotation_is_known_whatever_was_done_to_its_lines() {
        let original = Original::new(MAIL);
        for quote in [
            "> The kettle boils at six. Bring\n> cups.",
            "On Thu, 1 Jan 2026 at 10:00, Ada Lin\n<ada@example.org> wrote:\n\n> The kettle\n> boils at six.\n>\n>> Who brings tea?",
            "-----Original Message-----\nFrom: Ada Lin\nSent: Thursday, 1 January 2026\nTo: Bo\nSubject: Tea\n\nThe kettle boils at six.\n茶在櫃子裡。",
            "Ada 於 2026年1月1日 寫道：\n> 茶在櫃子裡。\n> -- \n> Ada",
        ] {
            assert!(repeats(quote, &original), "{quote}");
        }
    }

    #[test]
    fn one_line_of_its_own_makes_it_something_else() {
        let original = Original::new(MAIL);
        for quote in [
            "> The kettle boils at six.\n> I bring the cups.\n> Who brings tea?",
            "> Who brings tea?\n> The kettle boils at six.",
            "On Thu, 1 Jan 2026, Ada wrote:",
            "> Nothing of the kind.",
            "",
        ] {
            assert!(!repeats(quote, &original), "{quote}");
        }
    }

    proptest! {
        #[test]
        fn any_lines_of_a_text_in_order_repeat_it(lines in prop::collection::vec(("[a-z茶 ]{1,12}[a-z]", any::<bool>()), 1..12)) {
            let text: Vec<&str> = lines.iter().map(|(line, _)| line.as_str()).collect();
            let quoted: Vec<String> = lines.iter().filter(|(_, kept)| *kept).map(|(line, _)| format!("> {line}")).collect();
            prop_assert_eq!(repeats(&quoted.join("\n"), &Original::new(&text.join("\n"))), !quoted.is_empty());
        }
    }
}
