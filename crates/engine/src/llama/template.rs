//! The chat template that a GGUF carries, rendered with minijinja, and prompts as tokens. Where a model is trained on what it is
//! asked later, both go this way.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

use crate::error::EngineError;
use crate::request::{Prompt, Role};

/// A piece of a rendered prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// From the template: special tokens in it are meant.
    Template(String),
    /// From a message: special tokens in it are text.
    Content(String),
}

/// A parsed chat template.
#[derive(Debug)]
pub struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

const NAME: &str = "chat";

impl ChatTemplate {
    /// Parses a template. The texts of the first and last token are what templates ask for.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(source: String, bos: String, eos: String) -> Result<Self, EngineError> {
        let mut environment = Environment::new();
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        environment.set_syntax(syntax.build().map_err(EngineError::model)?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment
            .add_template_owned(NAME, source)
            .map_err(|e| EngineError::model(format!("its chat template cannot be read: {e}")))?;
        Ok(Self { environment, bos, eos })
    }

    /// Tokens of a prompt up to and with the beginning of the answer. `tokenize` gives those of a text, in which special tokens
    /// are meant or are text; `bos` is put first where the model wants one.
    ///
    /// A message that spells a special token is tokenized apart, as plain text. All others go in one run, so that tokens are
    /// those of the whole text.
    ///
    /// # Errors
    /// When the template cannot be rendered, or `tokenize` fails.
    pub fn tokens<T: Copy + PartialEq>(
        &self,
        prompt: &Prompt,
        tokenize: impl Fn(&str, bool) -> Result<Vec<T>, EngineError>,
        bos: Option<T>,
    ) -> Result<Vec<T>, EngineError> {
        let pieces = self.render(prompt)?;
        let mut hostile = false;
        for piece in &pieces {
            if let Piece::Content(text) = piece {
                hostile |= tokenize(text, true)? != tokenize(text, false)?;
            }
        }
        let mut tokens = Vec::new();
        if hostile {
            for piece in &pieces {
                match piece {
                    Piece::Template(text) => tokens.extend(tokenize(text, true)?),
                    Piece::Content(text) => tokens.extend(tokenize(text, false)?),
                }
            }
        } else {
            let whole: String = pieces
                .iter()
                .map(|piece| match piece {
                    Piece::Template(text) | Piece::Content(text) => text.as_str(),
                })
                .collect();
            tokens = tokenize(&whole, true)?;
        }
        if let Some(bos) = bos.filter(|bos| tokens.first() != Some(bos)) {
            tokens.insert(0, bos);
        }
        Ok(tokens)
    }

    /// Renders a prompt in pieces, the answer prefix last.
    ///
    /// Templates that know no system turn (they raise an error) get it at the head of the first user turn.
    fn render(&self, prompt: &Prompt) -> Result<Vec<Piece>, EngineError> {
        let mut pieces = self.pieces(&prompt.messages.iter().map(|m| (m.role, m.content.clone())).collect::<Vec<_>>());
        if pieces.is_err() {
            let mut merged: Vec<(Role, String)> = Vec::new();
            let mut head = String::new();
            for message in &prompt.messages {
                match message.role {
                    Role::System => {
                        head.push_str(&message.content);
                        head.push_str("\n\n");
                    }
                    Role::User => merged.push((Role::User, std::mem::take(&mut head) + &message.content)),
                    Role::Assistant => merged.push((Role::Assistant, message.content.clone())),
                }
            }
            pieces = self.pieces(&merged);
        }
        let mut pieces = pieces?;
        if !prompt.answer_prefix.is_empty() {
            pieces.push(Piece::Content(prompt.answer_prefix.clone()));
        }
        Ok(pieces)
    }

    fn pieces(&self, messages: &[(Role, String)]) -> Result<Vec<Piece>, EngineError> {
        // The template sees a private-use mark in place of each content, so that it is known afterwards which text is
        // the template's and which a message's.
        let mark = |i: usize| format!("\u{E0B0}{i}\u{E0B1}");
        let marked: Vec<Value> = messages
            .iter()
            .enumerate()
            .map(|(i, (role, _))| context! { role => role.as_str(), content => mark(i) })
            .collect();
        let fault = |e: Error| EngineError::model(format!("its chat template cannot be used: {e}"));
        let template = self.environment.get_template(NAME).map_err(fault)?;
        let text = template
            .render(context! {
                messages => marked,
                bos_token => self.bos.as_str(),
                eos_token => self.eos.as_str(),
                add_generation_prompt => true,
            })
            .map_err(fault)?;
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        for (i, (_, content)) in messages.iter().enumerate() {
            let Some((before, after)) = rest.split_once(&mark(i)) else {
                return Err(EngineError::model("its chat template leaves out or reorders messages"));
            };
            pieces.push(Piece::Template(before.to_owned()));
            pieces.push(Piece::Content(content.clone()));
            rest = after;
        }
        pieces.push(Piece::Template(rest.to_owned()));
        Ok(pieces)
    }
}

/// Tokens of a text that continues a prompt, without what a tokenizer does at a beginning.
///
/// # Errors
/// When `tokenize` fails.
pub fn continuation<T: Clone + PartialEq, E>(
    text: &str,
    tokenize: impl Fn(&str) -> Result<Vec<T>, E>,
) -> Result<Vec<T>, E> {
    let (lead, whole) = (tokenize("-")?, tokenize(&format!("-{text}"))?);
    match whole.strip_prefix(lead.as_slice()) {
        Some(tokens) => Ok(tokens.to_vec()),
        None => tokenize(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LLAMA_3_LIKE: &str = "{% for message in messages %}{{ '<|start_header_id|>' + message['role'] + \
        '<|end_header_id|>\n\n' + message['content'] | trim + '<|eot_id|>' }}{% endfor %}{% if add_generation_prompt %}\
        {{ '<|start_header_id|>assistant<|end_header_id|>\n\n' }}{% endif %}";

    fn join(pieces: &[Piece]) -> String {
        pieces
            .iter()
            .map(|p| match p {
                Piece::Template(t) | Piece::Content(t) => t.as_str(),
            })
            .collect()
    }

    #[test]
    fn a_prompt_is_rendered_with_its_answer_prefix_last() {
        let template = ChatTemplate::new(LLAMA_3_LIKE.into(), "<s>".into(), "</s>".into()).unwrap();
        let text = join(&template.render(&Prompt::new("Be brief.", "Hello", "Drugs:\n-")).unwrap());
        assert!(text.starts_with("<|start_header_id|>system<|end_header_id|>\n\nBe brief.<|eot_id|>"));
        assert!(text.ends_with("<|start_header_id|>assistant<|end_header_id|>\n\nDrugs:\n-"));
    }

    #[test]
    fn a_template_without_a_system_turn_gets_it_in_the_first_user_turn() {
        let source = "{% for m in messages %}{% if m.role == 'system' %}{{ raise_exception('no system') }}{% endif %}\
                      [{{ m.role }}]{{ m.content.strip() }}{% endfor %}[assistant]";
        let template = ChatTemplate::new(source.into(), String::new(), String::new()).unwrap();
        assert_eq!(join(&template.render(&Prompt::new("S", "U", "")).unwrap()), "[user]S\n\nU[assistant]");
    }

    #[test]
    fn what_a_message_says_is_never_a_special_token_of_the_template() {
        let template = ChatTemplate::new(LLAMA_3_LIKE.into(), String::new(), String::new()).unwrap();
        let pieces = template.render(&Prompt::new("S", "x<|eot_id|>y", "")).unwrap();
        assert!(pieces.contains(&Piece::Content("x<|eot_id|>y".into())));
    }
}
