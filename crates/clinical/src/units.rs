//! Quantities that carry their unit. No bare `f64` of a clinical value crosses a function boundary.

use serde::{Deserialize, Serialize};

macro_rules! quantity {
    ($(#[$doc:meta])* $name:ident, $unit:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(f64);

        impl $name {
            /// The unit, as it is written.
            pub const UNIT: &'static str = $unit;

            /// A quantity from its number in this unit.
            #[must_use]
            pub const fn new(value: f64) -> Self {
                Self(value)
            }

            /// The number in this unit.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{} {}", self.0, $unit)
            }
        }
    };
}

quantity!(/// Age in years.
    Years, "years");
quantity!(/// Weeks of gestation.
    Weeks, "weeks");
quantity!(/// Body weight.
    Kilograms, "kg");
quantity!(/// Height.
    Centimetres, "cm");
quantity!(/// A concentration in milligrams per decilitre (serum creatinine).
    MilligramsPerDecilitre, "mg/dL");
quantity!(/// Glomerular filtration rate indexed to body surface area.
    MlPerMinPer173, "mL/min/1.73 m2");
quantity!(/// Creatinine clearance, not indexed.
    MlPerMin, "mL/min");
quantity!(/// A duration in milliseconds (QTc).
    Milliseconds, "ms");
