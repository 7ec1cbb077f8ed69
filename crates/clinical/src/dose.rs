//! Units of doses as prescriptions write them.

/// What a unit measures: amounts of one kind can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Measured {
    /// In milligrams.
    Mass,
    /// In international units.
    Units,
    /// In millimoles.
    Substance,
    /// In milliequivalents.
    Charge,
    /// In millilitres.
    Volume,
}

/// A unit of a dose.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DoseUnit {
    measured: Measured,
    /// How many of the base unit.
    factor: f64,
}

impl DoseUnit {
    /// A unit as written: `mg`, `MCG`, `units`, `mEq`, `mL`. `None`: not understood (tablets, puffs...).
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (measured, factor) = match text.trim().to_lowercase().trim_end_matches('.') {
            "kg" => (Measured::Mass, 1e6),
            "g" | "gm" | "gram" | "grams" | "그램" => (Measured::Mass, 1e3),
            "mg" | "milligram" | "milligrams" | "밀리그램" => (Measured::Mass, 1.0),
            "mcg" | "ug" | "µg" | "μg" | "microgram" | "micrograms" | "마이크로그램" => (Measured::Mass, 1e-3),
            "ng" => (Measured::Mass, 1e-6),
            "unit" | "units" | "unt" | "iu" | "u" | "usp units" | "international units" | "단위" => {
                (Measured::Units, 1.0)
            }
            "mmol" => (Measured::Substance, 1.0),
            "meq" => (Measured::Charge, 1.0),
            "ml" | "cc" => (Measured::Volume, 1.0),
            "l" => (Measured::Volume, 1e3),
            _ => return None,
        };
        Some(Self { measured, factor })
    }

    /// An amount of this unit in another one; `None` when they do not measure the same.
    #[must_use]
    pub fn convert(self, value: f64, to: Self) -> Option<f64> {
        (self.measured == to.measured).then(|| value * self.factor / to.factor)
    }
}

#[cfg(test)]
mod tests {
    use super::DoseUnit;

    #[test]
    fn amounts_of_one_kind_are_converted_and_others_are_not() {
        let unit = |text| DoseUnit::read(text).expect(text);
        assert_eq!(unit("g").convert(1.5, unit("mg")), Some(1500.0));
        assert_eq!(unit("mcg").convert(50.0, unit("MG")), Some(0.05));
        assert_eq!(unit("IU").convert(5000.0, unit("units")), Some(5000.0));
        assert_eq!(unit("mEq").convert(20.0, unit("mg")), None);
        assert_eq!(DoseUnit::read("tablets"), None);
    }
}
