//! The books: every row of a table has exactly one outcome.

use std::collections::BTreeMap;

use serde::Serialize;

/// Why a row was not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Faulty: not as many fields as the header has.
    WrongNumberOfFields,
    /// Faulty: a quote that is never closed made several rows into one. The lines that it swallowed are in
    /// `swallowed_lines` of the report.
    QuoteNotClosed,
    /// Faulty: a field that is needed is not UTF-8.
    NotUtf8,
    /// Faulty: an identifier or a rank that is empty or no whole number.
    BadId,
    /// Faulty: a date or time that cannot be read, or is empty where it is needed.
    BadDate,
    /// Faulty: a number that cannot be read.
    BadNumber,
    /// Faulty: a sex other than `F` and `M`.
    BadSex,
    /// Faulty: the age at this admission is not within 0 to 130 years.
    BadAge,
    /// Faulty: a code that is empty, or of a version other than 9 and 10.
    BadCode,
    /// Faulty: an identifier that an earlier row of the table has already.
    RepeatedId,
    /// Faulty: the patient is not in `patients`.
    NoMatchingPatient,
    /// Faulty: the admission is not in `admissions`.
    NoMatchingAdmission,
    /// Faulty: the admission belongs to another patient.
    AdmissionOfOtherPatient,
    /// Out of scope: the admission has no diagnosis, and so gives no case.
    AdmissionWithoutDiagnoses,
    /// Out of scope: no admission of the patient gives a case.
    PatientWithoutCase,
    /// Out of scope: belongs to no admission, such as a visit to the emergency department alone.
    WithoutAdmission,
    /// Out of scope: a code, an item or an order that nothing here refers to.
    NotReferredTo,
    /// Out of scope: says again what another row of the admission says.
    Repeated,
    /// Out of scope: `drug_type` BASE, the bag that a drug hangs in.
    DrugTypeBase,
    /// Out of scope: `drug_type` ADDITIVE.
    DrugTypeAdditive,
    /// Out of scope: any other `drug_type` than MAIN.
    DrugTypeOther,
    /// Out of scope: on the list of what is no drug.
    NotADrug,
    /// Out of scope: a name that no ingredient is known for; counted by name in the report.
    Unmapped,
    /// Out of scope: no name here and none in `pharmacy`.
    WithoutName,
    /// Out of scope: later than 24 hours after admission, or known only later.
    LaterThanFirstDay,
    /// Out of scope: not within 24 hours of an admission.
    OutsideFirstDay,
    /// Out of scope: another row of the first day is more recent.
    Superseded,
    /// Out of scope: the most recent value is not plausible; the case says unknown.
    Outlier,
    /// Out of scope: a result that is no number.
    NotNumeric,
    /// Out of scope: a measurement that no field of a case is for.
    OtherMeasurement,
    /// Out of scope: not measured in blood or serum.
    NotBlood,
    /// Out of scope: no intensive care unit.
    NotIntensiveCare,
}

impl Reason {
    /// Whether the row itself is at fault: it then stands in `rejects.csv`.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        match self {
            Self::WrongNumberOfFields
            | Self::QuoteNotClosed
            | Self::NotUtf8
            | Self::BadId
            | Self::BadDate
            | Self::BadNumber
            | Self::BadSex
            | Self::BadAge
            | Self::BadCode
            | Self::RepeatedId
            | Self::NoMatchingPatient
            | Self::NoMatchingAdmission
            | Self::AdmissionOfOtherPatient => true,
            Self::AdmissionWithoutDiagnoses
            | Self::PatientWithoutCase
            | Self::WithoutAdmission
            | Self::NotReferredTo
            | Self::Repeated
            | Self::DrugTypeBase
            | Self::DrugTypeAdditive
            | Self::DrugTypeOther
            | Self::NotADrug
            | Self::Unmapped
            | Self::WithoutName
            | Self::LaterThanFirstDay
            | Self::OutsideFirstDay
            | Self::Superseded
            | Self::Outlier
            | Self::NotNumeric
            | Self::OtherMeasurement
            | Self::NotBlood
            | Self::NotIntensiveCare => false,
        }
    }
}

/// The outcomes of the rows of one table.
///
/// `rows` rises only together with one outcome, and [`Tally::move_rows`] takes from one outcome what it gives to another,
/// so `rows = used + sum(unused)` always holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    rows: u64,
    used: u64,
    unused: BTreeMap<Reason, u64>,
}

impl Tally {
    /// Books one row.
    pub(crate) fn book(&mut self, outcome: Result<(), Reason>) {
        self.rows += 1;
        match outcome {
            Ok(()) => self.used += 1,
            Err(reason) => *self.unused.entry(reason).or_default() += 1,
        }
    }

    /// Books `count` rows anew, when what a later table says changes their outcome. Never moves more than there are.
    pub(crate) fn move_rows(&mut self, from: Result<(), Reason>, to: Result<(), Reason>, count: u64) {
        let source = self.outcome(from);
        let moved = count.min(*source);
        *source -= moved;
        *self.outcome(to) += moved;
        self.unused.retain(|_, rows| *rows > 0);
    }

    fn outcome(&mut self, outcome: Result<(), Reason>) -> &mut u64 {
        match outcome {
            Ok(()) => &mut self.used,
            Err(reason) => self.unused.entry(reason).or_default(),
        }
    }

    pub(crate) const fn rows(&self) -> u64 {
        self.rows
    }

    pub(crate) const fn used(&self) -> u64 {
        self.used
    }

    pub(crate) const fn unused(&self) -> &BTreeMap<Reason, u64> {
        &self.unused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(tally: &Tally) -> u64 {
        tally.used + tally.unused.values().sum::<u64>()
    }

    #[test]
    fn every_row_has_one_outcome_also_after_rows_are_booked_anew() {
        let mut tally = Tally::default();
        for outcome in [Ok(()), Ok(()), Err(Reason::NotADrug), Err(Reason::BadId)] {
            tally.book(outcome);
        }
        tally.move_rows(Err(Reason::NotADrug), Ok(()), 5);
        tally.move_rows(Ok(()), Err(Reason::Superseded), 2);
        assert_eq!((tally.rows, sum(&tally), tally.used), (4, 4, 1));
        assert_eq!(tally.unused.get(&Reason::NotADrug), None);
        assert_eq!(tally.unused.get(&Reason::Superseded), Some(&2));
    }
}
