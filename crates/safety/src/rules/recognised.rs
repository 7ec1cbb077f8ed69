//! What was not recognised was not checked.

use crate::rule::{Code, NOT_EVALUATED, Rule};

pub(crate) const DRUG: &str = "drug.unrecognised";
pub(crate) const ALLERGEN: &str = "allergen.unrecognised";
pub(crate) const DIAGNOSIS: &str = "diagnosis.unrecognised";
pub(crate) const LAB: &str = "lab.unusable";
pub(crate) const UNIT: &str = "unit.unrecognised";

/// The rule. The work is done by [`crate::unrecognised`].
pub const RULE: Rule = Rule {
    name: "unrecognised",
    title: "Names that were not recognised",
    codes: &[
        Code { code: DRUG, tier: NOT_EVALUATED, meaning: "A drug of the case is not in the formulary: not checked." },
        Code { code: ALLERGEN, tier: NOT_EVALUATED, meaning: "A recorded allergen is not recognised: not checked." },
        Code {
            code: DIAGNOSIS,
            tier: NOT_EVALUATED,
            meaning: "A diagnosis code is not recognised: rules that depend on diagnoses do not see it.",
        },
        Code {
            code: LAB,
            tier: NOT_EVALUATED,
            meaning: "A known laboratory result has no known unit, or a value that is not possible: not used.",
        },
        Code {
            code: UNIT,
            tier: NOT_EVALUATED,
            meaning: "The unit of a dose is not understood (tablets, puffs...): the dose is not checked.",
        },
    ],
    what: "Current, proposed and past drugs, allergens, codes of present and earlier diagnoses, units of doses and of results. Each that is not \
           recognised gives an entry with its field, and stands as written under `unrecognised`.",
    why: "An allergen with a spelling error must not read as \"no allergy\".",
    example: "An allergy to \"penicilin V\" (misspelt) gives `allergen.unrecognised` with `patient.allergies[0]`.",
    limits: "Spelling is not guessed. What is on the list of things that are no drug (carrier fluids, packaging) counts \
             as recognised. Diagnoses are named by code, `diagnoses[Q99.ZZ]`, since they are kept by rank.",
    children: "Holds for children.",
    source: "Names of the knowledge base; ICD-10, KCD and mapped ICD-9-CM codes.",
};
