//! An engine that finds some names more probable after a case than after an empty one.

use bogam_engine::scripted::ScriptedEngine;
use bogam_engine::{Cancel, Engine, EngineError, GenerateRequest, Generated, ModelInfo, ScoreRequest, Scores, Sink};

/// What every name scores that is not favoured, in nats.
const OTHERWISE: f64 = -8.0;

/// Scores depend on the prompt: names that are favoured gain their lift only after prompts that hold a mark. The lift is
/// what the model channel is made of. [`ScriptedEngine`] alone gives the same scores after every prompt.
#[derive(Debug)]
pub struct FavouringEngine {
    mark: String,
    plain: ScriptedEngine,
    favouring: ScriptedEngine,
}

impl FavouringEngine {
    /// Favours names by so many nats after prompts that hold `mark`, such as the title of a diagnosis.
    #[must_use]
    pub fn after(mark: &str, lifts: &[(&str, f64)]) -> Self {
        let favouring = lifts
            .iter()
            .fold(ScriptedEngine::new(OTHERWISE), |engine, (name, lift)| engine.with_score(name, OTHERWISE + lift));
        Self { mark: mark.to_owned(), plain: ScriptedEngine::new(OTHERWISE), favouring }
    }

    fn engine(&self, prompt: &bogam_engine::Prompt) -> &ScriptedEngine {
        if prompt.messages.iter().any(|m| m.content.contains(&self.mark)) { &self.favouring } else { &self.plain }
    }
}

impl Engine for FavouringEngine {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        self.plain.info()
    }

    fn score(&self, request: &ScoreRequest, sink: &mut dyn Sink, cancel: &Cancel) -> Result<Scores, EngineError> {
        self.engine(&request.prompt).score(request, sink, cancel)
    }

    fn generate(
        &self,
        request: &GenerateRequest,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<Generated, EngineError> {
        self.engine(&request.prompt).generate(request, sink, cancel)
    }
}

#[cfg(test)]
mod tests {
    use bogam_engine::{Cancel, Engine as _, NoSink, Prompt, ScoreRequest};

    use super::FavouringEngine;

    #[test]
    fn a_name_is_favoured_after_the_mark_only() {
        let engine = FavouringEngine::after("heart failure", &[("furosemide", 2.0)]);
        let scores = |user: &str| {
            let continuations = vec![" furosemide\n".to_owned(), " aspirin\n".to_owned()];
            let request = ScoreRequest::new(Prompt::new("S", user, "-"), continuations);
            engine.score(&request, &mut NoSink, &Cancel::new()).unwrap().log_probs
        };
        assert_eq!(scores("Diagnoses: heart failure."), [-6.0, -8.0]);
        assert_eq!(scores("Diagnoses: not known."), [-8.0, -8.0]);
    }
}
