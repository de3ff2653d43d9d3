//! Turns written in the model's own chat template.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, context};
use rushlight_core::{Error, ErrorCode, Prompt, Result, Role};

const CHAT_ML: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] \
    + '<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/// A compiled chat template.
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    specials: Vec<String>,
    bos: String,
    eos: String,
}

impl ChatTemplate {
    /// Compiles `source`, or ChatML where a file has none and knows its tokens. `specials` are the tokens that no
    /// message may bring along.
    pub(crate) fn new(
        source: Option<&str>,
        specials: &[String],
        bos: &str,
        eos: &str,
    ) -> Result<Self, String> {
        let source = match source {
            Some(source) => source,
            None if specials.iter().any(|special| special == "<|im_start|>") => CHAT_ML,
            None => return Err("it has no chat template".to_owned()),
        };
        let mut environment = Environment::new();
        // As transformers renders templates.
        let syntax = SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build();
        environment.set_syntax(syntax.map_err(|error| error.to_string())?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function(
            "raise_exception",
            |message: String| -> Result<Value, minijinja::Error> {
                Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
            },
        );
        environment
            .add_template_owned("chat", source.to_owned())
            .map_err(|error| format!("its chat template cannot be read: {error}"))?;
        Ok(Self {
            environment,
            specials: specials.to_vec(),
            bos: bos.to_owned(),
            eos: eos.to_owned(),
        })
    }

    /// The text whose continuation is the model's turn.
    pub(crate) fn render(&self, prompt: &Prompt) -> Result<String> {
        let messages: Vec<Value> = prompt
            .messages
            .iter()
            .map(|message| {
                let role = match message.role {
                    Role::System => "system",
                    Role::User => "user",
                    Role::Assistant => "assistant",
                };
                context! { role, content => without_specials(&message.content, &self.specials) }
            })
            .collect();
        self.environment
            .get_template("chat")
            .and_then(|template| {
                template.render(context! {
                    messages,
                    add_generation_prompt => true,
                    bos_token => self.bos.as_str(),
                    eos_token => self.eos.as_str(),
                })
            })
            .map_err(|error| {
                Error::new(
                    ErrorCode::GenerationFailed,
                    "the model's chat template cannot write this conversation",
                )
                .with_source(error.to_string())
            })
    }
}

/// The text without the model's control tokens: a document that contains `<|im_end|>` must not end a turn.
///
/// Taking one out can bring another together, so it goes on until none is left.
fn without_specials(text: &str, specials: &[String]) -> String {
    let mut text = text.to_owned();
    while let Some(special) = specials.iter().find(|special| text.contains(special.as_str())) {
        text = text.replace(special.as_str(), "");
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use rushlight_core::Message;

    use super::*;

    fn specials() -> Vec<String> {
        ["<|im_start|>", "<|im_end|>", "<|endoftext|>"]
            .map(str::to_owned)
            .to_vec()
    }

    fn prompt(turns: &[(Role, &str)]) -> Prompt {
        Prompt {
            messages: turns
                .iter()
                .map(|(role, content)| Message::new(*role, *content))
                .collect(),
        }
    }

    #[test]
    fn a_template_writes_the_turns_and_asks_for_the_next() {
        let template = ChatTemplate::new(None, &specials(), "", "<|im_end|>").expect("ChatML");
        let text = template
            .render(&prompt(&[(Role::System, "be brief"), (Role::User, "茶?")]))
            .expect("renders");
        assert_eq!(
            text,
            "<|im_start|>system\nbe brief<|im_end|>\n<|im_start|>user\n茶?<|im_end|>\n<|im_start|>assistant\n"
        );
    }

    #[test]
    fn templates_may_use_python_methods_and_refuse() {
        let source = "{% if messages[0]['role'] == 'system' %}{{ raise_exception('no system turn') }}{% endif %}\
                      {{ bos_token }}{{ messages[-1]['content'].strip().upper() }}";
        let template = ChatTemplate::new(Some(source), &[], "<s>", "</s>").expect("compiles");
        assert_eq!(
            template
                .render(&prompt(&[(Role::User, " tea ")]))
                .expect("renders"),
            "<s>TEA"
        );
        let error = template
            .render(&prompt(&[(Role::System, "x")]))
            .expect_err("refused");
        assert_eq!(error.code(), ErrorCode::GenerationFailed);
        assert!(error.chain().contains("no system turn"));
    }

    #[test]
    fn a_model_without_a_template_is_refused() {
        assert!(ChatTemplate::new(None, &[], "", "").is_err());
        assert!(ChatTemplate::new(Some("{% if %}"), &[], "", "").is_err());
    }

    proptest! {
        #[test]
        fn no_message_brings_a_control_token(parts in proptest::collection::vec(
            prop_oneof![Just("<|im_"), Just("end|>"), Just("<|im_end|>"), Just("start|>"), Just("x"), Just("<|")], 0..12)
        ) {
            let cleaned = without_specials(&parts.concat(), &specials());
            prop_assert!(specials().iter().all(|special| !cleaned.contains(special.as_str())), "{}", cleaned);
        }
    }
}
