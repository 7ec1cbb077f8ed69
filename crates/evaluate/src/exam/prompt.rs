//! A question as the texts of a prompt.

use bogam_clinical::text::Lang;
use serde::Deserialize;

use super::question::{Question, letter_of};

/// The fixed texts, as they stand in a prompt file: one set a language.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExamPrompts {
    en: Texts,
    ko: Texts,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Texts {
    /// Who the model is.
    system: String,
    /// With `{question}` and, after it, `{options}`.
    user: String,
    /// With `{question}`: the question alone, where the texts of the options are scored.
    question_only: String,
    /// What an answer begins with, where letters or texts are scored.
    answer: String,
}

/// A prompt file that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PromptFault {
    /// No place for the options after one for the question.
    #[error("`user` must hold {{question}} and after it {{options}}, in both languages")]
    User,
    /// No place for the question.
    #[error("`question_only` must hold {{question}}, in both languages")]
    QuestionOnly,
}

/// The texts of one prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asking {
    /// The system turn.
    pub system: String,
    /// The user turn.
    pub user: String,
    /// What the answer begins with; empty where the model writes it.
    pub answer: String,
}

const QUESTION: &str = "{question}";
const OPTIONS: &str = "{options}";

impl ExamPrompts {
    /// Whether each text has its places.
    ///
    /// # Errors
    /// When one is missing.
    pub fn check(&self) -> Result<(), PromptFault> {
        for texts in [&self.en, &self.ko] {
            let after = texts.user.split_once(QUESTION).ok_or(PromptFault::User)?.1;
            after.split_once(OPTIONS).ok_or(PromptFault::User)?;
            texts.question_only.split_once(QUESTION).ok_or(PromptFault::QuestionOnly)?;
        }
        Ok(())
    }

    /// The prompt after which the model writes.
    #[must_use]
    pub fn written(&self, question: &Question) -> Asking {
        let texts = self.texts(question);
        // Each place is filled once, so that a question that spells a place is left as it is.
        let (before, after) = texts.user.split_once(QUESTION).unwrap_or((&texts.user, ""));
        let (between, after) = after.split_once(OPTIONS).unwrap_or((after, ""));
        let options: Vec<String> =
            question.options.iter().enumerate().map(|(n, text)| format!("{}. {text}", letter_of(n))).collect();
        let user = format!("{before}{}{between}{}{after}", question.text, options.join("\n"));
        Asking { system: texts.system.trim().to_owned(), user: user.trim().to_owned(), answer: String::new() }
    }

    /// The prompt after which letters are scored: the same, with the beginning of an answer.
    #[must_use]
    pub fn letters(&self, question: &Question) -> Asking {
        Asking { answer: self.texts(question).answer.clone(), ..self.written(question) }
    }

    /// The prompt after which the options' texts are scored: the question alone.
    #[must_use]
    pub fn texts_of_options(&self, question: &Question) -> Asking {
        let texts = self.texts(question);
        let (before, after) = texts.question_only.split_once(QUESTION).unwrap_or((&texts.question_only, ""));
        Asking {
            system: texts.system.trim().to_owned(),
            user: format!("{before}{}{after}", question.text).trim().to_owned(),
            answer: texts.answer.clone(),
        }
    }

    const fn texts(&self, question: &Question) -> &Texts {
        match question.language {
            Lang::En => &self.en,
            Lang::Ko => &self.ko,
        }
    }
}
