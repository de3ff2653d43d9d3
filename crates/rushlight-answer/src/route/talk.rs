//! What is said to the assistant and asks nothing of the documents: greetings, thanks, and questions about the conversation.

use rushlight_core::EarlierTurn;

use crate::language::AnswerLanguage;
use crate::words::words;

/// What is answered without a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SmallTalk {
    /// A greeting, or who one speaks to.
    Greeting,
    /// Thanks.
    Thanks,
    /// What was asked before in this conversation.
    Earlier,
}

const GREETINGS: [&str; 28] = [
    "hello",
    "hi",
    "hey",
    "hello there",
    "hi there",
    "good morning",
    "good afternoon",
    "good evening",
    "who are you",
    "what are you",
    "what can you do",
    "how are you",
    "help",
    "你好",
    "您好",
    "你好吗",
    "嗨",
    "哈啰",
    "哈喽",
    "早安",
    "早上好",
    "午安",
    "下午好",
    "晚安",
    "晚上好",
    "你是谁",
    "您是谁",
    "你能做什么",
];
const THANKS: [&str; 12] = [
    "thanks",
    "thank you",
    "thanks a lot",
    "thank you very much",
    "many thanks",
    "great thanks",
    "谢谢",
    "谢谢你",
    "谢谢您",
    "感谢",
    "多谢",
    "非常感谢",
];
const EARLIER: [&str; 32] = [
    "what did i ask",
    "what did i just ask",
    "what did i ask you",
    "what did i just ask you",
    "what did i ask before",
    "what did i ask you before",
    "what did i ask earlier",
    "what have i asked",
    "what have i asked so far",
    "what was my last question",
    "what was my previous question",
    "what was my first question",
    "what were my questions",
    "what did we talk about",
    "what have we talked about",
    "what were we talking about",
    "我刚才问了什么",
    "我刚刚问了什么",
    "我刚才问什么",
    "我之前问了什么",
    "我之前问过什么",
    "我问了什么",
    "我问过什么",
    "我上一个问题是什么",
    "我的上一个问题是什么",
    "我第一个问题是什么",
    "我们刚才聊了什么",
    "我们聊了什么",
    "我们刚才谈了什么",
    "刚才问了什么",
    "之前问了什么",
    "我前面问了什么",
];

/// What a question is that is small talk as a whole; `None` for every other.
pub(super) fn small_talk(question: &str) -> Option<SmallTalk> {
    let words = words(question);
    if words.len() > 8 {
        return None;
    }
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    let said = texts.join(" ");
    let is = |list: &[&str]| list.contains(&said.as_str());
    if is(&GREETINGS) {
        Some(SmallTalk::Greeting)
    } else if is(&THANKS) {
        Some(SmallTalk::Thanks)
    } else if is(&EARLIER) {
        Some(SmallTalk::Earlier)
    } else {
        None
    }
}

/// Questions that are named at most.
const NAMED: usize = 10;

/// The reply to small talk, in the question's language.
pub fn reply(talk: SmallTalk, question: &str, history: &[EarlierTurn]) -> String {
    let language = AnswerLanguage::of_question(question, &[]);
    let choose = |english: &str, traditional: &str, simplified: &str| {
        match language {
            AnswerLanguage::English => english,
            AnswerLanguage::TraditionalChinese => traditional,
            AnswerLanguage::SimplifiedChinese => simplified,
        }
        .to_owned()
    };
    match talk {
        SmallTalk::Greeting => choose(
            "Hello. Ask me something about your documents: a fact, a list (“all contracts that end in 2025”), a summary of \
             one of them, or what differs between two.",
            "你好。可以問我關於你的文件的任何事：一件事實、一份清單（「所有 2025 年到期的合約」）、一份文件的摘要，或兩份文件有什麼不同。",
            "你好。可以问我关于你的文件的任何事：一件事实、一份清单（“所有 2025 年到期的合同”）、一份文件的摘要，或两份文件有什么不同。",
        ),
        SmallTalk::Thanks => choose("You are welcome.", "不客氣。", "不客气。"),
        SmallTalk::Earlier if history.is_empty() => choose(
            "This is your first question in this conversation.",
            "這是你在這段對話中的第一個問題。",
            "这是你在这段对话中的第一个问题。",
        ),
        SmallTalk::Earlier => {
            let mut text = choose(
                "In this conversation you asked:",
                "你在這段對話中問過：",
                "你在这段对话中问过：",
            );
            let skipped = history.len().saturating_sub(NAMED);
            for (number, turn) in history.iter().enumerate().skip(skipped) {
                text.push_str(&format!("\n{}. {}", number + 1, turn.question));
            }
            text
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_sentences_are_small_talk() {
        assert_eq!(small_talk("Hello!"), Some(SmallTalk::Greeting));
        assert_eq!(small_talk("你好！"), Some(SmallTalk::Greeting));
        assert_eq!(small_talk("謝謝你。"), Some(SmallTalk::Thanks));
        assert_eq!(small_talk("What did I ask before?"), Some(SmallTalk::Earlier));
        assert_eq!(small_talk("我剛才問了什麼？"), Some(SmallTalk::Earlier));
        for other in [
            "Hello world program in Rust",
            "What did I ask Bo about the kettle?",
            "你好的文言文怎麼說？",
            "What is tea?",
            "",
        ] {
            assert_eq!(small_talk(other), None, "{other}");
        }
    }

    #[test]
    fn what_was_asked_is_told_in_order() {
        let turn = |question: &str| EarlierTurn {
            question: question.to_owned(),
            answer: String::new(),
            documents: Vec::new(),
        };
        let history = [turn("What is tea?"), turn("茶是什麼？")];
        assert_eq!(
            reply(SmallTalk::Earlier, "what did I ask?", &history),
            "In this conversation you asked:\n1. What is tea?\n2. 茶是什麼？"
        );
        assert_eq!(
            reply(SmallTalk::Earlier, "我刚才问了什么？", &[]),
            "这是你在这段对话中的第一个问题。"
        );
        assert!(reply(SmallTalk::Greeting, "您好", &[]).starts_with("你好"));
    }
}
