//! `omr` (weight, height, GFR by date), `d_labitems` and `labevents` (blood results of the first day).

use std::collections::{HashMap, HashSet};

use bogam_clinical::units::{Centimetres, Kilograms, MlPerMinPer173};
use jiff::civil::DateTime;

use crate::error::MimicError;
use crate::intake::{Intake, Optional, Required, TableFile, TableRead};
use crate::names::Texts;
use crate::parse;
use crate::stays::{Body, FIRST_DAY, LabReading, Latest, Stay, Stays};
use crate::tally::Reason;

/// International avoirdupois pound, exact by definition (NIST SP 811, B.8).
const KG_A_POUND: f64 = 0.453_592_37;
/// International inch, exact by definition (NIST SP 811, B.8).
const CM_AN_INCH: f64 = 2.54;

/// Rounds to one decimal.
fn to_tenth(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// A measurement that a case has a field for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measure {
    Weight,
    Height,
    Egfr,
}

impl Measure {
    fn of(name: &str) -> Result<Self, Reason> {
        match name {
            "Weight (Lbs)" => Ok(Self::Weight),
            "Height (Inches)" => Ok(Self::Height),
            "eGFR" => Ok(Self::Egfr),
            _ => Err(Reason::OtherMeasurement),
        }
    }

    /// In the unit of the case: kg, cm, mL/min/1.73 m2.
    fn value(self, text: &str) -> Result<f64, Reason> {
        match self {
            Self::Weight => parse::number(text).map(|pounds| to_tenth(pounds * KG_A_POUND)),
            Self::Height => parse::number(text).map(|inches| to_tenth(inches * CM_AN_INCH)),
            // A laboratory may report `>60`.
            Self::Egfr => parse::number(text).map_err(|_| Reason::NotNumeric),
        }
    }

    fn slot(self, body: &mut Body) -> &mut Option<Latest<f64>> {
        match self {
            Self::Weight => &mut body.weight,
            Self::Height => &mut body.height,
            Self::Egfr => &mut body.egfr,
        }
    }
}

/// Reads `omr`: the most recent measurements on or before the date of `as_of`.
pub(crate) fn omr(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = ["subject_id", "chartdate", "result_name", "result_value"].map(Required);
    let mut read = intake.read(file, columns, |row, [subject, date, name, value]| {
        let (subject, date) = (parse::id(subject)?, parse::date(date)?);
        let measure = Measure::of(name)?;
        let value = measure.value(value)?;
        let time = DateTime::from(date);
        let mut known = false;
        stays.for_cases_of(subject, |stay| {
            if date <= stay.as_of.date() {
                known = true;
                Latest::keep(measure.slot(&mut stay.body), Latest { time, row, value });
            }
        })?;
        if known { Ok(()) } else { Err(Reason::LaterThanFirstDay) }
    })?;
    let (mut kept, mut implausible) = (HashSet::new(), HashSet::new());
    for stay in stays.all() {
        for (reading, plausible) in [
            (stay.body.weight, plausible_weight(stay).is_some()),
            (stay.body.height, plausible_height(stay).is_some()),
            (stay.body.egfr, plausible_egfr(stay).is_some()),
        ] {
            if let Some(reading) = reading {
                if plausible { &mut kept } else { &mut implausible }.insert(reading.row);
            }
        }
    }
    let outliers = count(implausible.difference(&kept).count());
    read.tally.move_rows(Ok(()), Err(Reason::Outlier), outliers);
    let superseded = read.tally.used().saturating_sub(count(kept.len()));
    read.tally.move_rows(Ok(()), Err(Reason::Superseded), superseded);
    Ok(read)
}

/// Most recent weight in kg unless it is an outlier: adults 30 to 350 kg, children what a case accepts.
pub(crate) fn plausible_weight(stay: &Stay) -> Option<Kilograms> {
    let range = if stay.age >= 18 { 30.0..=350.0 } else { 0.3..=500.0 };
    stay.body.weight.map(|latest| latest.value).filter(|kg| range.contains(kg)).map(Kilograms::new)
}

/// Most recent height in cm unless it is an outlier: adults 120 to 230 cm, children what a case accepts.
pub(crate) fn plausible_height(stay: &Stay) -> Option<Centimetres> {
    let range = if stay.age >= 18 { 120.0..=230.0 } else { 20.0..=260.0 };
    stay.body.height.map(|latest| latest.value).filter(|cm| range.contains(cm)).map(Centimetres::new)
}

/// Most recent GFR unless it is beyond what a case accepts.
pub(crate) fn plausible_egfr(stay: &Stay) -> Option<MlPerMinPer173> {
    stay.body.egfr.map(|latest| latest.value).filter(|gfr| (0.0..=250.0).contains(gfr)).map(MlPerMinPer173::new)
}

/// A laboratory item measured in blood.
#[derive(Debug)]
pub(crate) struct LabItem {
    pub(crate) label: String,
}

impl LabItem {
    /// Serum or plasma creatinine, not that of whole blood (`Creatinine, Whole Blood`) or urine.
    pub(crate) fn is_creatinine(&self) -> bool {
        self.label == "Creatinine"
    }
}

/// The dictionary of laboratory items.
#[derive(Debug, Default)]
pub(crate) struct LabItems {
    /// `None` is an item not measured in blood.
    items: HashMap<u64, Option<LabItem>>,
    units: Texts,
}

impl LabItems {
    pub(crate) fn blood(&self, item: u64) -> Option<&LabItem> {
        self.items.get(&item)?.as_ref()
    }

    pub(crate) fn unit(&self, number: u32) -> Option<&str> {
        Some(self.units.text(number)).filter(|unit| !unit.is_empty())
    }
}

/// Reads `d_labitems`.
pub(crate) fn lab_items(
    intake: &mut Intake<'_>,
    file: TableFile,
    items: &mut LabItems,
) -> Result<TableRead, MimicError> {
    intake.read(file, ["itemid", "label", "fluid"].map(Required), |_, [item, label, fluid]| {
        let item = parse::id(item)?;
        if items.items.contains_key(&item) {
            return Err(Reason::RepeatedId);
        }
        let in_blood = matches!(fluid, "Blood" | "Serum") && !label.is_empty();
        items.items.insert(item, in_blood.then(|| LabItem { label: label.to_owned() }));
        if in_blood { Ok(()) } else { Err(Reason::NotBlood) }
    })
}

/// Reads `labevents`: of each item the most recent result from 24 hours before admission to `as_of`, both included, that
/// was also stored by then. Rows without `hadm_id`, as those of the emergency department, count by patient and time;
/// those of a later admission never do.
pub(crate) fn lab_events(
    intake: &mut Intake<'_>,
    file: TableFile,
    stays: &mut Stays,
    items: &mut LabItems,
) -> Result<TableRead, MimicError> {
    let columns = [
        Required("subject_id"),
        Required("hadm_id"),
        Required("itemid"),
        Required("charttime"),
        Required("valuenum"),
        Required("valueuom"),
        Optional("storetime"),
    ];
    let mut read = intake.read(file, columns, |row, [subject, hadm, item, time, value, unit, stored]| {
        let (subject, item, time) = (parse::id(subject)?, parse::id(item)?, parse::time(time)?);
        let stored = parse::optional_time(stored)?;
        let value = if value.is_empty() { None } else { Some(parse::number(value)?) };
        let admitted = if hadm.is_empty() { None } else { Some(admitted(stays, subject, parse::id(hadm)?)?) };
        if items.items.get(&item).ok_or(Reason::NotReferredTo)?.is_none() {
            return Err(Reason::NotBlood);
        }
        let value = value.ok_or(Reason::NotNumeric)?;
        let mut outcome = Err(Reason::OutsideFirstDay);
        let mut reading = None;
        stays.for_cases_of(subject, |stay| {
            let of_later_admission = admitted.is_some_and(|admitted| admitted > stay.admitted);
            if of_later_admission || !in_first_day(stay, time) {
                return;
            }
            if stored.is_some_and(|stored| stored > stay.as_of) {
                outcome = outcome.or(Err(Reason::LaterThanFirstDay));
                return;
            }
            let result = Latest { time, row, value };
            keep(
                &mut stay.labs,
                *reading.get_or_insert_with(|| LabReading { item, unit: items.units.number(unit), result }),
            );
            outcome = Ok(());
        })?;
        outcome
    })?;
    let kept: HashSet<u64> = stays.all().iter().flat_map(|stay| &stay.labs).map(|lab| lab.result.row).collect();
    let superseded = read.tally.used().saturating_sub(count(kept.len()));
    read.tally.move_rows(Ok(()), Err(Reason::Superseded), superseded);
    Ok(read)
}

/// When the admission of a laboratory row began.
fn admitted(stays: &Stays, subject: u64, hadm: u64) -> Result<DateTime, Reason> {
    let place = stays.place(subject, hadm)?;
    stays.get(place).map(|stay| stay.admitted).ok_or(Reason::NoMatchingAdmission)
}

/// From 24 hours before admission to `as_of`.
fn in_first_day(stay: &Stay, time: DateTime) -> bool {
    let since_admission = time.duration_since(stay.admitted);
    -FIRST_DAY <= since_admission && since_admission <= FIRST_DAY
}

fn keep(labs: &mut Vec<LabReading>, new: LabReading) {
    match labs.iter_mut().find(|lab| lab.item == new.item) {
        Some(old) if (old.result.time, old.result.row) <= (new.result.time, new.result.row) => *old = new,
        Some(_) => {}
        None => labs.push(new),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
