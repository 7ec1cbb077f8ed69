//! A hospital of two invented patients, in tables that a test can change, and its import.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use bogam_mimic::{Meaning, MimicError, Names, Options, Report, import};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use tempfile::TempDir;

/// Patient 10 (M, 60 in 2100) has admissions 100 (March 2101, ICD-10) and 101 (May 2101, ICD-9); patient 20 (F, 30 in
/// 2110) has admission 200 with a diagnosis and 201 without.
pub const PATIENTS: &str = "subject_id,gender,anchor_age,anchor_year\n10,M,60,2100\n20,F,30,2110\n";
pub const ADMISSIONS: &str = "subject_id,hadm_id,admittime,dischtime,admission_type
10,101,2101-05-10 08:00:00,2101-05-14 12:00:00,URGENT
10,100,2101-03-01 10:00:00,2101-03-05 10:00:00,EW EMER.
20,200,2110-01-01 20:00:00,2110-01-03 09:00:00,ELECTIVE
20,201,2110-06-01 20:00:00,2110-06-03 09:00:00,ELECTIVE
";
pub const DIAGNOSES: &str = "subject_id,hadm_id,seq_num,icd_code,icd_version
10,100,2,I10,10
10,100,1,I509,10
10,101,1,4280,9
20,200,1,O800,10
";
pub const TITLES: &str = "icd_code,icd_version,long_title
I509,10,\"Heart failure, unspecified\"
4280,9,Congestive heart failure
I10,10,Essential hypertension
";
pub const PRESCRIPTIONS: &str = "subject_id,hadm_id,pharmacy_id,starttime,stoptime,drug_type,drug
10,100,1,2101-03-01 13:30:00,2101-03-04 10:00:00,MAIN,Furosemide
10,100,2,2101-03-01 11:00:00,2101-03-02 10:00:00,MAIN, Lasix 
10,100,2,2101-03-01 11:00:00,2101-03-02 10:00:00,BASE,Bag
10,100,3,2101-03-01 12:00:00,,MAIN,Heparin
10,101,4,2101-05-10 09:00:00,2101-05-11 09:00:00,MAIN,Wondermycin
20,200,5,2110-01-01 21:00:00,2110-01-02 21:00:00,MAIN,Saline Flush
";

/// A few names and what they mean.
pub struct FewNames;

impl Names for FewNames {
    fn meaning(&self, name: &str) -> Meaning {
        let drug = |id: &str, atc: &str| Meaning::Drug { id: id.to_owned(), atc: vec![atc.to_owned()] };
        match name.to_lowercase().as_str() {
            "furosemide" | "lasix" => drug("furosemide", "C03CA01"),
            "heparin" => drug("heparin", "B01AB01"),
            "aspirin" => drug("aspirin", "B01AC06"),
            "saline flush" | "bag" => Meaning::NotADrug,
            _ => Meaning::Unknown,
        }
    }
}

/// The folder of the tables.
pub struct Hospital {
    folder: TempDir,
}

impl Hospital {
    /// The required tables, plain, and nothing else.
    pub fn new() -> Self {
        let hospital = Self { folder: TempDir::new().unwrap() };
        hospital
            .table("patients", PATIENTS)
            .table("admissions", ADMISSIONS)
            .table("diagnoses_icd", DIAGNOSES)
            .table("prescriptions", PRESCRIPTIONS)
    }

    /// With a table as plain text.
    pub fn table(self, name: &str, text: impl AsRef<[u8]>) -> Self {
        fs::write(self.path(&format!("{name}.csv")), text).unwrap();
        self
    }

    /// With a table as an archive instead of plain text.
    pub fn gzipped(self, name: &str, text: &str) -> Self {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        let archive = encoder.finish().unwrap();
        self.archive(name, &archive)
    }

    /// With the bytes of an archive instead of plain text.
    pub fn archive(self, name: &str, bytes: &[u8]) -> Self {
        let _ = fs::remove_file(self.path(&format!("{name}.csv")));
        fs::write(self.path(&format!("{name}.csv.gz")), bytes).unwrap();
        self
    }

    /// Without a table.
    pub fn without(self, name: &str) -> Self {
        fs::remove_file(self.path(&format!("{name}.csv"))).unwrap();
        self
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    pub fn import_to(&self, out: &Path) -> Result<Report, MimicError> {
        import_from(self.folder.path(), out, &FewNames)
    }

    /// Imports into a new folder.
    pub fn import(&self) -> Imported {
        self.import_with(|_| {})
    }

    /// Imports into a new folder with other options.
    pub fn import_with(&self, change: impl FnOnce(&mut Options<'_>)) -> Imported {
        let folder = TempDir::new().unwrap();
        let report = import_with(self.folder(), folder.path(), &FewNames, change).unwrap();
        Imported { folder, report }
    }

    /// The folder of the tables.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The error of an import, which must leave nothing behind.
    pub fn error(&self) -> MimicError {
        let folder = TempDir::new().unwrap();
        let error = self.import_to(folder.path()).unwrap_err();
        assert_eq!(files_of(folder.path()), [""; 0], "after {error}");
        error
    }
}

/// Imports with a prompt that is easy to recognise.
pub fn import_from(hosp: &Path, out: &Path, names: &dyn Names) -> Result<Report, MimicError> {
    import_with(hosp, out, names, |_| {})
}

/// Imports with other options.
pub fn import_with<'a>(
    hosp: &Path,
    out: &Path,
    names: &dyn Names,
    change: impl FnOnce(&mut Options<'a>),
) -> Result<Report, MimicError> {
    let mut options = Options {
        prompt: &|case| {
            let id = case.case_id.clone().unwrap();
            vec![("system".to_owned(), "List drugs.".to_owned()), ("user".to_owned(), format!("Case {id}"))]
        },
        threads: None,
        alpaca: false,
        meds: false,
        stop: None,
    };
    change(&mut options);
    import(hosp, out, names, &options, &mut |_| {})
}

/// Names of the files of a folder, hidden ones included.
pub fn files_of(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// What an import wrote.
pub struct Imported {
    pub folder: TempDir,
    pub report: Report,
}

impl Imported {
    pub fn text(&self, file: &str) -> String {
        fs::read_to_string(self.folder.path().join(file)).unwrap()
    }

    pub fn lines(&self, file: &str) -> Vec<Value> {
        self.text(file).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub fn line(&self, file: &str, case_id: &str) -> Value {
        self.lines(file).into_iter().find(|line| line["case_id"] == case_id).unwrap()
    }

    pub fn case(&self, case_id: &str) -> Value {
        self.line("cases.jsonl", case_id)
    }

    pub fn recorded(&self, case_id: &str) -> Value {
        self.line("recorded.jsonl", case_id)
    }

    /// Lines of `rejects.csv` without its header.
    pub fn rejects(&self) -> Vec<String> {
        self.text("rejects.csv").lines().skip(1).map(str::to_owned).collect()
    }

    /// The report's entry of a table, as JSON.
    pub fn table(&self, name: &str) -> Value {
        let report: Value = serde_json::from_str(&self.text("report.json")).unwrap();
        report["tables"].as_array().unwrap().iter().find(|table| table["table"] == name).unwrap().clone()
    }
}
