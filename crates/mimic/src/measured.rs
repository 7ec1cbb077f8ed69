//! `omr` (weight, height, GFR by date), `d_labitems` and `labevents` (blood results of the first day).

use std::collections::{HashMap, HashSet};
use std::hash::BuildHasherDefault;

use bogam_clinical::units::{Centimetres, Kilograms, MlPerMinPer173};

use crate::error::MimicError;
use crate::ids::IdHasher;
use crate::intake::{Intake, Optional, Required, TableFile, TableRead};
use crate::moment::Moment;
use crate::names::Texts;
use crate::parse;
use crate::stays::{Body, ById, LabReading, Measured, Stay, Stays, push_lean};
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
    fn of(name: &[u8]) -> Result<Self, Reason> {
        match name {
            b"Weight (Lbs)" => Ok(Self::Weight),
            b"Height (Inches)" => Ok(Self::Height),
            b"eGFR" => Ok(Self::Egfr),
            _ => Err(Reason::OtherMeasurement),
        }
    }

    /// In the unit of the case: kg, cm, mL/min/1.73 m2.
    fn value(self, text: &[u8]) -> Result<f64, Reason> {
        match self {
            Self::Weight => parse::number(text).map(|pounds| to_tenth(pounds * KG_A_POUND)),
            Self::Height => parse::number(text).map(|inches| to_tenth(inches * CM_AN_INCH)),
            // A laboratory may report `>60`.
            Self::Egfr => parse::number(text).map_err(|_| Reason::NotNumeric),
        }
    }

    fn slot(self, body: &mut Body) -> &mut Option<Measured> {
        match self {
            Self::Weight => &mut body.weight,
            Self::Height => &mut body.height,
            Self::Egfr => &mut body.egfr,
        }
    }
}

/// Reads `omr`: the most recent measurements on or before the date of `as_of`.
pub(crate) fn omr(intake: &mut Intake<'_>, file: TableFile, stays: &mut Stays) -> Result<TableRead, MimicError> {
    let columns = [
        Required("subject_id"),
        Required("chartdate"),
        Required("result_name"),
        Required("result_value"),
        Optional("seq_num"),
    ];
    let mut read = intake.read(
        file,
        columns,
        |[subject, date, name, value, rank], _| {
            let (subject, date) = (parse::id(subject)?, Moment::read(date)?);
            let measure = Measure::of(name)?;
            let rank = if rank.is_empty() { 0 } else { parse::rank(rank)? };
            Ok((subject, date.day(), measure, measure.value(value)?, rank))
        },
        |row, (subject, day, measure, value, rank), _| {
            let mut known = false;
            stays.for_cases_of(subject, |_, stay| {
                if day <= stay.as_of.day() {
                    known = true;
                    Measured::keep(measure.slot(&mut stay.body), Measured { day, rank, value, row });
                }
            })?;
            if known { Ok(()) } else { Err(Reason::LaterThanFirstDay) }
        },
    )?;
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
    pub(crate) item: u64,
    pub(crate) label: String,
}

impl LabItem {
    /// Serum or plasma creatinine, not that of whole blood (`Creatinine, Whole Blood`) or urine.
    pub(crate) fn is_creatinine(&self) -> bool {
        self.label == "Creatinine"
    }
}

/// Items with their units, by number: what a reading keeps of both.
#[derive(Debug, Default)]
struct Series {
    units: Texts,
    numbers: HashMap<(u32, u32), u32, BuildHasherDefault<IdHasher>>,
    /// Place of the item, number of the unit.
    all: Vec<(u32, u32)>,
}

impl Series {
    fn number(&mut self, item: u32, unit: &str) -> u32 {
        let unit = self.units.number(unit);
        // There are not so many items, each with a few units.
        let next = u32::try_from(self.all.len()).unwrap_or(u32::MAX);
        let number = *self.numbers.entry((item, unit)).or_insert(next);
        if number == next {
            self.all.push((item, unit));
        }
        number
    }

    fn get(&self, number: u32) -> Option<(u32, u32)> {
        usize::try_from(number).ok().and_then(|n| self.all.get(n)).copied()
    }
}

/// The dictionary of laboratory items, and the units that results came in.
#[derive(Debug, Default)]
pub(crate) struct LabItems {
    /// Places in `blood`; `None` is an item not measured in blood.
    items: ById<Option<u32>>,
    blood: Vec<LabItem>,
    series: Series,
}

impl LabItems {
    /// The item of a reading.
    pub(crate) fn item(&self, reading: &LabReading) -> Option<&LabItem> {
        let (item, _) = self.series.get(reading.series)?;
        usize::try_from(item).ok().and_then(|n| self.blood.get(n))
    }

    /// Label and unit of a series.
    pub(crate) fn series(&self, number: u32) -> (&str, Option<&str>) {
        let (item, unit) = self.series.get(number).unwrap_or((u32::MAX, u32::MAX));
        let item = usize::try_from(item).ok().and_then(|n| self.blood.get(n));
        (
            item.map_or("", |item| item.label.as_str()),
            Some(self.series.units.text(unit)).filter(|unit| !unit.is_empty()),
        )
    }

    /// The unit of a reading.
    pub(crate) fn unit(&self, reading: &LabReading) -> Option<&str> {
        let (_, unit) = self.series.get(reading.series)?;
        Some(self.series.units.text(unit)).filter(|unit| !unit.is_empty())
    }
}

/// Reads `d_labitems`.
pub(crate) fn lab_items(
    intake: &mut Intake<'_>,
    file: TableFile,
    items: &mut LabItems,
) -> Result<TableRead, MimicError> {
    intake.read(
        file,
        ["itemid", "label", "fluid"].map(Required),
        |[item, label, fluid], texts| {
            let in_blood = matches!(fluid, b"Blood" | b"Serum") && !label.is_empty();
            Ok((parse::id(item)?, in_blood, texts.keep(label)?))
        },
        |_, (item, in_blood, label), texts| {
            if items.items.contains_key(&item) {
                return Err(Reason::RepeatedId);
            }
            // No dictionary has so many items.
            let place = u32::try_from(items.blood.len()).unwrap_or(u32::MAX);
            items.items.insert(item, in_blood.then_some(place));
            if !in_blood {
                return Err(Reason::NotBlood);
            }
            items.blood.push(LabItem { item, label: texts.get(label).to_owned() });
            Ok(())
        },
    )
}

/// A row of `labevents`.
struct LabEvent {
    subject: u64,
    hadm: Option<u64>,
    /// What the dictionary says of its item: that there is none, that it is not measured in blood, or its place.
    item: Option<Option<u32>>,
    time: Moment,
    stored: Option<Moment>,
    value: Option<f64>,
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
    let LabItems { items, series, .. } = items;
    let mut shared = 0_u32;
    let mut places = Vec::new();
    let mut read = intake.read(
        file,
        columns,
        |[subject, hadm, item, time, value, unit, stored], texts| {
            let (subject, item, time) = (parse::id(subject)?, parse::id(item)?, Moment::read(time)?);
            let stored = parse::optional_time(stored)?;
            let value = if value.is_empty() { None } else { Some(parse::number(value)?) };
            let (hadm, item) = (parse::optional_id(hadm)?, items.get(&item).copied());
            let unit = texts.keep(if value.is_some() { unit } else { b"" })?;
            Ok((LabEvent { subject, hadm, item, time, stored, value }, unit))
        },
        |_, (row, unit), texts| {
            let admitted = row.hadm.map(|hadm| admitted(stays, row.subject, hadm)).transpose()?;
            let item = row.item.ok_or(Reason::NotReferredTo)?.ok_or(Reason::NotBlood)?;
            let value = row.value.ok_or(Reason::NotNumeric)?;
            let mut outcome = Err(Reason::OutsideFirstDay);
            places.clear();
            stays.for_cases_of(row.subject, |place, stay| {
                let of_later_admission = admitted.is_some_and(|admitted| admitted > stay.admitted);
                if of_later_admission || in_first_day(stay, row.time).is_none() {
                    return;
                }
                if row.stored.is_some_and(|stored| stored > stay.as_of) {
                    outcome = outcome.or(Err(Reason::LaterThanFirstDay));
                    return;
                }
                places.push(place);
            })?;
            if places.is_empty() {
                return outcome;
            }
            let number = series.number(item, texts.get(unit));
            let mark = if places.len() > 1 {
                shared = shared.saturating_add(1);
                shared
            } else {
                0
            };
            for stay in &places {
                let Some(stay) = stays.get_mut(*stay) else { continue };
                let time = in_first_day(stay, row.time).unwrap_or_default();
                // Stored so long before admission that the number ends is as early as any.
                let stored = row.stored.map(|stored| i32::try_from(stored.since(stay.admitted)).unwrap_or(i32::MIN));
                let stored = stored.unwrap_or(time);
                keep(&mut stay.labs, LabReading { value, time, stored, series: number, shared: mark }, item, series);
            }
            Ok(())
        },
    )?;
    let readings = || stays.all().iter().flat_map(|stay| &stay.labs);
    let own = readings().filter(|reading| reading.shared == 0).count();
    let of_several: HashSet<u32> = readings().map(|reading| reading.shared).filter(|mark| *mark != 0).collect();
    let superseded = read.tally.used().saturating_sub(count(own + of_several.len()));
    read.tally.move_rows(Ok(()), Err(Reason::Superseded), superseded);
    Ok(read)
}

/// When the admission of a laboratory row began.
fn admitted(stays: &Stays, subject: u64, hadm: u64) -> Result<Moment, Reason> {
    let place = stays.place(subject, hadm)?;
    stays.get(place).map(|stay| stay.admitted).ok_or(Reason::NoMatchingAdmission)
}

/// Seconds from admission of a time from 24 hours before admission to `as_of`.
fn in_first_day(stay: &Stay, time: Moment) -> Option<i32> {
    let since_admission = time.since(stay.admitted);
    let day = stay.as_of.since(stay.admitted);
    if (-day..=day).contains(&since_admission) { i32::try_from(since_admission).ok() } else { None }
}

fn keep(labs: &mut Vec<LabReading>, new: LabReading, item: u32, series: &Series) {
    match labs.iter_mut().find(|lab| series.get(lab.series).is_some_and(|(known, _)| known == item)) {
        Some(old) if new.supersedes(old) => *old = new,
        Some(_) => {}
        None => push_lean(labs, new),
    }
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}
