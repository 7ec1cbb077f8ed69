//! Multiple-choice examinations: questions as they stand in files, prompts, letters out of written answers, scores.
//!
//! A model is examined in two ways. By log-probability it is asked how probable each option's letter (and each option's
//! text) is as the answer: it always chooses. By sampled answers it writes freely, several times a question; the letter
//! is read out of what it wrote, and an answer without one is wrong. Both stand beside chance.

mod estimate;
mod letter;
mod prompt;
mod question;
mod report;

pub use estimate::{guess_at_k, pass_at_k, wilson};
pub use letter::read_letter;
pub use prompt::{Asking, ExamPrompts, PromptFault};
pub use question::{Fault, Question, QuestionLine, Questions, letter_of, read_questions};
pub use report::{
    Asked, ExamReport, ExamSettings, FileOf, Group, Intervals, Outcome, Pass, Run, Sampled, Share, report,
};
