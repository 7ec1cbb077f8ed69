//! `prescriptions`, and `pharmacy` for orders whose row names only the packaging.

use std::collections::HashMap;

use crate::error::MimicError;
use crate::intake::{Intake, Optional, Required, TableFile, TableRead};
use crate::names::{NameBook, Sense};
use crate::parse;
use crate::stays::{Given, Orders, Stays, seconds};
use crate::tally::{Reason, Tally};

/// An order of which the pharmacy may know the drug.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    place: usize,
    first: Option<i64>,
    last: Option<i64>,
    /// How its row is booked so far.
    booked: Reason,
}

/// What was learned beside the drugs themselves.
#[derive(Debug, Default)]
pub(crate) struct DrugCounts {
    /// Rows of type MAIN of admissions that give a case.
    pub(crate) main_rows: u64,
    /// Rows whose stop lies before their start: kept as recorded.
    pub(crate) stop_before_start: u64,
    /// Rows whose drug the pharmacy named.
    pub(crate) named_by_pharmacy: u64,
}

/// Orders, row by row.
pub(crate) struct DrugOrders<'b, 'k> {
    book: &'b mut NameBook<'k>,
    /// By `pharmacy_id`.
    waiting: HashMap<u64, Vec<Waiting>>,
    pub(crate) counts: DrugCounts,
}

impl<'b, 'k> DrugOrders<'b, 'k> {
    pub(crate) fn new(book: &'b mut NameBook<'k>) -> Self {
        Self { book, waiting: HashMap::new(), counts: DrugCounts::default() }
    }

    /// Reads `prescriptions`.
    pub(crate) fn prescriptions(
        &mut self,
        intake: &mut Intake<'_>,
        file: TableFile,
        stays: &mut Stays,
    ) -> Result<TableRead, MimicError> {
        let columns = [
            Required("subject_id"),
            Required("hadm_id"),
            Required("starttime"),
            Required("stoptime"),
            Required("drug_type"),
            Required("drug"),
            Optional("pharmacy_id"),
        ];
        intake.read(file, columns, |_, [subject, hadm, start, stop, drug_type, drug, pharmacy]| {
            let (subject, hadm) = (parse::id(subject)?, parse::id(hadm)?);
            let (start, stop) = (parse::optional_time(start)?, parse::optional_time(stop)?);
            let pharmacy = if pharmacy.is_empty() { None } else { Some(parse::id(pharmacy)?) };
            let place = stays.case_place(subject, hadm)?;
            main_only(drug_type)?;
            self.counts.main_rows += 1;
            self.counts.stop_before_start += u64::from(start.zip(stop).is_some_and(|(start, stop)| stop < start));
            let stay = stays.get_mut(place).ok_or(Reason::NoMatchingAdmission)?;
            let first = start.map(|time| seconds(stay.admitted, time));
            let last = stop.map(|time| seconds(stay.admitted, time));
            let outcome = record(self.book, &mut stay.orders, drug, first, last);
            if let (Err(booked @ (Reason::NotADrug | Reason::WithoutName)), Some(pharmacy)) = (outcome, pharmacy) {
                self.waiting.entry(pharmacy).or_default().push(Waiting { place, first, last, booked });
            }
            outcome
        })
    }

    /// Reads `pharmacy`: where it names an ingredient for an order that had none, that is the drug. `prescriptions` is
    /// the tally of that table, whose rows are booked anew.
    pub(crate) fn pharmacy(
        &mut self,
        intake: &mut Intake<'_>,
        file: TableFile,
        stays: &mut Stays,
        prescriptions: &mut Tally,
    ) -> Result<TableRead, MimicError> {
        intake.read(file, ["pharmacy_id", "medication"].map(Required), |_, [pharmacy, medication]| {
            let orders = self.waiting.get_mut(&parse::id(pharmacy)?).filter(|_| !medication.is_empty());
            let mut outcome = Err(Reason::NotReferredTo);
            let (_, sense) = self.book.look_up(medication);
            for order in orders.map(std::mem::take).unwrap_or_default() {
                let Some(stay) = stays.get_mut(order.place) else { continue };
                match (order.booked, sense) {
                    // What is no drug stays so, unless the pharmacy names one.
                    (Reason::NotADrug, Sense::NotADrug | Sense::Unknown) => continue,
                    (Reason::NotADrug, Sense::Drug(_)) => {
                        stay.orders.not_drugs = stay.orders.not_drugs.saturating_sub(1);
                    }
                    (_, Sense::Drug(_) | Sense::NotADrug | Sense::Unknown) => {}
                }
                let named = record(self.book, &mut stay.orders, medication, order.first, order.last);
                prescriptions.move_rows(Err(order.booked), named, 1);
                self.counts.named_by_pharmacy += u64::from(named.is_ok());
                outcome = outcome.or(named);
            }
            outcome
        })
    }
}

/// MAIN is the drug; the others say what it hangs in.
fn main_only(drug_type: &str) -> Result<(), Reason> {
    match drug_type {
        "MAIN" => Ok(()),
        "BASE" => Err(Reason::DrugTypeBase),
        "ADDITIVE" => Err(Reason::DrugTypeAdditive),
        _ => Err(Reason::DrugTypeOther),
    }
}

/// Puts one row to the orders of its admission.
fn record(
    book: &mut NameBook<'_>,
    orders: &mut Orders,
    name: &str,
    first: Option<i64>,
    last: Option<i64>,
) -> Result<(), Reason> {
    if name.is_empty() {
        return Err(Reason::WithoutName);
    }
    let (name, sense) = book.look_up(name);
    match sense {
        Sense::Drug(_) => {
            match orders.given.iter_mut().find(|given| given.name == name) {
                Some(given) => {
                    given.first = earliest(given.first, first);
                    given.last = given.last.max(last);
                }
                None => orders.given.push(Given { name, first, last }),
            }
            Ok(())
        }
        Sense::NotADrug => {
            orders.not_drugs += 1;
            Err(Reason::NotADrug)
        }
        Sense::Unknown => {
            book.count_unmapped(name);
            if !orders.unmapped.contains(&name) {
                orders.unmapped.push(name);
            }
            Err(Reason::Unmapped)
        }
    }
}

/// The earlier of two starts, of which either may be unknown.
pub(crate) fn earliest(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    a.into_iter().chain(b).min()
}
