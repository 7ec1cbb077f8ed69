//! Tables that are read in many pieces: threads and the order of rows change nothing.

use std::fmt::Write as _;

use crate::accounting::{assert_rows_of_files, assert_sums};
use crate::hospital::{Hospital, Imported};

const FILES: [&str; 4] = ["cases.jsonl", "recorded.jsonl", "samples.jsonl", "rejects.csv"];

/// Numbers that look like chance and are the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// Tables of some megabytes, with quoted line breaks and faulty rows among them, each as header and rows.
fn tables() -> Vec<(&'static str, &'static str, Vec<String>)> {
    let mut chance = Chance(7);
    let (mut patients, mut admissions, mut diagnoses) = (Vec::new(), Vec::new(), Vec::new());
    let (mut orders, mut events, mut body, mut services, mut units) = (vec![], vec![], vec![], vec![], vec![]);
    for subject in 0..300_u64 {
        patients.push(format!("{subject},{},{},2100\n", if subject % 2 == 0 { "F" } else { "M" }, 20 + subject % 60));
        for stay in 0..3 {
            let hadm = subject * 10 + stay + 100_000;
            let day = |hour: u64| format!("2101-0{}-{:02} {:02}:15:00", stay * 2 + 1, 10 + hour / 24, hour % 24);
            admissions.push(format!("{subject},{hadm},{},{},URGENT\n", day(8), day(120)));
            for rank in 1..=4 {
                diagnoses.push(format!("{subject},{hadm},{rank},I{:02}{rank},10\n", chance.below(90)));
            }
            for _ in 0..40 {
                let drug = ["Furosemide", "Lasix", "Heparin", "\"Saline\nFlush\"", "Wondermycin", "Aspirin"];
                let drug = drug[chance.below(6) as usize];
                let (start, stop) = (day(8 + chance.below(40)), day(60 + chance.below(40)));
                orders.push(format!("{subject},{hadm},{},{start},{stop},MAIN,{drug}\n", chance.below(1000)));
            }
            for _ in 0..120 {
                let (item, hour, value) = (chance.below(12), chance.below(36), chance.below(50));
                // Faulty rows among them.
                let time = if chance.below(50) == 0 { "yesterday".to_owned() } else { day(hour) };
                let comment =
                    ["", "\"haemolysed,\nrepeat\"", "\"a \"\"b\"\"\"", "5\" needle"][chance.below(4) as usize];
                events.push(format!("{subject},{hadm},{item},{time},{value}.5,mg/dL,{comment}\n"));
            }
            body.push(format!("{subject},2101-0{}-01,Weight (Lbs),{}\n", stay * 2 + 1, 120 + chance.below(90)));
            for _ in 0..3 {
                let service = ["MED", "SURG", "CMED"][chance.below(3) as usize];
                services.push(format!("{subject},{hadm},{},{service}\n", day(8 + chance.below(2))));
            }
            units.push(format!("{subject},{hadm},CVICU,{}\n", day(8 + chance.below(60))));
        }
    }
    let items = (0..12).map(|n| format!("{n},{},Blood\n", if n < 3 { "Creatinine" } else { "Other" })).collect();
    vec![
        ("patients", "subject_id,gender,anchor_age,anchor_year\n", patients),
        ("admissions", "subject_id,hadm_id,admittime,dischtime,admission_type\n", admissions),
        ("diagnoses_icd", "subject_id,hadm_id,seq_num,icd_code,icd_version\n", diagnoses),
        ("prescriptions", "subject_id,hadm_id,pharmacy_id,starttime,stoptime,drug_type,drug\n", orders),
        ("d_labitems", "itemid,label,fluid\n", items),
        ("labevents", "subject_id,hadm_id,itemid,charttime,valuenum,valueuom,comments\n", events),
        ("omr", "subject_id,chartdate,result_name,result_value\n", body),
        ("services", "subject_id,hadm_id,transfertime,curr_service\n", services),
        ("transfers", "subject_id,hadm_id,careunit,intime\n", units),
    ]
}

fn hospital(tables: &[(&'static str, &'static str, Vec<String>)]) -> Hospital {
    tables.iter().fold(Hospital::new(), |hospital, (name, header, rows)| {
        let mut text = (*header).to_owned();
        rows.iter().for_each(|row| write!(text, "{row}").unwrap());
        hospital.table(name, text)
    })
}

fn import(hospital: &Hospital, threads: usize) -> Imported {
    hospital.import_with(|options| options.threads = threads.try_into().ok())
}

#[test]
fn the_files_are_the_same_with_any_number_of_threads_and_every_row_is_accounted_for() {
    let hospital = hospital(&tables());
    assert!(std::fs::metadata(hospital.folder().join("labevents.csv")).unwrap().len() > 3 << 20);
    let one = import(&hospital, 1);
    assert_sums(&one);
    assert_rows_of_files(&one, hospital.folder());
    assert!(one.report.cases == 900 && one.rejects().len() > 500);
    for threads in [2, 5] {
        let more = import(&hospital, threads);
        for file in FILES.iter().chain(&["report.json"]) {
            assert!(one.text(file) == more.text(file), "{file} with {threads} threads");
        }
    }
}

#[test]
fn rejects_name_the_line_of_the_row_in_every_piece() {
    let hospital = hospital(&tables());
    let imported = import(&hospital, 3);
    let text = std::fs::read_to_string(hospital.folder().join("labevents.csv")).unwrap();
    let lines: Vec<_> = text.lines().collect();
    let of_labs = imported.rejects().into_iter().filter(|line| line.starts_with("labevents.csv"));
    let mut seen = 0;
    for reject in of_labs {
        let fields: Vec<_> = reject.split(',').collect();
        let line = lines[fields[1].parse::<usize>().unwrap() - 1];
        assert!(line.contains("yesterday") && line.starts_with(&format!("{},{},", fields[3], fields[4])), "{reject}");
        seen += 1;
    }
    assert_eq!(seen, text.matches("yesterday").count());
}

#[test]
fn rows_in_any_order_give_the_same_cases() {
    let ordered = import(&hospital(&tables()), 2);
    let mut shuffled = tables();
    let mut chance = Chance(11);
    for (_, _, rows) in &mut shuffled {
        for n in (1..rows.len()).rev() {
            rows.swap(n, chance.below(n as u64 + 1) as usize);
        }
    }
    let shuffled = import(&hospital(&shuffled), 2);
    for file in ["cases.jsonl", "recorded.jsonl", "samples.jsonl", "report.json"] {
        assert!(ordered.text(file) == shuffled.text(file), "{file}");
    }
}
