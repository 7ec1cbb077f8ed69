//! The report as CSV.

use bogam_evaluate::{Estimate, Report};

use super::view::{LEVELS, Metric, SLICES, Source, of_lists, scores, sources, whole};
use crate::csv_out::{Cell, MARK, header, line};

/// Value and interval.
fn three(estimate: Option<&Estimate>) -> [Cell<'static>; 3] {
    let one = estimate.copied().unwrap_or_default();
    [Cell::Number(one.value), Cell::Number(one.low), Cell::Number(one.high)]
}

pub(super) fn metrics(report: &Report) -> String {
    let mut text = MARK.to_owned()
        + &header(&[
            "source",
            "recorded_drugs",
            "level",
            "metric",
            "value",
            "low",
            "high",
            "admissions",
            "most_prescribed",
            "most_prescribed_low",
            "most_prescribed_high",
            "less_most_prescribed",
            "less_most_prescribed_low",
            "less_most_prescribed_high",
            "evaluated_less_this",
            "evaluated_less_this_low",
            "evaluated_less_this_high",
        ]);
    for source in sources(report) {
        for (code, _, estimate, difference) in whole(&source) {
            let nothing = [Cell::Number(None); 6];
            let head = [Cell::Text(source.name), Cell::Text(""), Cell::Text(""), Cell::Text(code)];
            let admissions = [Cell::Count(estimate.admissions)];
            text += &line(&[&head[..], &three(Some(estimate)), &admissions, &nothing, &three(difference)].concat());
        }
        for (slice, _) in SLICES {
            for (level, _) in LEVELS {
                scores(&source, slice, level).iter().for_each(|metric| text += &row(&source, metric));
            }
            of_lists(&source, slice).iter().for_each(|metric| text += &row(&source, metric));
            let recorded = &source.slice(slice).interactions.recorded;
            let head = [
                Cell::Text(source.name),
                Cell::Text(slice),
                Cell::Text(""),
                Cell::Text("interaction_rate_of_recorded"),
            ];
            let rest = [Cell::Number(None); 9];
            text += &line(&[&head[..], &three(Some(recorded)), &[Cell::Count(recorded.admissions)], &rest].concat());
        }
    }
    text
}

fn row(source: &Source<'_>, metric: &Metric<'_>) -> String {
    let head = [Cell::Text(source.name), Cell::Text(metric.slice), Cell::Text(metric.level), Cell::Text(metric.code)];
    let compared = &metric.compared;
    line(
        &[
            &head[..],
            &three(Some(&compared.suggested)),
            &[Cell::Count(compared.suggested.admissions)],
            &three(Some(&compared.most_prescribed)),
            &three(Some(&compared.difference)),
            &three(metric.difference),
        ]
        .concat(),
    )
}

pub(super) fn drugs(report: &Report) -> String {
    let mut text = MARK.to_owned()
        + &header(&[
            "ingredient",
            "recorded",
            "listed",
            "hits",
            "recall",
            "recall_low",
            "recall_high",
            "precision",
            "precision_low",
            "precision_high",
        ]);
    for drug in &report.drugs {
        let head = [
            Cell::Text(&drug.ingredient),
            Cell::Count(drug.recorded),
            Cell::Count(drug.listed),
            Cell::Count(drug.hits),
        ];
        let figures = [three(Some(&drug.recall_interval)), three(Some(&drug.precision_interval))].concat();
        text += &line(&[&head[..], &figures].concat());
    }
    text
}

/// Groups of every attribute; what is not shown is a row of its own with its number of admissions.
pub(super) fn groups(report: &Report) -> String {
    let names = ["listed", "recorded", "accuracy", "jaccard", "prauc"];
    let columns = names.iter().flat_map(|name| [(*name).to_owned(), format!("{name}_low"), format!("{name}_high")]);
    let columns: Vec<String> =
        ["attribute", "group", "admissions"].into_iter().map(str::to_owned).chain(columns).collect();
    let mut text = MARK.to_owned() + &header(&columns.iter().map(String::as_str).collect::<Vec<_>>());
    for table in &report.groups {
        for row in &table.rows {
            let head = [Cell::Text(&table.attribute), Cell::Text(&row.group), Cell::Count(row.admissions)];
            let figures = [&row.listed, &row.recorded, &row.accuracy, &row.jaccard, &row.prauc];
            let figures: Vec<Cell<'_>> = figures.into_iter().flat_map(|one| three(Some(one))).collect();
            text += &line(&[&head[..], &figures].concat());
        }
        for (label, admissions) in [
            (format!("({} groups under ten admissions)", table.groups_not_shown), table.admissions_not_shown),
            ("(without a case)".to_owned(), table.without_case),
        ] {
            if admissions > 0 {
                let head = [Cell::Text(&table.attribute), Cell::Text(&label), Cell::Count(admissions)];
                text += &line(&[&head[..], &[Cell::Number(None); 15]].concat());
            }
        }
    }
    text
}

pub(super) fn calibration(report: &Report) -> String {
    let mut text = MARK.to_owned()
        + &header(&["source", "recorded_drugs", "bin", "listed_drugs", "mean_probability", "share_recorded"]);
    for source in sources(report) {
        for (slice, _) in SLICES {
            for (n, bin) in (1..).zip(&source.slice(slice).calibration.bins) {
                text += &line(&[
                    Cell::Text(source.name),
                    Cell::Text(slice),
                    Cell::Count(n),
                    Cell::Number(Some(bin.drugs)),
                    Cell::Number(Some(bin.probability)),
                    Cell::Number(Some(bin.recorded)),
                ]);
            }
        }
    }
    text
}
