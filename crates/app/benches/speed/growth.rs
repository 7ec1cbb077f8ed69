//! How the time of a suggestion grows: with the diagnoses of a case, with the names that are scored, with the formulary that
//! they are told apart from. Linear or better: twice as much takes at most twice as long.

use std::path::Path;
use std::time::Instant;

use bogam_app::convert::PROBES;
use bogam_clinical::input::read_case;
use bogam_engine::{Cancel, NoSink, ScoreRequest};
use bogam_suggest::Options;
use bogam_testkit::root;
use serde_json::{Value, json};

use crate::table::{Table, median};
use crate::{Bogam, file_name};

/// How often each size is measured.
const TURNS: usize = 5;

pub fn measure(model: &Path, table: &mut Table) {
    let bogam = Bogam::open(model);
    table.section(&format!("growth, {}", file_name(model)));
    let plots = [
        ("diagnoses of a case", diagnoses(&bogam)),
        ("names scored", names(&bogam)),
        ("names of the formulary", formulary(&bogam)),
    ];
    for (over, points) in &plots {
        for (size, ms) in points {
            table.figure(&format!("{size} {over}"), *ms, "ms");
        }
        table.at_most(&format!("exponent of growth with {over}"), exponent(points), 1.1);
    }
    std::fs::write(root().join("target/bench/growth.svg"), plot(&plots)).unwrap();
}

/// The slope of the time over the size, both as logarithms, at the larger half: 1 is linear.
fn exponent(points: &[(usize, f64)]) -> f64 {
    let (first, last) = (points[points.len() / 2 - 1], points[points.len() - 1]);
    (last.1 / first.1).ln() / (last.0 as f64 / first.0 as f64).ln()
}

fn timed(mut work: impl FnMut(usize)) -> f64 {
    work(0);
    let took = (1..=TURNS).map(|turn| {
        let start = Instant::now();
        work(turn);
        start.elapsed().as_secs_f64() * 1e3
    });
    median(took.collect())
}

fn diagnoses(bogam: &Bogam) -> Vec<(usize, f64)> {
    let suggester = bogam.suggester();
    let mut codes: Vec<String> = PROBES
        .lines()
        .flat_map(|line| {
            let case: Value = serde_json::from_str(line).unwrap();
            case["diagnoses"]
                .as_array()
                .unwrap()
                .iter()
                .map(|d| d["code"].as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
        })
        .collect();
    codes.sort();
    codes.dedup();
    // Different codes without end: injuries, as many as there are kinds of them.
    codes.extend((0..200).map(|i| format!("S{:02}.{}", i / 10 % 100, i % 10)));
    let wanted = Options { advice: false, ..Options::default() };
    let one = |count: usize| {
        let ms = timed(|turn| {
            let mut case: Value = serde_json::from_str(PROBES.lines().next().unwrap()).unwrap();
            case["patient"]["age_years"] = json!(50 + turn);
            let listed = codes.iter().take(count).enumerate();
            let listed = listed.map(|(i, code)| json!({"system": "icd10", "code": code, "rank": i + 1}));
            case["diagnoses"] = json!(listed.collect::<Vec<_>>());
            let read = read_case(&case.to_string()).unwrap_or_else(|fault| panic!("{:?}", fault.errors));
            suggester.suggest(&read.case, (&[], ""), &wanted, &mut NoSink, &Cancel::new()).unwrap();
        });
        (count, ms)
    };
    [5, 10, 20, 50, 100].into_iter().map(one).collect()
}

/// Names of the formulary, and made-up ones where those are too few.
fn all_names(bogam: &Bogam, count: usize) -> Vec<String> {
    let known = bogam.knowledge.drugs().map(|drug| bogam.knowledge.ingredient(drug).id().to_owned());
    let made_up = (0..).map(|i| {
        let part = |n: usize| ["ba", "ce", "di", "fo", "lu", "ma", "ne", "pi", "ro", "ti", "va", "zo"][n % 12];
        format!("{}{}{}{}in", part(i), part(i / 12), part(i / 144), part(i / 1728))
    });
    known.chain(made_up).take(count).map(|name| format!(" {name}\n")).collect()
}

fn scored(bogam: &Bogam, names: &[String], among: &[String]) -> f64 {
    timed(|turn| {
        let line = PROBES.lines().nth(turn).unwrap();
        let read = read_case(line).unwrap_or_else(|fault| panic!("{:?}", fault.errors));
        let prompt = bogam.prompts.for_case(&read.case, &bogam.knowledge);
        let request = ScoreRequest { prompt, continuations: names.to_vec(), among: among.to_vec() };
        bogam.engine().score(&request, &mut NoSink, &Cancel::new()).unwrap();
    })
}

fn names(bogam: &Bogam) -> Vec<(usize, f64)> {
    let all = all_names(bogam, 1000);
    [50, 100, 200, 500, 1000].into_iter().map(|count| (count, scored(bogam, &all[..count], &all))).collect()
}

fn formulary(bogam: &Bogam) -> Vec<(usize, f64)> {
    let all = all_names(bogam, 8000);
    [500, 1000, 2000, 4000, 8000].into_iter().map(|count| (count, scored(bogam, &all[..48], &all[..count]))).collect()
}

/// The three curves, both axes as logarithms, with a line of slope 1 through each first point.
fn plot(plots: &[(&str, Vec<(usize, f64)>)]) -> String {
    let (width, height, gap) = (320.0, 260.0, 40.0);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}\" height=\"{}\" font-family=\"sans-serif\" font-size=\"11\">\n",
        plots.len() as f64 * (width + gap) + gap,
        height + 2.0 * gap
    );
    for (i, (over, points)) in plots.iter().enumerate() {
        let left = gap + i as f64 * (width + gap);
        let (sizes, times): (Vec<f64>, Vec<f64>) = points.iter().map(|(n, ms)| ((*n as f64).ln(), ms.ln())).unzip();
        let (x0, x1) = (sizes[0], sizes[sizes.len() - 1]);
        let (y0, y1) = (times.iter().copied().fold(f64::MAX, f64::min), times[0] + x1 - x0);
        let place = |x: f64, y: f64| {
            (left + (x - x0) / (x1 - x0) * width, gap + height - (y - y0) / (y1 - y0).max(1e-9) * height)
        };
        let line =
            |points: &[(f64, f64)]| points.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect::<Vec<_>>().join(" ");
        let curve: Vec<_> = sizes.iter().zip(&times).map(|(x, y)| place(*x, *y)).collect();
        let linear = [place(x0, times[0]), place(x1, times[0] + x1 - x0)];
        out += &format!("<text x=\"{left}\" y=\"{}\">milliseconds over {over}</text>\n", gap - 14.0);
        out +=
            &format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#999\" stroke-dasharray=\"4\"/>\n", line(&linear));
        out +=
            &format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#1a5fb4\" stroke-width=\"2\"/>\n", line(&curve));
        for ((x, y), (size, ms)) in curve.iter().zip(points) {
            out += &format!("<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#1a5fb4\"/>\n");
            out += &format!("<text x=\"{x:.1}\" y=\"{:.1}\">{ms:.0}</text>\n", y - 6.0);
            out += &format!("<text x=\"{x:.1}\" y=\"{}\">{size}</text>\n", gap + height + 16.0);
        }
    }
    out + "</svg>\n"
}
