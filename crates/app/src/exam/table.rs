//! The report of an examination, for reading.

use std::fmt::Write as _;

use bogam_evaluate::exam::{ExamReport, Group, Share};

/// Width of the names of figures.
const NAME: usize = 28;
/// Width of a figure with its interval.
const FIGURE: usize = 23;

fn line(out: &mut String, text: std::fmt::Arguments<'_>) {
    // A `String` takes everything.
    let _ = writeln!(out, "{text}");
}

pub(super) fn table(report: &ExamReport) -> String {
    let mut out = String::new();
    let run = &report.run;
    let settings = &run.settings;
    line(&mut out, format_args!("{} ({})", run.model_name, run.model));
    line(&mut out, format_args!("  {}, {} threads, prompt {}", run.backend, run.threads, run.prompt));
    if settings.tries > 0 {
        line(
            &mut out,
            format_args!(
                "  {} tries, temperature {}, top-k {}, top-p {}, repetition penalty {}, {} tokens, seed {}",
                settings.tries,
                settings.temperature,
                settings.top_k,
                settings.top_p,
                settings.repetition_penalty,
                settings.max_tokens,
                settings.seed
            ),
        );
    }
    line(
        &mut out,
        format_args!(
            "Shares of all questions, with 95 % intervals: Wilson by log-probability, bootstrap over questions ({} draws)\n\
             for tries. Whether the model was trained on these questions is not known",
            report.intervals.resamples
        ),
    );
    group(&mut out, "All", &report.whole);
    // One language, or one file, is the whole again.
    for groups in [&report.by_language, &report.by_file] {
        if groups.len() > 1 {
            groups.iter().for_each(|one| group(&mut out, &one.name, one));
        }
    }
    out
}

fn group(out: &mut String, name: &str, group: &Group) {
    let too_long = if group.too_long > 0 {
        format!(", {} too long for the model and so wrong", group.too_long)
    } else {
        String::new()
    };
    line(out, format_args!("\n{name}: {} questions{too_long}", group.questions));
    line(out, format_args!("{:NAME$}{:FIGURE$}chance", "", "model"));
    row(out, "most probable letter", &group.by_letter, group.chance);
    row(out, "most probable text", &group.by_text, group.chance);
    let Some(sampled) = &group.sampled else { return };
    row(out, "unreadable answers", &sampled.unreadable, None);
    for pass in &sampled.pass {
        row(out, &format!("pass@{}", pass.k), &pass.estimate, pass.chance);
    }
}

fn row(out: &mut String, name: &str, share: &Share, chance: Option<f64>) {
    let figure = match (share.value, share.low, share.high) {
        (Some(value), Some(low), Some(high)) => format!("{value:.3} ({low:.3} {high:.3})"),
        (Some(value), ..) => format!("{value:.3}"),
        (None, ..) => "-".to_owned(),
    };
    let chance = chance.map(|chance| format!("{chance:.3}")).unwrap_or_default();
    let name = format!("  {name}");
    let text = format!("{name:NAME$}{figure:FIGURE$}{chance}");
    line(out, format_args!("{}", text.trim_end()));
}
