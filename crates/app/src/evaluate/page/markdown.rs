//! The report as Markdown: what the page says, without its figures.

use std::fmt::Write as _;

use bogam_evaluate::Report;

use super::view::{
    LEVELS, SLICES, counted, difference, figure, how_to_read, length, not_shown, of_lists, scores, share, sources,
    title, whole,
};

/// Drugs in the table.
const DRUGS: usize = 40;

/// Text of others within a table.
fn cell(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace(['\n', '\r'], " ").replace('<', "&lt;")
}

fn table(out: &mut String, head: &[String], rows: &[Vec<String>]) {
    let line =
        |fields: &[String]| format!("| {} |\n", fields.iter().map(|field| cell(field)).collect::<Vec<_>>().join(" | "));
    *out += &line(head);
    *out += &format!("| --- |{}\n", " ---: |".repeat(head.len().saturating_sub(1)));
    rows.iter().for_each(|row| *out += &line(row));
    out.push('\n');
}

/// The page.
pub(super) fn page(report: &Report) -> String {
    let mut out = format!("# Evaluation of drug suggestions: {}\n\n", cell(&report.name));
    let counts = &report.counts;
    let _ = writeln!(
        out,
        "{} of {}.\n",
        counted(counts.admissions, "admission", "admissions"),
        counted(counts.patients, "patient", "patients")
    );
    for text in how_to_read(report) {
        let _ = writeln!(out, "{text}\n");
    }
    if let Some(best) = &report.best_beside {
        let _ = writeln!(
            out,
            "The best source beside it by Jaccard is {} with {}; the evaluated suggestions less it: {}.\n",
            cell(&best.name),
            figure(&best.jaccard),
            difference(&best.difference)
        );
    }
    by_source(&mut out, report);
    let sources = sources(report);
    let head: Vec<String> = std::iter::once(String::new()).chain(sources.iter().map(|s| s.name.to_owned())).collect();
    let by_source: Vec<_> = sources.iter().map(whole).collect();
    out += "## Output rate and table coverage\n\n";
    let rows = by_source.first().into_iter().flatten().enumerate().map(|(n, (_, name, ..))| {
        let figures = by_source.iter().filter_map(|all| all.get(n)).map(|(_, _, estimate, _)| figure(estimate));
        std::iter::once((*name).to_owned()).chain(figures).collect()
    });
    table(&mut out, &head, &rows.collect::<Vec<_>>());
    suitability(&mut out, report);
    groups(&mut out, report);
    drugs(&mut out, report);
    let _ = writeln!(
        out,
        "bogam {}; knowledge {}; {} draws of patients from seed {}.",
        report.bogam, report.knowledge, report.bootstrap.resamples, report.bootstrap.seed
    );
    out
}

fn by_source(out: &mut String, report: &Report) {
    for source in sources(report) {
        for (slice, name) in SLICES {
            let _ = writeln!(out, "## {}: {}\n", cell(source.name), name.to_lowercase());
            let mut head = ["", "suggested", "most prescribed", "difference"].map(str::to_owned).to_vec();
            if source.difference.is_some() {
                head.push(format!("{} less this", report.name));
            }
            let mut rows = Vec::new();
            let mut push = |name: String, metric: &super::view::Metric<'_>| {
                let compared = &metric.compared;
                let mut row = vec![
                    name,
                    figure(&compared.suggested),
                    figure(&compared.most_prescribed),
                    difference(&compared.difference),
                ];
                row.extend(metric.difference.map(difference));
                rows.push(row);
            };
            for (level, level_name) in LEVELS {
                for metric in scores(&source, slice, level) {
                    push(format!("{}, {level_name}", metric.name), &metric);
                }
            }
            of_lists(&source, slice).iter().for_each(|metric| push(metric.name.to_owned(), metric));
            table(out, &head, &rows);
        }
    }
}

fn suitability(out: &mut String, report: &Report) {
    let Some(suitability) = &report.suitability else {
        *out += "Nobody has judged suitability: it is not known.\n\n";
        return;
    };
    for judge in &suitability.judges {
        let _ = writeln!(out, "## Suitability by judge {}\n", judge.judge);
        let _ = writeln!(out, "{} rows, {} not judged.\n", judge.rows, judge.not_judged);
        let head = ["source", "judged drugs", "suitable", "not suitable", "unsure", "suitable: first less this"];
        let rows = judge.sources.iter().map(|one| {
            vec![
                one.source.clone(),
                one.drugs.to_string(),
                figure(&one.suitable),
                figure(&one.unsuitable),
                figure(&one.unsure),
                one.difference.as_ref().map(difference).unwrap_or_default(),
            ]
        });
        table(out, &head.map(str::to_owned), &rows.collect::<Vec<_>>());
    }
    if let Some(agreement) = &suitability.agreement {
        let _ = writeln!(
            out,
            "Judges 1 and 2: {} drugs judged by both, the same in {}, Cohen's kappa {}.\n",
            agreement.drugs,
            figure(&agreement.same),
            difference(&agreement.kappa)
        );
    }
}

fn groups(out: &mut String, report: &Report) {
    for group in &report.groups {
        let _ = writeln!(out, "## {}\n", title(group));
        let head = ["group", "admissions", "listed", "recorded", "accuracy", "Jaccard", "PRAUC"];
        let rows = group.rows.iter().map(|row| {
            vec![
                row.group.clone(),
                row.admissions.to_string(),
                length(&row.listed),
                length(&row.recorded),
                figure(&row.accuracy),
                figure(&row.jaccard),
                figure(&row.prauc),
            ]
        });
        table(out, &head.map(str::to_owned), &rows.collect::<Vec<_>>());
        let not_shown = not_shown(group);
        if !not_shown.is_empty() {
            let _ = writeln!(out, "{not_shown}\n");
        }
    }
}

fn drugs(out: &mut String, report: &Report) {
    *out += "## Drugs\n\n";
    let head = ["drug", "recorded", "listed", "both", "recall", "precision"].map(str::to_owned);
    let rows = report.drugs.iter().take(DRUGS).map(|drug| {
        vec![
            drug.ingredient.clone(),
            drug.recorded.to_string(),
            drug.listed.to_string(),
            drug.hits.to_string(),
            share(&drug.recall_interval),
            share(&drug.precision_interval),
        ]
    });
    table(out, &head, &rows.collect::<Vec<_>>());
    let more = report.drugs.len().saturating_sub(DRUGS);
    let _ = writeln!(
        out,
        "{more} more in drugs.csv; {} in fewer than ten admissions not shown.\n",
        counted(report.drugs_not_shown, "drug", "drugs")
    );
}
