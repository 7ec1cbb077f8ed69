//! The report as one page: no script, nothing from elsewhere, for the screen and for paper.

use std::fmt::Write as _;

use bogam_evaluate::{Estimate, Report};

use super::figures;
use super::svg::escape;
use super::view::{
    LEVELS, SLICES, counted, difference, figure, how_to_read, length, not_shown, of_lists, scores, share, sources,
    title, whole,
};

/// Drugs in the table of the page.
const DRUGS: usize = 40;

const STYLE: &str = "\
:root{color-scheme:light dark;--paper:#fff;--ink:#1a1a1a;--soft:#5a5a5a;--line:#d9d9d9;--band:#f4f4f2;--main:#00619e;\
--other:#b34700;--base:#6b6b6b}\n\
@media (prefers-color-scheme:dark){:root{--paper:#161616;--ink:#ececec;--soft:#b0b0b0;--line:#3c3c3c;--band:#222;\
--main:#6cc0f5;--other:#f0a15e;--base:#a8a8a8}}\n\
*{box-sizing:border-box}body{background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,\"Noto Sans\",\
\"Noto Sans KR\",sans-serif;margin:0 auto;max-width:66rem;padding:1.5rem}\n\
h1{font-size:1.6rem;line-height:1.25}h2{border-top:1px solid var(--line);font-size:1.25rem;margin-top:2.5rem;\
padding-top:1rem}h3{font-size:1.05rem;margin-bottom:.25rem}\n\
.note{background:var(--band);border-left:4px solid var(--main);padding:.5rem 1rem}.soft{color:var(--soft)}\n\
nav ul{columns:2;padding-left:1.2rem}a{color:var(--main)}\n\
figure{margin:1rem 0}figcaption{color:var(--soft);font-size:.9rem}svg{display:block;height:auto;width:100%}\n\
.wide{overflow-x:auto}table{border-collapse:collapse;font-size:.85rem;font-variant-numeric:tabular-nums;margin:.75rem 0 1.5rem}\
caption{font-weight:600;padding:.25rem 0;text-align:left}th,td{border-bottom:1px solid var(--line);padding:.25rem .45rem;\
text-align:right;white-space:nowrap}th:first-child,td:first-child{padding-left:0;min-width:8rem;text-align:left;white-space:normal}\
thead th{border-bottom:2px solid var(--soft);vertical-align:bottom}tbody th{font-weight:400}\n\
svg text{fill:var(--ink);font:12px system-ui,\"Noto Sans\",\"Noto Sans KR\",sans-serif}svg .block{font-weight:600}\
svg .tick,svg .value{fill:var(--soft)}svg .tick{font-size:11px}svg .grid{stroke:var(--line)}\
svg .zero{stroke:var(--soft);stroke-dasharray:4 3}svg .whisker{stroke-width:2}svg .curve{fill:none;stroke-width:1.5}\
svg .main{fill:var(--main);stroke:var(--main)}svg .other{fill:var(--other);stroke:var(--other)}\
svg .baseline{fill:var(--base);stroke:var(--base)}svg .curve.main,svg .curve.other,svg .curve.baseline{fill:none}\
svg .mark.open{fill:var(--paper);stroke-width:1.6}svg .bubble{fill:var(--main);fill-opacity:.35;stroke:var(--main)}\n\
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#ccc;--band:#f4f4f2;--main:#00619e;\
--other:#b34700;--base:#6b6b6b}body{font-size:10pt;max-width:none;padding:0}figure,table{break-inside:avoid}\
h2,h3,caption{break-after:avoid}nav{display:none}.wide{overflow:visible}table{font-size:7.5pt}\
th,td{padding:.15rem .3rem;white-space:normal}th:first-child,td:first-child{min-width:5rem}}\n";

/// A page that is being written.
struct Page {
    text: String,
}

impl Page {
    fn put(&mut self, text: std::fmt::Arguments<'_>) {
        // A `String` takes everything.
        let _ = writeln!(self.text, "{text}");
    }

    fn paragraph(&mut self, text: &str) {
        self.put(format_args!("<p>{}</p>", escape(text)));
    }

    fn heading(&mut self, id: &str, text: &str) {
        self.put(format_args!("<h2 id=\"{id}\">{}</h2>", escape(text)));
    }

    fn figure(&mut self, svg: &str, caption: &str) {
        self.put(format_args!("<figure>\n{svg}<figcaption>{}</figcaption>\n</figure>", escape(caption)));
    }

    /// The first field of a row names it.
    fn table(&mut self, caption: &str, head: &[&str], rows: &[Vec<String>]) {
        // What scrolls can be reached by the keyboard, and says what it is.
        let caption = escape(caption);
        self.put(format_args!(
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption>{caption}</caption>"
        ));
        let head: String = head.iter().map(|name| format!("<th scope=\"col\">{}</th>", escape(name))).collect();
        self.put(format_args!("<thead><tr>{head}</tr></thead>\n<tbody>"));
        for row in rows {
            let fields: String = row
                .iter()
                .enumerate()
                .map(|(n, field)| match n {
                    0 => format!("<th scope=\"row\">{}</th>", escape(field)),
                    _value => format!("<td>{}</td>", escape(field)),
                })
                .collect();
            self.put(format_args!("<tr>{fields}</tr>"));
        }
        self.put(format_args!("</tbody></table></div>"));
    }
}

/// The page.
pub(super) fn page(report: &Report) -> String {
    let mut page = Page { text: String::new() };
    let name = escape(&report.name);
    page.put(format_args!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>Evaluation: {name}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>"
    ));
    page.put(format_args!("<h1>Evaluation of drug suggestions: {name}</h1>"));
    summary(&mut page, report);
    page.put(format_args!(
        "<nav aria-label=\"Contents\"><ul><li><a href=\"#read\">How to read this</a></li>\
         <li><a href=\"#scores\">Scores by source</a></li><li><a href=\"#differences\">Differences</a></li>\
         <li><a href=\"#calibration\">Calibration</a></li><li><a href=\"#lengths\">Length of lists</a></li>\
         <li><a href=\"#drugs\">Drug by drug</a></li><li><a href=\"#groups\">Groups of admissions</a></li>\
         <li><a href=\"#coverage\">Table coverage and suitability</a></li><li><a href=\"#all\">All figures</a></li>\
         <li><a href=\"#made\">What was read, and how it was made</a></li></ul></nav>"
    ));
    page.heading("read", "How to read this");
    how_to_read(report).iter().for_each(|text| page.paragraph(text));
    by_source(&mut page, report);
    differences(&mut page, report);
    calibration(&mut page, report);
    lengths(&mut page, report);
    drugs(&mut page, report);
    groups(&mut page, report);
    coverage(&mut page, report);
    all(&mut page, report);
    made(&mut page, report);
    page.put(format_args!("</main>\n</body>\n</html>"));
    page.text
}

/// The answer in a few sentences.
fn summary(page: &mut Page, report: &Report) {
    let counts = &report.counts;
    let jaccard = &report.all.by_level.ingredient.jaccard;
    page.put(format_args!("<div class=\"note\">"));
    page.paragraph(&format!(
        "{} of {}. The overlap of listed and recorded drugs (Jaccard index, all recorded drugs) is {}; that of the \
         most-prescribed drugs in lists of the same length is {}; the difference is {}.",
        counted(counts.admissions, "admission", "admissions"),
        counted(counts.patients, "patient", "patients"),
        figure(&jaccard.suggested),
        figure(&jaccard.most_prescribed),
        difference(&jaccard.difference)
    ));
    if let Some(best) = &report.best_beside {
        page.paragraph(&format!(
            "The best of the sources beside it by the Jaccard index is {} with {}; “{}” less it is {}. It was chosen by \
             the figure that is compared, which flatters it.",
            best.name,
            figure(&best.jaccard),
            report.name,
            difference(&best.difference)
        ));
    }
    page.paragraph(
        "This is agreement with what was given, looked at afterwards. It does not say that a suggestion is right.",
    );
    page.put(format_args!("</div>"));
}

fn by_source(page: &mut Page, report: &Report) {
    page.heading("scores", "Scores by source");
    let sources = sources(report);
    for (slice, name) in SLICES {
        page.put(format_args!("<h3>{name}</h3>"));
        let title = format!("{name}, by ingredient");
        page.figure(
            &figures::metrics(report, slice, &title),
            &format!("{title}. Mean over admissions with its 95 % interval over patients. Accuracy: share of listed drugs \
                      that were recorded; short lists of common drugs do well by it, so read it with the recall. Recall: share of recorded drugs that were listed. Jaccard and F1: overlap of \
                      both. PRAUC: how early recorded drugs stand in the ranking of all candidates."),
        );
        let by_source: Vec<_> = sources.iter().map(|source| scores(source, slice, "ingredient")).collect();
        let Some(main) = by_source.first() else { continue };
        let mut head = vec!["", report.name.as_str(), "most prescribed"];
        head.extend(sources.iter().skip(1).map(|source| source.name));
        let rows = main.iter().enumerate().map(|(n, metric)| {
            let mut row = vec![
                metric.name.to_owned(),
                figure(&metric.compared.suggested),
                figure(&metric.compared.most_prescribed),
            ];
            let others = by_source.iter().skip(1).filter_map(|all| all.get(n));
            row.extend(others.map(|metric| figure(&metric.compared.suggested)));
            row
        });
        page.table(&title, &head, &rows.collect::<Vec<_>>());
    }
}

fn differences(page: &mut Page, report: &Report) {
    page.heading("differences", "Differences");
    let sources = sources(report);
    for (slice, name) in SLICES {
        page.put(format_args!("<h3>{name}</h3>"));
        let title = format!("{name}, by ingredient: “{}” less the others", report.name);
        page.figure(
            &figures::differences(report, slice, &title),
            &format!(
                "{title}. Paired: every draw of patients is the same for both sides. Filled marks have an interval \
                      without 0. The most-prescribed lists are as long as those of “{}”.",
                report.name
            ),
        );
        let by_source: Vec<_> = sources.iter().map(|source| scores(source, slice, "ingredient")).collect();
        let Some(main) = by_source.first() else { continue };
        let names: Vec<String> = sources.iter().skip(1).map(|source| format!("less {}", source.name)).collect();
        let mut head = vec!["", "less most prescribed"];
        head.extend(names.iter().map(String::as_str));
        let rows = main.iter().enumerate().map(|(n, metric)| {
            let mut row = vec![metric.name.to_owned(), difference(&metric.compared.difference)];
            let others = by_source.iter().skip(1).filter_map(|all| all.get(n));
            row.extend(others.map(|metric| metric.difference.map(difference).unwrap_or_default()));
            row
        });
        page.table(&title, &head, &rows.collect::<Vec<_>>());
    }
}

fn calibration(page: &mut Page, report: &Report) {
    page.heading("calibration", "Calibration");
    page.paragraph(
        "A probability says how often such patients are given the drug. The listed drugs are sorted by it and divided \
         into ten bins of equal mass; drugs of one probability are divided between bins. The calibration error is the mean \
         distance between what was said and what came true. A probability is meant for the whole stay: against the drugs \
         of the first day it is too high.",
    );
    let (slice, name) = SLICES.first().copied().unwrap_or_default();
    page.figure(
        &figures::calibration(report, slice, &format!("{name}: probability and share recorded")),
        &format!("{name}. The dashed line is where probabilities come true."),
    );
    for source in sources(report) {
        let bins = source.slice(slice).calibration.bins.iter();
        let rows: Vec<Vec<String>> = (1..)
            .zip(bins)
            .map(|(n, bin)| {
                vec![
                    format!("{n}"),
                    format!("{:.1}", bin.drugs),
                    format!("{:.3}", bin.probability),
                    format!("{:.3}", bin.recorded),
                    difference(&Estimate { value: Some(bin.recorded - bin.probability), ..Estimate::default() }),
                ]
            })
            .collect();
        let head = ["Bin", "Listed drugs", "Mean probability", "Share recorded", "Recorded less said"];
        page.table(&format!("{}: {}", source.name, name.to_lowercase()), &head, &rows);
    }
}

fn lengths(page: &mut Page, report: &Report) {
    page.heading("lengths", "Length of lists");
    let title = "Listed drugs by the number of recorded drugs";
    page.figure(
        &figures::lengths(report, title),
        "A list does not know how many drugs will be given: it should grow with them, but flatter. Groups of fewer than \
         ten admissions are not shown.",
    );
    report.groups.iter().filter(|table| table.attribute == "recorded_drugs").for_each(|table| group(page, table));
}

fn drugs(page: &mut Page, report: &Report) {
    page.heading("drugs", "Drug by drug");
    page.figure(
        &figures::drugs(report, "Recall and precision of each drug"),
        "All recorded drugs. The area of a mark is the number of admissions that recorded the drug; the commonest are \
         named where there is room. Drugs that were recorded and listed in at least ten admissions each.",
    );
    let rows: Vec<Vec<String>> = report
        .drugs
        .iter()
        .take(DRUGS)
        .map(|drug| {
            vec![
                drug.ingredient.clone(),
                drug.recorded.to_string(),
                drug.listed.to_string(),
                drug.hits.to_string(),
                share(&drug.recall_interval),
                share(&drug.precision_interval),
            ]
        })
        .collect();
    let head = ["Drug", "Recorded", "Listed", "Both", "Recall", "Precision"];
    page.table(&format!("The {} commonest recorded drugs, in admissions", rows.len()), &head, &rows);
    let more = report.drugs.len().saturating_sub(DRUGS);
    page.paragraph(&format!(
        "{more} more stand in drugs.csv. A share over fewer than ten admissions is not shown, and neither are {} that fewer \
         than ten admissions recorded or list.",
        counted(report.drugs_not_shown, "drug", "drugs")
    ));
}

fn groups(page: &mut Page, report: &Report) {
    page.heading("groups", "Groups of admissions");
    let tables: Vec<_> = report.groups.iter().filter(|table| table.attribute != "recorded_drugs").collect();
    if tables.is_empty() {
        page.paragraph("No file of cases was given: there are no groups by service, age, sex or diagnosis.");
        return;
    }
    page.paragraph(
        "Against all recorded drugs, by ingredient. A group that fares worse may have more drugs, rarer drugs, or \
         diagnoses that the knowledge packs do not cover; the figures do not say which. Intervals of small groups are wide.",
    );
    tables.into_iter().for_each(|table| group(page, table));
}

fn group(page: &mut Page, table: &bogam_evaluate::GroupTable) {
    let head = ["Group", "Admissions", "Listed", "Recorded", "Accuracy", "Jaccard", "PRAUC"];
    let rows: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| {
            vec![
                row.group.clone(),
                row.admissions.to_string(),
                length(&row.listed),
                length(&row.recorded),
                figure(&row.accuracy),
                figure(&row.jaccard),
                figure(&row.prauc),
            ]
        })
        .collect();
    page.table(title(table), &head, &rows);
    let not_shown = not_shown(table);
    if !not_shown.is_empty() {
        page.put(format_args!("<p class=\"soft\">{}</p>", escape(&not_shown)));
    }
}

fn coverage(page: &mut Page, report: &Report) {
    page.heading("coverage", "Table coverage and suitability");
    page.paragraph(
        "Table coverage: listed drugs with an indication for a diagnosis of the case in the knowledge packs, and \
         supportive ones, as shares of each list. It is not suitability: the tables know neither the whole patient nor \
         whether the drug is the right one.",
    );
    let sources = sources(report);
    let mut head = vec![""];
    head.extend(sources.iter().map(|source| source.name));
    let by_source: Vec<_> = sources.iter().map(whole).collect();
    let Some(main) = by_source.first() else { return };
    let rows = main.iter().enumerate().map(|(n, (_, name, ..))| {
        let figures = by_source.iter().filter_map(|all| all.get(n)).map(|(_, _, estimate, _)| figure(estimate));
        std::iter::once((*name).to_owned()).chain(figures).collect()
    });
    page.table("Output rate and table coverage", &head, &rows.collect::<Vec<_>>());
    let Some(suitability) = &report.suitability else {
        page.paragraph("Nobody has judged suitability: it is not known.");
        return;
    };
    for judge in &suitability.judges {
        let rows: Vec<Vec<String>> = judge
            .sources
            .iter()
            .map(|one| {
                vec![
                    one.source.clone(),
                    one.drugs.to_string(),
                    figure(&one.suitable),
                    figure(&one.unsuitable),
                    figure(&one.unsure),
                    one.difference.as_ref().map(difference).unwrap_or_default(),
                ]
            })
            .collect();
        let first = judge.sources.first().map_or("first", |one| one.source.as_str());
        let less = format!("Suitable: {first} less this");
        let head = ["Source", "Judged drugs", "Suitable", "Not suitable", "Unsure", less.as_str()];
        let caption =
            format!("Suitability by judge {}: {} rows, {} not judged", judge.judge, judge.rows, judge.not_judged);
        page.table(&caption, &head, &rows);
    }
    if let Some(agreement) = &suitability.agreement {
        page.paragraph(&format!(
            "Judges 1 and 2 judged {} drugs alike in {} of the cases; Cohen’s kappa is {}.",
            agreement.drugs,
            figure(&agreement.same),
            difference(&agreement.kappa)
        ));
    }
}

fn all(page: &mut Page, report: &Report) {
    page.heading("all", "All figures");
    for source in sources(report) {
        for (slice, name) in SLICES {
            page.put(format_args!("<h3>{}: {}</h3>", escape(source.name), escape(&name.to_lowercase())));
            let figures = source.slice(slice);
            page.paragraph(&format!(
                "{} in {}; {} never a candidate; {} without such a drug left out.",
                counted(figures.recorded_drugs, "recorded drug", "recorded drugs"),
                counted(figures.admissions, "admission", "admissions"),
                figures.never_candidates,
                counted(figures.nothing_recorded, "admission", "admissions")
            ));
            let mut head = vec!["", "Suggested", "Most prescribed", "Difference"];
            let less = format!("{} less this", report.name);
            if source.difference.is_some() {
                head.push(&less);
            }
            let mut metrics: Vec<(String, super::view::Metric<'_>)> = Vec::new();
            for (level, level_name) in LEVELS {
                let of = scores(&source, slice, level).into_iter();
                metrics.extend(of.map(|metric| (format!("{}, {level_name}", metric.name), metric)));
            }
            metrics.extend(of_lists(&source, slice).into_iter().map(|metric| (metric.name.to_owned(), metric)));
            let rows = metrics.into_iter().map(|(name, metric)| {
                let compared = &metric.compared;
                let mut row = vec![
                    name,
                    figure(&compared.suggested),
                    figure(&compared.most_prescribed),
                    difference(&compared.difference),
                ];
                row.extend(metric.difference.map(difference));
                row
            });
            page.table("Lists beside most-prescribed lists of the same length", &head, &rows.collect::<Vec<_>>());
            let recorded = &figures.interactions.recorded;
            page.paragraph(&format!(
                "Interacting pairs among the recorded drugs themselves, where their times overlap: {}.",
                figure(recorded)
            ));
        }
    }
}

fn made(page: &mut Page, report: &Report) {
    page.heading("made", "What was read, and how it was made");
    let beside = report.beside.iter().map(|one| (one.name.as_str(), &one.counts));
    let all: Vec<_> = std::iter::once((report.name.as_str(), &report.counts)).chain(beside).collect();
    let mut head = vec![""];
    head.extend(all.iter().map(|(name, _)| *name));
    let row = |name: &str, of: fn(&bogam_evaluate::Counts) -> u64| {
        std::iter::once(name.to_owned()).chain(all.iter().map(|(_, counts)| of(counts).to_string())).collect()
    };
    let rows: Vec<Vec<String>> = vec![
        row("Lines of suggestions", |counts| counts.suggestion_lines),
        row("Lines that cannot be used", |counts| counts.unreadable_lines),
        row("Cases without a recorded admission, left out", |counts| counts.not_recorded),
        row("Admissions", |counts| counts.admissions),
        row("with a list", |counts| counts.with_list),
        row("with an empty list", |counts| counts.empty_lists),
        row("with a list that is not valid", |counts| counts.invalid_lists),
        row("with an error", |counts| counts.with_error),
        row("without a line", |counts| counts.without_line),
        row("with two different lists", |counts| counts.with_two_lists),
        row("Recorded names without an ingredient, left out", |counts| counts.unmapped),
        row("Recorded rows that are no drug, left out", |counts| counts.not_drugs),
        row("Recorded drugs of unknown start", |counts| counts.start_unknown),
    ];
    page.table("What was read", &head, &rows);
    page.put(format_args!(
        "<p class=\"soft\">bogam {}; knowledge {}; {} draws of patients from seed {}.</p>",
        escape(&report.bogam),
        escape(&report.knowledge),
        report.bootstrap.resamples,
        report.bootstrap.seed
    ));
}
