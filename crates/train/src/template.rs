//! The chat template of a model, so that what is learned stands in the same words as what is asked later.

use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, Value, context};

use crate::samples::Message;

/// A piece of a rendered prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// From the template: special tokens in it are meant.
    Template(String),
    /// From a message: special tokens in it are text.
    Content(String),
}

/// A parsed chat template.
#[derive(Debug)]
pub(crate) struct ChatTemplate {
    environment: Environment<'static>,
    bos: String,
    eos: String,
}

const NAME: &str = "chat";

impl ChatTemplate {
    pub(crate) fn new(source: String, bos: String, eos: String) -> Result<Self, String> {
        let mut environment = Environment::new();
        let mut syntax = SyntaxConfig::builder();
        syntax.trim_blocks(true).lstrip_blocks(true);
        environment.set_syntax(syntax.build().map_err(|e| e.to_string())?);
        environment.set_unknown_method_callback(minijinja_contrib::pycompat::unknown_method_callback);
        environment.add_function("raise_exception", |message: String| -> Result<Value, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_template_owned(NAME, source).map_err(|e| format!("its chat template cannot be read: {e}"))?;
        Ok(Self { environment, bos, eos })
    }

    /// Renders turns up to where the assistant answers. Templates that know no system turn get it at the head of the first
    /// user turn.
    pub(crate) fn render(&self, messages: &[Message]) -> Result<Vec<Piece>, String> {
        self.pieces(messages).or_else(|_| {
            let mut merged: Vec<Message> = Vec::new();
            let mut head = String::new();
            for message in messages {
                if message.role == "system" {
                    head = format!("{head}{}\n\n", message.content);
                } else {
                    let content = std::mem::take(&mut head) + &message.content;
                    merged.push(Message { role: message.role.clone(), content });
                }
            }
            self.pieces(&merged)
        })
    }

    fn pieces(&self, messages: &[Message]) -> Result<Vec<Piece>, String> {
        // The template sees a mark in place of each content, so that it is known afterwards whose text is whose.
        let mark = |i: usize| format!("\u{E0B0}{i}\u{E0B1}");
        let marked: Vec<Value> = messages
            .iter()
            .enumerate()
            .map(|(i, message)| context! { role => message.role.as_str(), content => mark(i) })
            .collect();
        let fault = |e: Error| format!("its chat template cannot be used: {e}");
        let rendered = self.environment.get_template(NAME).and_then(|template| {
            template.render(context! {
                messages => marked,
                bos_token => self.bos.as_str(),
                eos_token => self.eos.as_str(),
                add_generation_prompt => true,
            })
        });
        let text = rendered.map_err(fault)?;
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        for (i, message) in messages.iter().enumerate() {
            let Some((before, after)) = rest.split_once(&mark(i)) else {
                return Err("its chat template leaves out or reorders messages".to_owned());
            };
            pieces.push(Piece::Template(before.to_owned()));
            pieces.push(Piece::Content(message.content.clone()));
            rest = after;
        }
        pieces.push(Piece::Template(rest.to_owned()));
        Ok(pieces)
    }
}
