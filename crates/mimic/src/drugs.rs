//! `prescriptions`, and `pharmacy` for orders whose row names only the packaging.

use crate::error::MimicError;
use crate::intake::{Intake, Optional, Required, TableFile, TableRead};
use crate::moment::Moment;
use crate::names::{NameBook, Sense};
use crate::parse;
use crate::stays::{Given, Orders, Since, Stays, push_lean};
use crate::tally::{Reason, Tally};

/// An order of which the pharmacy may know the drug.
#[derive(Debug, Clone, Copy)]
struct Waiting {
    pharmacy: u64,
    place: usize,
    first: Since,
    last: Since,
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

/// A row of `prescriptions`.
struct Prescription {
    subject: u64,
    hadm: u64,
    start: Option<Moment>,
    stop: Option<Moment>,
    pharmacy: Option<u64>,
    main: Result<(), Reason>,
}

/// Orders, row by row.
pub(crate) struct DrugOrders<'b, 'k> {
    book: &'b mut NameBook<'k>,
    /// By `pharmacy_id`, after `prescriptions` was read.
    waiting: Vec<Waiting>,
    pub(crate) counts: DrugCounts,
}

impl<'b, 'k> DrugOrders<'b, 'k> {
    pub(crate) fn new(book: &'b mut NameBook<'k>) -> Self {
        Self { book, waiting: Vec::new(), counts: DrugCounts::default() }
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
        let read = intake.read(
            file,
            columns,
            |[subject, hadm, start, stop, drug_type, drug, pharmacy], texts| {
                let (subject, hadm) = (parse::id(subject)?, parse::id(hadm)?);
                let (start, stop) = (parse::optional_time(start)?, parse::optional_time(stop)?);
                let (pharmacy, main) = (parse::optional_id(pharmacy)?, main_only(drug_type));
                let drug = texts.keep(if main.is_ok() { drug } else { b"" })?;
                Ok((Prescription { subject, hadm, start, stop, pharmacy, main }, drug))
            },
            |_, (row, drug), texts| {
                let place = stays.case_place(row.subject, row.hadm)?;
                row.main?;
                let stay = stays.get_mut(place).ok_or(Reason::NoMatchingAdmission)?;
                let (first, last) = (Since::new(row.start, stay.admitted)?, Since::new(row.stop, stay.admitted)?);
                self.counts.main_rows += 1;
                let backwards = row.start.zip(row.stop).is_some_and(|(start, stop)| stop < start);
                self.counts.stop_before_start += u64::from(backwards);
                let outcome = record(self.book, &mut stay.orders, texts.get(drug), first, last);
                if let (Err(booked @ (Reason::NotADrug | Reason::WithoutName)), Some(pharmacy)) =
                    (outcome, row.pharmacy)
                {
                    push_lean(&mut self.waiting, Waiting { pharmacy, place, first, last, booked });
                }
                outcome
            },
        )?;
        self.waiting.sort_by_key(|order| order.pharmacy);
        Ok(read)
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
        let waiting = &self.waiting;
        let mut answered = vec![false; waiting.len()];
        intake.read(
            file,
            ["pharmacy_id", "medication"].map(Required),
            |[pharmacy, medication], texts| {
                let pharmacy = parse::id(pharmacy)?;
                let orders = waiting.binary_search_by_key(&pharmacy, |order| order.pharmacy);
                // Of many rows few are asked for.
                let orders = orders.is_ok().then(|| {
                    let start = waiting.partition_point(|order| order.pharmacy < pharmacy);
                    (start, waiting.partition_point(|order| order.pharmacy <= pharmacy))
                });
                Ok((orders, texts.keep(if orders.is_some() { medication } else { b"" })?))
            },
            |_, (orders, medication), texts| {
                let (start, end) = orders.ok_or(Reason::NotReferredTo)?;
                let medication = texts.get(medication);
                let answered = answered.get_mut(start).filter(|answered| !**answered && !medication.is_empty());
                *answered.ok_or(Reason::NotReferredTo)? = true;
                let mut outcome = Err(Reason::NotReferredTo);
                let (_, sense) = self.book.look_up(medication);
                for order in waiting.get(start..end).unwrap_or_default() {
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
            },
        )
    }
}

/// MAIN is the drug; the others say what it hangs in.
fn main_only(drug_type: &[u8]) -> Result<(), Reason> {
    match drug_type {
        b"MAIN" => Ok(()),
        b"BASE" => Err(Reason::DrugTypeBase),
        b"ADDITIVE" => Err(Reason::DrugTypeAdditive),
        _ => Err(Reason::DrugTypeOther),
    }
}

/// Puts one row to the orders of its admission.
fn record(book: &mut NameBook<'_>, orders: &mut Orders, name: &str, first: Since, last: Since) -> Result<(), Reason> {
    if name.is_empty() {
        return Err(Reason::WithoutName);
    }
    let (name, sense) = book.look_up(name);
    match sense {
        Sense::Drug(_) => {
            match orders.given.iter_mut().find(|given| given.name == name) {
                Some(given) => {
                    given.first = given.first.earliest(first);
                    given.last = given.last.latest(last);
                }
                None => push_lean(&mut orders.given, Given { name, first, last }),
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
                push_lean(&mut orders.unmapped, name);
            }
            Err(Reason::Unmapped)
        }
    }
}
