//! Facts of many drugs, roles and labs: every kind of fault is found, at its line.

use crate::fixture::{faults, ingredient, numbered};

const ROLE: &str = "
[[role]]
id = \"heavy\"
name = { en = \"Heavy\", ko = \"무거움\" }
members = [{ drugs = [\"testdrug\"], weight = 2, source = \"label\", basis = \"recalled\" }]
";

const LAB: &str = "
[[lab]]
id = \"potassium\"
name = { en = \"Potassium\", ko = \"칼륨\" }
loinc = [\"2823-3\"]
aliases = [\"k\"]
unit = \"mmol/L\"
units = { \"meq/l\" = 1.0 }
plausible = [1.0, 12.0]
";

/// Entries of every table, without a fault.
const FACTS: &str = "
[[condition]]
drugs = [\"testdrug\", \"class:some\", \"role:heavy\"]
except = [\"other\"]
icd10 = [\"I50\"]
unless = [\"Z95.2\"]
severity = \"warning\"
reason = { en = \"condition why\", ko = \"이유\" }
source = \"label\"
basis = \"recalled\"
[[route_limit]]
drugs = [\"testdrug\"]
never = [\"INTRATHECAL\"]
severity = \"critical\"
reason = { en = \"route why\", ko = \"이유\" }
source = \"label\"
basis = \"read\"
[[age_limit]]
drugs = [\"testdrug\"]
below = 12
severity = \"warning\"
reason = { en = \"age why\", ko = \"이유\" }
source = \"label\"
basis = \"recalled\"
[[elderly]]
drugs = [\"testdrug\"]
together = [\"class:some\"]
severity = \"note\"
reason = { en = \"elderly why\", ko = \"이유\" }
source = \"label\"
basis = \"recalled\"
[[lab_limit]]
drugs = [\"testdrug\"]
lab = \"potassium\"
above = 5.5
severity = \"warning\"
reason = { en = \"lab why\", ko = \"이유\" }
source = \"label\"
basis = \"recalled\"
[[dose_limit]]
drugs = [\"testdrug\"]
unit = \"mg/kg\"
daily = 10
severity = \"warning\"
source = \"label\"
basis = \"recalled\"
[[omission]]
id = \"none\"
icd10 = [\"I21\"]
any_of = [\"testdrug\"]
reason = { en = \"omission why\", ko = \"이유\" }
source = \"label\"
basis = \"recalled\"
[[site_tier]]
code = \"age.avoid\"
drugs = [\"testdrug\"]
tier = \"note\"
reason = { en = \"site why\", ko = \"이유\" }
source = \"label\"
basis = \"recalled\"
[[together]]
id = \"three\"
sides = [[\"testdrug\"], [\"other\"], [\"role:heavy\"]]
severity = \"warning\"
effect = { en = \"what\", ko = \"무엇\" }
action = { en = \"do\", ko = \"조치\" }
source = \"label\"
basis = \"recalled\"
[[interaction]]
a = [\"testdrug\"]
b = [\"other\"]
critical_above = { drug = \"testdrug\", daily = 50, unit = \"mg\" }
expected_in = [\"C91\"]
severity = \"warning\"
effect = { en = \"pair\", ko = \"조합\" }
action = { en = \"do\", ko = \"조치\" }
source = \"label\"
basis = \"read\"
";

fn sound() -> String {
    let drugs = ingredient("testdrug", "Testdrug", "테스트약", "") + &ingredient("other", "Other", "다른약", "");
    [drugs.as_str(), ROLE, LAB, FACTS].concat()
}

#[test]
fn a_pack_with_every_table_has_no_fault() {
    assert_eq!(faults(&sound()), []);
}

/// With `from` replaced by `to`, the only fault says `says`.
#[track_caller]
fn broken(from: &str, to: &str, says: &str) {
    let text = sound();
    assert!(text.contains(from), "no `{from}`");
    let text = text.replacen(from, to, 1);
    let found = faults(&text);
    let shown = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    assert_eq!(found.len(), 1, "expected one fault that says `{says}`:\n{shown}\n{}", numbered(&text));
    assert!(found[0].message.contains(says), "`{says}` in {shown}");
    let change = sound().find(from).unwrap();
    let line = sound()[..change].lines().count();
    assert!(found[0].line.abs_diff(line) <= 9, "line {} for a change at {line}:\n{}", found[0].line, numbered(&text));
}

#[test]
fn drugs_of_a_fact_are_known() {
    broken("\"class:some\", \"role:heavy\"", "\"class:sum\", \"role:heavy\"", "unknown class `sum`");
    broken("\"class:some\", \"role:heavy\"", "\"class:some\", \"role:light\"", "unknown role `light`");
    broken("except = [\"other\"]", "except = [\"another\"]", "unknown ingredient `another`");
    broken("any_of = [\"testdrug\"]", "any_of = []", "`any_of` is empty");
    broken("together = [\"class:some\"]", "together = [\"testdrog\"]", "unknown ingredient `testdrog`");
    broken("{ drugs = [\"testdrug\"], weight", "{ drugs = [\"role:heavy\"], weight", "not of roles");
    broken("[\"other\"], [\"role:heavy\"]]", "[\"other\"]]", "name three sides");
}

#[test]
fn codes_limits_and_units_have_their_form() {
    broken("icd10 = [\"I50\"]", "icd10 = [\"I501\"]", "no ICD-10 prefix");
    broken("unless = [\"Z95.2\"]", "unless = [\"z95.2\"]", "no ICD-10 prefix");
    broken("icd10 = [\"I21\"]", "icd10 = []", "icd10 is empty");
    broken("never = [\"INTRATHECAL\"]", "never = []", "never is empty");
    broken("never = [\"INTRATHECAL\"]", "never = [\"SPINE\"]", "unknown variant");
    broken("below = 12", "", "needs `below` or `at_least`");
    broken("above = 5.5", "", "needs one of `above` and `below`");
    broken("lab = \"potassium\"", "lab = \"kalium\"", "unknown lab `kalium`");
    broken("unit = \"mg/kg\"", "unit = \"tablets\"", "unit of a dose is not known");
    broken("daily = 10\n", "\n", "needs one of `single`, `daily`, `per_day`");
    broken("loinc = [\"2823-3\"]", "loinc = [\"2823\"]", "no LOINC code");
    broken("{ \"meq/l\" = 1.0 }", "{ \"mEq / L\" = 1.0 }", "write it as `meq/l`");
    broken("{ \"meq/l\" = 1.0 }", "{ \"meq/l\" = 0.0 }", "must be above 0");
    broken("plausible = [1.0, 12.0]", "plausible = [12.0, 1.0]", "plausible is [least, most]");
    broken("daily = 50, unit = \"mg\"", "daily = 50, unit = \"pills\"", "critical_above needs a daily dose");
    broken("code = \"age.avoid\"", "code = \"interaction.manage\"", "said anew by an [[interaction]]");
    broken("code = \"age.avoid\"", "code = \"age\"", "no code of a finding");
    broken("expected_in = [\"C91\"]", "expected_in = [\"c91\"]", "no ICD-10 prefix");
}

#[test]
fn a_lab_has_one_meaning() {
    let twice = LAB.replace("potassium", "kalium").replace("Potassium", "Kalium").replace("칼륨", "포타슘");
    let text = sound() + &twice.replace("2823-3", "6298-4");
    let found = faults(&text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].message.contains("`k` means"), "{found:?}");
}

#[test]
fn texts_sources_and_the_basis_of_what_is_critical_are_checked() {
    broken("en = \"condition why\"", "en = \" \"", "reason.en is empty");
    broken("ko = \"조합\"", "ko = \"\"", "effect.ko is empty");
    broken(
        "source = \"label\"\nbasis = \"recalled\"\n[[route_limit]]",
        "source = \"book\"\nbasis = \"recalled\"\n[[route_limit]]",
        "unknown source `book`",
    );
    broken(
        "basis = \"read\"\n[[age_limit]]",
        "basis = \"recalled\"\n[[age_limit]]",
        "critical on the basis `recalled`",
    );
    broken(
        "source = \"label\"\nbasis = \"read\"\n",
        "source = \"label\"\nbasis = \"recalled\"\n",
        "critical on the basis `recalled`",
    );
    broken("daily = 10\n", "daily = 10\ndayly = 5\n", "unknown field `dayly`");
}
