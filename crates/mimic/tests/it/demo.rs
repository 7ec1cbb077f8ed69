//! The evaluation data, where it is there.

use std::path::{Path, PathBuf};

use bogam_mimic::{Meaning, Names};
use tempfile::TempDir;

use crate::accounting::{assert_readable, assert_rows_of_files, assert_sums};
use crate::hospital::{Imported, import_from};

/// The folder of the MIMIC-IV demo tables: below `BOGAM_DATA`, else beside the repository.
fn hosp() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let data = std::env::var_os("BOGAM_DATA").map_or(beside, PathBuf::from);
    Some(data.join("mimic-iv-demo/hosp")).filter(|hosp| hosp.is_dir())
}

/// Every name is an ingredient of its own: the counts of rows then stand without any knowledge.
struct EveryName;

impl Names for EveryName {
    fn meaning(&self, name: &str) -> Meaning {
        Meaning::Drug { id: name.to_lowercase(), atc: Vec::new() }
    }
}

#[test]
fn every_admission_of_the_demo_with_a_diagnosis_gives_a_case_and_every_row_is_accounted_for() {
    let Some(hosp) = hosp() else {
        eprintln!(
            "SKIPPED (no ../shared/data): every_admission_of_the_demo_with_a_diagnosis_gives_a_case_and_every_row_is_accounted_for"
        );
        return;
    };
    let folder = TempDir::new().unwrap();
    let report = import_from(&hosp, folder.path(), &EveryName).unwrap();
    let imported = Imported { folder, report };
    assert_sums(&imported);
    assert_rows_of_files(&imported, &hosp);
    assert_readable(&imported);
    let report = &imported.report;
    assert_eq!((report.cases, report.patients), (217, 76));
    assert_eq!(imported.lines("cases.jsonl").len(), 217);
    assert_eq!(report.recorded, 198);
    assert_eq!((report.drug_rows.main, report.drug_rows.mapped), (11_699, 11_699));
    assert!(report.missing_tables.is_empty() && imported.rejects().is_empty());
    for (table, rows) in [("prescriptions", 14_895), ("labevents", 88_685), ("omr", 2_387), ("diagnoses_icd", 3_563)] {
        assert_eq!(imported.table(table)["rows"], rows, "{table}");
    }
}
