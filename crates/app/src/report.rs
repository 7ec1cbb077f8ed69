//! A record as a report for reading, in English or Korean.

use std::collections::{BTreeMap, BTreeSet};

use bogam_clinical::case::{Case, Pregnancy, Setting, Sex};
use bogam_clinical::record::{ErrorRecord, Finding, SuggestedDrug, SuggestionRecord, Tier};
use bogam_clinical::text::Lang;
use bogam_knowledge::KnowledgeBase;

/// Columns of the page.
const WIDTH: usize = 100;

/// A withheld drug below this probability is named in one line with the others.
const WORTH_A_LINE: f64 = 0.10;

struct Words {
    patient: &'static str,
    regimen: &'static str,
    often: [&'static str; 3],
    caption: &'static str,
    dose: &'static str,
    why: &'static str,
    instead_of: &'static str,
    current: &'static str,
    withheld: &'static str,
    also_withheld: &'static str,
    findings: &'static str,
    none: &'static str,
    instead: &'static str,
    not_evaluated: &'static str,
    missing: &'static str,
    results: &'static str,
    all: &'static str,
    unrecognised: &'static str,
    advice: &'static str,
    model_text: &'static str,
    notices: &'static str,
    made: &'static str,
    decide: &'static str,
    tiers: [&'static str; 3],
}

const ENGLISH: Words = Words {
    patient: "Patient",
    regimen: "Regimen to consider",
    often: ["often prescribed", "sometimes prescribed", "rarely prescribed"],
    caption: "the share is how often such patients are given the drug, not how right it is",
    dose: "Dose",
    why: "Why",
    instead_of: "Or",
    current: "takes it now",
    withheld: "Withheld",
    also_withheld: "Also contraindicated here, rarely prescribed to such patients",
    findings: "Findings",
    none: "none",
    instead: "Instead",
    not_evaluated: "Not evaluated",
    missing: "missing",
    results: "results that are not there",
    all: "drugs",
    unrecognised: "Not recognised",
    advice: "Advice for the patient",
    model_text: "Written by the language model, unreviewed",
    notices: "Notices",
    made: "Made by",
    decide: "A clinician decides. This list does not replace an assessment, and is not for emergencies without one.",
    tiers: ["note", "warning", "CRITICAL"],
};

const KOREAN: Words = Words {
    patient: "환자",
    regimen: "고려할 처방",
    often: ["흔히 처방", "가끔 처방", "드물게 처방"],
    caption: "비율은 이러한 환자에게 처방되는 빈도이며, 적절성을 뜻하지 않습니다",
    dose: "용량",
    why: "이유",
    instead_of: "대체",
    current: "현재 복용 중",
    withheld: "제외된 약",
    also_withheld: "이 환자에게 금기이며 드물게 처방되는 약",
    findings: "점검 결과",
    none: "없음",
    instead: "대안",
    not_evaluated: "평가하지 못한 항목",
    missing: "없는 정보",
    results: "없는 검사 결과",
    all: "개 약물",
    unrecognised: "인식하지 못한 항목",
    advice: "환자 안내",
    model_text: "언어 모델 작성, 검토 전",
    notices: "알림",
    made: "생성 정보",
    decide: "결정은 의료진이 합니다. 이 목록은 진료를 대신하지 않으며, 의료진 없는 응급 상황에 사용할 수 없습니다.",
    tiers: ["참고", "주의", "금기"],
};

const fn words(lang: Lang) -> &'static Words {
    match lang {
        Lang::En => &ENGLISH,
        Lang::Ko => &KOREAN,
    }
}

impl Words {
    const fn tier(&self, tier: Tier) -> &'static str {
        let [note, warning, critical] = self.tiers;
        match tier {
            Tier::Note => note,
            Tier::Warning => warning,
            Tier::Critical => critical,
        }
    }

    fn how_often(&self, probability: f64) -> &'static str {
        let [often, sometimes, rarely] = self.often;
        if probability >= 0.5 {
            often
        } else if probability >= 0.15 {
            sometimes
        } else {
            rarely
        }
    }
}

/// Columns of a text in a terminal: Korean characters take two.
fn columns(text: &str) -> usize {
    text.chars().map(|c| if matches!(c, '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{FFDC}') { 2 } else { 1 }).sum()
}

/// Breaks a text at spaces, every line but the first indented.
fn wrapped(text: &str, indent: usize) -> String {
    let mut out = String::new();
    let mut used = indent;
    for word in text.split_whitespace() {
        let width = columns(word);
        if used > indent && used + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent;
        } else if used > indent {
            out.push(' ');
            used += 1;
        }
        out.push_str(word);
        used += width;
    }
    out
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(columns(text))))
}

fn heading(out: &mut String, text: &str) {
    out.push_str(&format!("\n{text}\n{}\n", "─".repeat(columns(text))));
}

/// A line of label and text, the text wrapped under itself.
fn labelled(out: &mut String, indent: usize, label: &str, text: &str) {
    let width = 8;
    out.push_str(&" ".repeat(indent));
    out.push_str(&padded(label, width));
    out.push_str(&wrapped(text, indent + width));
    out.push('\n');
}

/// A suggestion for reading.
#[must_use]
pub fn suggestion(record: &SuggestionRecord, case: &Case, knowledge: &KnowledgeBase, lang: Lang) -> String {
    let w = words(lang);
    let mut out =
        format!("\n━━ {} {}\n", record.case_id, "━".repeat(WIDTH.saturating_sub(4 + columns(&record.case_id))));
    patient(&mut out, case, knowledge, lang);
    heading(&mut out, &format!("{} ({})", w.regimen, record.drugs.len()));
    out.push_str(&format!("{}\n", w.caption));
    for (number, drug) in (1..).zip(&record.drugs) {
        listed(&mut out, number, drug, record, lang);
    }
    withheld(&mut out, record, lang);
    heading(&mut out, w.findings);
    let shown = findings_of_list(record);
    if shown.is_empty() {
        out.push_str(&format!("{}\n", w.none));
    }
    for finding in shown {
        let label = format!("{} {} · {}", finding.id, w.tier(finding.tier), finding.drugs.join(", "));
        out.push_str(&format!("{label}\n"));
        out.push_str(&format!("    {}\n", wrapped(finding.message.get(lang), 4)));
        if let Some(instead) = &finding.instead {
            labelled(&mut out, 4, w.instead, instead.get(lang));
        }
        let used: Vec<String> = finding.used.iter().map(|(k, v)| format!("{k} = {v}")).collect();
        let missing: Vec<String> = finding.missing.iter().map(|m| format!("{}: {m}", w.missing)).collect();
        let facts: Vec<String> = used.into_iter().chain(missing).chain([finding.source.clone()]).collect();
        out.push_str(&format!("    [{}]\n", wrapped(&facts.join("; "), 5)));
    }
    not_evaluated(&mut out, record, lang);
    if let Some(advice) = &record.advice {
        heading(&mut out, w.advice);
        let text = match lang {
            Lang::En => &advice.en,
            Lang::Ko => &advice.ko,
        };
        for line in text.lines() {
            let indent = if line.starts_with("- ") { 2 } else { 0 };
            out.push_str(&format!("{}\n", wrapped(line, indent)));
        }
        if let Some(written) = &advice.model_written {
            out.push_str(&format!("\n({}) {}\n", w.model_text, wrapped(written, 0)));
        }
    }
    made_by(&mut out, record, lang);
    out
}

fn patient(out: &mut String, case: &Case, knowledge: &KnowledgeBase, lang: Lang) {
    let w = words(lang);
    let p = &case.patient;
    let korean = lang == Lang::Ko;
    let mut facts = vec![if korean { format!("{:.0}세", p.age.get()) } else { format!("{:.0} years", p.age.get()) }];
    facts.push(
        match (p.sex, lang) {
            (Sex::Female, Lang::En) => "female",
            (Sex::Male, Lang::En) => "male",
            (Sex::Female, Lang::Ko) => "여성",
            (Sex::Male, Lang::Ko) => "남성",
        }
        .to_owned(),
    );
    match (p.pregnancy(), p.gestational_weeks) {
        (Pregnancy::Yes { .. }, Some(weeks)) if korean => facts.push(format!("임신 {:.0}주", weeks.get())),
        (Pregnancy::Yes { .. }, Some(weeks)) => facts.push(format!("pregnant, week {:.0}", weeks.get())),
        (Pregnancy::Yes { .. }, None) => facts.push(if korean { "임신" } else { "pregnant" }.to_owned()),
        (Pregnancy::No | Pregnancy::Unknown, _) => {}
    }
    facts.extend(p.weight.map(|x| format!("{:.0} kg", x.get())));
    facts.extend(p.gfr().map(|x| format!("eGFR {:.0}", x.get())));
    facts.extend(p.creatinine_clearance().map(|x| format!("CrCl {:.0}", x.get())));
    facts.extend(case.admission.setting.map(|s| {
        match (s, lang) {
            (Setting::Inpatient, Lang::En) => "inpatient",
            (Setting::Outpatient, Lang::En) => "outpatient",
            (Setting::Emergency, Lang::En) => "emergency department",
            (Setting::Inpatient, Lang::Ko) => "입원",
            (Setting::Outpatient, Lang::Ko) => "외래",
            (Setting::Emergency, Lang::Ko) => "응급실",
        }
        .to_owned()
    }));
    labelled(out, 0, w.patient, &facts.join(" · "));
    for d in &case.diagnoses {
        let known = knowledge.diagnosis_name(d).map(|n| n.get(lang).to_owned());
        let title = if korean { known.or_else(|| d.title.clone()) } else { d.title.clone().or(known) };
        out.push_str(&format!("        {} {}\n", padded(&d.dotted(), 8), wrapped(&title.unwrap_or_default(), 17)));
    }
    let allergies: Vec<String> = p
        .allergies
        .iter()
        .flatten()
        .map(|a| a.reaction.as_ref().map_or_else(|| a.to.clone(), |r| format!("{} ({r})", a.to)))
        .collect();
    if !allergies.is_empty() {
        labelled(out, 0, if korean { "알레르기" } else { "Allergy" }, &allergies.join(", "));
    }
    let current: Vec<&str> = p.current_drugs.iter().flatten().map(|d| d.name.as_str()).collect();
    if !current.is_empty() {
        labelled(out, 0, if korean { "복용약" } else { "Takes" }, &current.join(", "));
    }
}

fn listed(out: &mut String, number: usize, drug: &SuggestedDrug, record: &SuggestionRecord, lang: Lang) {
    let w = words(lang);
    let both = format!(
        "{} ({})",
        drug.name.get(lang),
        match lang {
            Lang::En => &drug.name.ko,
            Lang::Ko => &drug.name.en,
        }
    );
    let current = if drug.current { format!(" · {}", w.current) } else { String::new() };
    let marks: Vec<String> = drug
        .findings
        .iter()
        .filter_map(|id| record.findings.iter().find(|f| &f.id == id))
        .map(|f| format!("{} {}", f.id, w.tier(f.tier)))
        .collect();
    let marks = if marks.is_empty() { String::new() } else { format!("  [{}]", marks.join(", ")) };
    let percent = drug.probability * 100.0;
    out.push_str(&format!(
        "{number:>2}. {} {percent:>3.0} %  {}{current}{marks}\n",
        padded(&both, 52),
        w.how_often(drug.probability)
    ));
    let dose = match (lang, &drug.dose.withheld) {
        (_, Some(reason)) => format!("— {}", reason.get(lang)),
        (Lang::En, None) => drug.dose.en.clone().unwrap_or_default(),
        (Lang::Ko, None) => drug.dose.ko.clone().unwrap_or_default(),
    };
    labelled(out, 4, w.dose, &dose);
    labelled(out, 4, w.why, drug.reason.get(lang));
    if !drug.alternatives.is_empty() {
        let some: Vec<&str> = drug.alternatives.iter().take(6).map(String::as_str).collect();
        labelled(out, 4, w.instead_of, &some.join(", "));
    }
}

fn withheld(out: &mut String, record: &SuggestionRecord, lang: Lang) {
    let w = words(lang);
    heading(out, w.withheld);
    if record.withheld.is_empty() {
        out.push_str(&format!("{}\n", w.none));
        return;
    }
    let worth = |d: &&bogam_clinical::record::WithheldDrug| d.current || d.probability >= WORTH_A_LINE;
    for drug in record.withheld.iter().filter(worth) {
        let current = if drug.current { format!(" · {}", w.current) } else { String::new() };
        let critical = record.findings.iter().filter(|f| f.tier == Tier::Critical && drug.findings.contains(&f.id));
        let said: Vec<String> = critical.map(|f| format!("{} {}", f.id, f.message.get(lang))).collect();
        out.push_str(&format!(" ✕  {}{current}\n", drug.name.get(lang)));
        out.push_str(&format!("    {}\n", wrapped(&said.join("; "), 4)));
    }
    let rest: Vec<&str> = record.withheld.iter().filter(|d| !worth(d)).map(|d| d.name.get(lang)).collect();
    if !rest.is_empty() {
        out.push_str(&format!("    {}\n", wrapped(&format!("{}: {}", w.also_withheld, rest.join(", ")), 4)));
    }
}

/// Findings of listed drugs and of what was withheld and worth a line; those of merely considered drugs stay in the
/// record.
fn findings_of_list(record: &SuggestionRecord) -> Vec<&Finding> {
    let withheld = record.withheld.iter().filter(|d| d.current || d.probability >= WORTH_A_LINE);
    let ids: Vec<&String> =
        record.drugs.iter().flat_map(|d| &d.findings).chain(withheld.flat_map(|d| &d.findings)).collect();
    record.findings.iter().filter(|f| ids.contains(&&f.id)).collect()
}

fn not_evaluated(out: &mut String, record: &SuggestionRecord, lang: Lang) {
    let w = words(lang);
    heading(out, w.not_evaluated);
    // A merely considered drug concerns nobody who reads the list.
    let shown: Vec<&str> = record
        .drugs
        .iter()
        .map(|d| d.ingredient.as_str())
        .chain(record.withheld.iter().map(|d| d.ingredient.as_str()))
        .collect();
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    // One line for all results that are not there: the record has them one by one, with their drugs.
    let mut results: BTreeSet<&str> = BTreeSet::new();
    for entry in &record.not_evaluated {
        let drugs: Vec<&str> = entry.drugs.iter().map(String::as_str).filter(|d| shown.contains(d)).collect();
        if drugs.is_empty() && !entry.drugs.is_empty() {
            continue;
        }
        if entry.code == "lab" {
            results.extend(entry.missing.iter().map(String::as_str).map(result_name));
            continue;
        }
        let which = if drugs.len() > 8 { format!("{} {}", drugs.len(), w.all) } else { drugs.join(", ") };
        let missing = if entry.missing.is_empty() {
            String::new()
        } else {
            format!("{}: {}", w.missing, entry.missing.join(", "))
        };
        let parts: Vec<String> = [which, missing].into_iter().filter(|p| !p.is_empty()).collect();
        lines.insert(format!("{} {}", entry.code, parts.join(" — ")), parts.join(" — "));
    }
    if !results.is_empty() {
        let names = results.into_iter().collect::<Vec<&str>>().join(", ");
        lines.insert(format!("lab {}: {names}", w.results), String::new());
    }
    if lines.is_empty() {
        out.push_str(&format!("{}\n", w.none));
    }
    for key in lines.keys() {
        out.push_str(&format!("· {}\n", wrapped(key, 2)));
    }
    if !record.unrecognised.is_empty() {
        labelled(out, 0, &format!("{}: ", w.unrecognised), &record.unrecognised.join(", "));
    }
}

/// `potassium` of `patient.labs[potassium]`; anything else as it is.
fn result_name(field: &str) -> &str {
    field.strip_prefix("patient.labs[").and_then(|rest| rest.strip_suffix(']')).unwrap_or(field)
}

fn made_by(out: &mut String, record: &SuggestionRecord, lang: Lang) {
    let w = words(lang);
    let p = &record.provenance;
    out.push('\n');
    if !record.notices.is_empty() {
        out.push_str(&format!("{}: {}\n", w.notices, record.notices.join(", ")));
    }
    let short = |hash: &str| hash.chars().take(19).collect::<String>();
    let mut parts =
        vec![format!("Bogam {}", p.bogam), format!("rules {}", p.rules), format!("knowledge {}", short(&p.knowledge))];
    if let Some(model) = &p.model {
        parts.push(format!("model {} ({})", short(model), p.backend.as_deref().unwrap_or("?")));
    }
    parts.push(format!("{} ms", record.timing_ms.total));
    out.push_str(&format!("{}: {}\n{}\n", w.made, parts.join(" · "), wrapped(w.decide, 0)));
}

/// A record that was rejected, for reading.
#[must_use]
pub fn error(record: &ErrorRecord, lang: Lang) -> String {
    let line = match lang {
        Lang::En => "line",
        Lang::Ko => "줄",
    };
    let mut out = format!("\n━━ {} ({line} {})\n", record.case_id.as_deref().unwrap_or("—"), record.line);
    let all = if record.errors.is_empty() { std::slice::from_ref(&record.error) } else { record.errors.as_slice() };
    for error in all {
        out.push_str(&format!("✕ {}\n", wrapped(&error.message, 2)));
    }
    out
}
