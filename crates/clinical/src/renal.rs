//! Kidney function from creatinine, by the two formulas that dosing sources use.

use crate::case::Sex;
use crate::units::{Centimetres, Kilograms, MilligramsPerDecilitre, MlPerMin, MlPerMinPer173, Years};

/// Estimated GFR by CKD-EPI 2021 (creatinine, without race), adults.
///
/// Source: Inker et al., N Engl J Med 2021;385:1737-49:
/// `142 * min(Scr/k, 1)^a * max(Scr/k, 1)^-1.200 * 0.9938^age [* 1.012 if female]`, k = 0.7 (F) or 0.9 (M),
/// a = -0.241 (F) or -0.302 (M); Scr in mg/dL.
#[must_use]
pub fn ckd_epi_2021(creatinine: MilligramsPerDecilitre, age: Years, sex: Sex) -> MlPerMinPer173 {
    let (kappa, alpha, factor) = match sex {
        Sex::Female => (0.7, -0.241, 1.012),
        Sex::Male => (0.9, -0.302, 1.0),
    };
    let ratio = creatinine.get() / kappa;
    MlPerMinPer173::new(
        142.0 * ratio.min(1.0).powf(alpha) * ratio.max(1.0).powf(-1.2) * 0.9938_f64.powf(age.get()) * factor,
    )
}

/// Creatinine clearance by Cockcroft and Gault.
///
/// Source: Cockcroft DW, Gault MH, Nephron 1976;16:31-41: `(140 - age) * weight / (72 * Scr) [* 0.85 if female]`.
/// The weight is [`dosing_weight`].
#[must_use]
pub fn cockcroft_gault(
    creatinine: MilligramsPerDecilitre,
    age: Years,
    sex: Sex,
    weight: Kilograms,
    height: Option<Centimetres>,
) -> MlPerMin {
    let factor = match sex {
        Sex::Female => 0.85,
        Sex::Male => 1.0,
    };
    let weight = dosing_weight(weight, height, sex);
    MlPerMin::new(((140.0 - age.get()).max(0.0)) * weight.get() / (72.0 * creatinine.get()) * factor)
}

/// The weight for Cockcroft-Gault: actual below the ideal weight, ideal up to 1.2 times it, adjusted (ideal plus 40 %
/// of the excess) above; actual when the height is unknown.
///
/// Source: Winter et al., Pharmacotherapy 2012;32:604-12; ideal weight by Devine 1974 (50 or 45.5 kg plus 2.3 kg per
/// inch over 5 feet).
#[must_use]
pub fn dosing_weight(weight: Kilograms, height: Option<Centimetres>, sex: Sex) -> Kilograms {
    let Some(height) = height else { return weight };
    let base = match sex {
        Sex::Female => 45.5,
        Sex::Male => 50.0,
    };
    let ideal = base + 2.3 * (height.get() / 2.54 - 60.0);
    if ideal < 30.0 || weight.get() <= ideal {
        weight
    } else if weight.get() <= 1.2 * ideal {
        Kilograms::new(ideal)
    } else {
        Kilograms::new(ideal + 0.4 * (weight.get() - ideal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() < tolerance, "{a} is not {b}");
    }

    #[test]
    fn ckd_epi_2021_gives_the_values_of_its_formula() {
        // Worked by hand: woman of 50, 1.0 mg/dL: 142 * (1/0.7)^-1.2 * 0.9938^50 * 1.012 = 68.6.
        let egfr = ckd_epi_2021(MilligramsPerDecilitre::new(1.0), Years::new(50.0), Sex::Female);
        close(egfr.get(), 68.6, 0.2);
        // Man of 60, 0.8 mg/dL: 142 * (0.8/0.9)^-0.302 * 0.9938^60 = 101.3.
        let egfr = ckd_epi_2021(MilligramsPerDecilitre::new(0.8), Years::new(60.0), Sex::Male);
        close(egfr.get(), 101.3, 0.3);
    }

    #[test]
    fn cockcroft_gault_gives_the_values_of_its_formula() {
        // Man of 60, 72 kg, 1.0 mg/dL: 80 * 72 / 72 = 80; woman 68.
        let crcl = |sex| {
            cockcroft_gault(MilligramsPerDecilitre::new(1.0), Years::new(60.0), sex, Kilograms::new(72.0), None).get()
        };
        close(crcl(Sex::Male), 80.0, 1e-9);
        close(crcl(Sex::Female), 68.0, 1e-9);
    }

    #[test]
    fn an_obese_patient_is_dosed_by_adjusted_weight() {
        // Man of 170 cm: ideal 50 + 2.3 * (66.93 - 60) = 65.9; 120 kg is above 1.2 times it: 65.9 + 0.4 * 54.1 = 87.6.
        let weight = dosing_weight(Kilograms::new(120.0), Some(Centimetres::new(170.0)), Sex::Male);
        close(weight.get(), 87.6, 0.1);
        // A light patient keeps the actual weight.
        let weight = dosing_weight(Kilograms::new(48.0), Some(Centimetres::new(170.0)), Sex::Male);
        close(weight.get(), 48.0, 1e-9);
    }
}
