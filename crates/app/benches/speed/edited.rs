//! What somebody waits for who works on a case: the list after one more diagnosis, and the first word of advice after a list.

use std::path::Path;
use std::time::Instant;

use bogam_app::convert::PROBES;
use bogam_clinical::case::Case;
use bogam_clinical::input::read_case;
use bogam_clinical::text::Lang;
use bogam_engine::{Cancel, NoSink, Sink};
use bogam_suggest::{EmptyScores, Options};
use serde_json::{Value, json};

use crate::table::{Table, at, median, sorted};
use crate::{Bogam, file_name};

/// Cases that are measured.
const CASES: usize = 8;

fn case(line: &str) -> Case {
    read_case(line).unwrap_or_else(|fault| panic!("{:?}", fault.errors)).case
}

/// One more diagnosis, at the end.
fn edited(line: &str) -> String {
    let mut case: Value = serde_json::from_str(line).unwrap();
    let diagnoses = case["diagnoses"].as_array_mut().unwrap();
    let rank = diagnoses.len() + 1;
    diagnoses.push(json!({"system": "icd10", "code": "H40.9", "rank": rank}));
    case.to_string()
}

pub fn measure(models: &[&Path], table: &mut Table) {
    for model in models {
        table.section(&format!("at work on a case, {}", file_name(model)));
        second(model, table);
    }
    advice(models.last().unwrap(), table);
}

fn second(model: &Path, table: &mut Table) {
    let wanted = Options { advice: false, ..Options::default() };
    let took = |bogam: &Bogam, empty: &EmptyScores, lines: &[&str]| {
        let suggester = bogam.suggester().with_empty(EmptyScores::new(empty.all()));
        // The model is loaded, and nothing else.
        bogam.engine().info().unwrap();
        let mut last = 0.0;
        for line in lines {
            let case = case(line);
            let start = Instant::now();
            suggester.suggest(&case, (&[], ""), &wanted, &mut NoSink, &Cancel::new()).unwrap();
            last = start.elapsed().as_secs_f64() * 1e3;
        }
        last
    };
    // What an empty case says is kept on disk, and there after the first start.
    let bogam = Bogam::open(model);
    let suggester = bogam.suggester();
    let first = case(PROBES.lines().next().unwrap());
    suggester.suggest(&first, (&[], ""), &wanted, &mut NoSink, &Cancel::new()).unwrap();
    let empty = EmptyScores::new(suggester.empty().all());
    let (mut fresh, mut second, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
    for line in PROBES.lines().take(CASES) {
        let edited = edited(line);
        let a = took(&Bogam::open(model), &empty, &[&edited]);
        let b = took(&Bogam::open(model), &empty, &[line, &edited]);
        fresh.push(a);
        second.push(b);
        ratio.push(b / a);
    }
    table.figure("a case in a fresh process", median(fresh), "ms");
    table.figure("the same case after it was edited into this", median(second), "ms");
    table.at_most("the second over the first", median(ratio), 0.6);
}

/// When the first piece of a text came.
struct First(Instant, Option<f64>);

impl Sink for First {
    fn delta(&mut self, _text: &str) {
        let since = self.0.elapsed().as_secs_f64() * 1e3;
        self.1.get_or_insert(since);
    }
}

fn advice(model: &Path, table: &mut Table) {
    let bogam = Bogam::open(model);
    let suggester = bogam.suggester();
    let wanted = Options { advice: true, paragraph: Some(Lang::Ko), ..Options::default() };
    let mut waits = Vec::new();
    for (i, line) in PROBES.lines().take(CASES + 1).enumerate() {
        let case = case(line);
        let mut sink = First(Instant::now(), None);
        let record = suggester.suggest(&case, (&[], ""), &wanted, &mut sink, &Cancel::new()).unwrap();
        let list = (record.timing_ms.total - record.timing_ms.advice) as f64;
        let first = sink.1.expect("no advice was written");
        if i > 0 {
            waits.push(first - list);
        }
    }
    let waits = sorted(waits);
    table.figure("first word of advice after the list, p95", at(&waits, 0.95), "ms");
    table.at_most("first word of advice after the list, median, ms", at(&waits, 0.5), 400.0);
}
