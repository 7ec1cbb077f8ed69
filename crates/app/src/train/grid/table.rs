//! The table for reading: `grid.md`.

use bogam_evaluate::{Estimate, Scores};

use super::figures::{Figures, Grid, Row};

/// Per cent with its interval.
fn share(estimate: &Estimate) -> String {
    cell(estimate, 100.0, 1, false)
}

fn number(estimate: &Estimate) -> String {
    cell(estimate, 1.0, 3, false)
}

fn cell(estimate: &Estimate, times: f64, digits: usize, signed: bool) -> String {
    let Some(value) = estimate.value else { return "–".to_owned() };
    let one = |value: f64| {
        let value = value * times;
        if signed { format!("{value:+.digits$}") } else { format!("{value:.digits$}") }
    };
    match (estimate.low, estimate.high) {
        (Some(low), Some(high)) => format!("{} ({} to {})", one(value), one(low), one(high)),
        (_, _) => one(value),
    }
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn head(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let rule: Vec<String> = names.iter().map(|_| "---".to_owned()).collect();
    line(&names) + &line(&rule)
}

fn of(row: &Row) -> [String; 2] {
    let or = |value: Option<usize>, other: &str| value.map_or_else(|| other.to_owned(), |value| value.to_string());
    [or(row.rank, "untrained"), or(row.epoch, "–")]
}

/// The whole page.
pub(super) fn markdown(grid: &Grid) -> String {
    let percent = |share: f64| format!("{:.1}", 100.0 * share);
    let setting =
        |name: &str| grid.settings.get(name).map_or_else(|| "–".to_owned(), |value| value.to_string().replace('"', ""));
    let mut text = format!(
        "# Ranks and epochs\n\nBase model {} (`{}`). Method {}, alpha {}, {} with a learning rate of {}, batch {}, at most {} \
         tokens. Measured on {} admissions of {} patients none of whom was trained on; means over admissions, with 95 % \
         intervals over patients. Retrospective: agreement with what was given, not whether it was right.\n\n",
        grid.base_name,
        grid.base,
        setting("method"),
        setting("alpha"),
        setting("optimizer"),
        setting("learning_rate"),
        setting("batch"),
        setting("max_length"),
        grid.admissions,
        grid.patients
    );
    text += "## As published\n\nThe model writes freely, taking the most probable word each time. *Output rate*: share of answers in \
             the right form, which is: ended by itself, each line a drug of the formulary, none twice. *Accuracy*: share of \
             the listed drugs that were recorded; an answer out of form has no hit. *Held to names*: the same accuracy when \
             the model can write names of the formulary only, 16 at most and none twice, as `bogam suggest --method generate` does; such an answer is \
             always in form. *Suitability* is what people judge, and nobody has judged these lists \
             (`bogam evaluate --judge` makes a file for them).\n\n";
    text += &head(&[
        "rank",
        "epoch",
        "output rate, %",
        "accuracy, %",
        "suitability, %",
        "held to names: accuracy, %",
        "validation loss, nats",
    ]);
    let published = &grid.published;
    text += &line(&[
        "published, best".to_owned(),
        "–".to_owned(),
        percent(published.output_rate),
        percent(published.accuracy),
        percent(published.suitability),
        "–".to_owned(),
        "–".to_owned(),
    ]);
    for row in &grid.rows {
        let [rank, epoch] = of(row);
        let loss = row.validation_loss.map_or_else(|| "–".to_owned(), |loss| format!("{loss:.3}"));
        let (rate, free) = (share(&row.free.output_rate), share(&row.free.figures.scores.accuracy));
        text += &line(&[rank, epoch, rate, free, "not judged".to_owned(), share(&row.held.scores.accuracy), loss]);
    }
    let most = &grid.most_prescribed.scores;
    let nothing = || "–".to_owned();
    text += &line(&[
        format!("{} most prescribed", grid.list_length),
        nothing(),
        nothing(),
        share(&most.accuracy),
        "not judged".to_owned(),
        nothing(),
        nothing(),
    ]);
    text += "\nThe published model is Llama-3.1-8B-Instruct, trained and judged on MIMIC-IV; where this base model or these \
             samples are others, the figures are not of one kind. Whether it was held to a form, and how an answer out \
             of form counted in its accuracy, is not published.\n";
    text += &format!(
        "\n## As a scorer\n\nAll drugs of the formulary by `ln P(name | case)`, the model alone: no tables, no prior, no check. \
         The list is the first {}, which is the mean number recorded for the {} admissions of other patients; the \
         most-prescribed drugs are counted there. *PRAUC*: average precision of the whole ranking. *Gain*: less the \
         untrained model, in the same draws of patients.\n\n",
        grid.list_length, grid.most_prescribed.admissions
    );
    text += &scorer(grid, |row| &row.score, Some(most));
    text += "\nThe same by `ln P(name | case) - ln P(name | empty case)`, which takes off what the model thinks of a name anyway:\n\n";
    text += &scorer(grid, |row| &row.lift, None);
    text + &out_of_form(grid)
}

fn scorer(grid: &Grid, figures: impl Fn(&Row) -> &Figures, most: Option<&Scores<Estimate>>) -> String {
    let mut text = head(&[
        "rank",
        "epoch",
        "precision, %",
        "recall, %",
        "Jaccard",
        "PRAUC",
        "gain in precision, points",
        "gain in PRAUC",
    ]);
    let all = |scores: &Scores<Estimate>| {
        [share(&scores.accuracy), share(&scores.recall), number(&scores.jaccard), number(&scores.prauc)]
    };
    for row in &grid.rows {
        let figures = figures(row);
        let gain = figures.gain.as_ref().map_or_else(
            || ["–".to_owned(), "–".to_owned()],
            |gain| [cell(&gain.accuracy, 100.0, 1, true), cell(&gain.prauc, 1.0, 3, true)],
        );
        text += &line(&[&of(row)[..], &all(&figures.scores), &gain].concat());
    }
    if let Some(most) = most {
        let nothing = || "–".to_owned();
        let name = [format!("{} most prescribed", grid.list_length), nothing()];
        text += &line(&[&name[..], &all(most), &[nothing(), nothing()]].concat());
    }
    text
}

fn out_of_form(grid: &Grid) -> String {
    let mut text = "\n## Answers out of form\n\n`unended`: did not end within 512 tokens or began to repeat itself; `not_a_drug`: a line is \
                    no drug of the formulary; `repeat`: a drug twice; `empty`; `model.context`: the case is too long for the model.\n\n"
        .to_owned();
    text += &head(&["rank", "epoch", "answers"]);
    for row in &grid.rows {
        let all: Vec<String> = row.free.out_of_form.iter().map(|(code, n)| format!("{code} {n}")).collect();
        let [rank, epoch] = of(row);
        text += &line(&[rank, epoch, if all.is_empty() { "none".to_owned() } else { all.join(", ") }]);
    }
    text
}
