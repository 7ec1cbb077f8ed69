//! Limits of age as Korean notices write them: `12세 미만`, `생후 28일 이하`, or `12` `개월` `이상` in three columns.

use bogam_clinical::text::Bilingual;

/// Days of a year.
const YEAR: f64 = 365.25;

/// Units of age: in Korean, in English, how many make a year. Longer words first.
const UNITS: [(&str, &str, f64); 6] = [
    ("개월", "months", 12.0),
    ("세", "years", 1.0),
    ("살", "years", 1.0),
    ("년", "years", 1.0),
    ("주", "weeks", YEAR / 7.0),
    ("일", "days", YEAR),
];

/// Ages at which a drug must not be given.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ages {
    /// Below this age, years.
    pub below: Option<f64>,
    /// From this age on, years.
    pub at_least: Option<f64>,
    /// In words: `under 12 years`, `12세 미만`.
    pub words: Bilingual,
}

impl Ages {
    /// As the keys of an entry.
    pub fn keys(&self) -> String {
        let key = |name: &str, years: Option<f64>| years.map_or(String::new(), |years| format!("{name} = {years}\n"));
        key("below", self.below) + &key("at_least", self.at_least)
    }
}

/// Reads a limit, or two that are a range; `None` for anything else: an age is never guessed.
pub(super) fn read(text: &str) -> Option<Ages> {
    let plain = without_brackets(text);
    let mut rest = plain.as_str();
    let mut ages = Ages { below: None, at_least: None, words: Bilingual::new("", "") };
    while !rest.is_empty() {
        rest = one(rest, &mut ages)?;
    }
    match (ages.below, ages.at_least) {
        (None, None) => None,
        // Not a range: "under 2, and from 65" is two limits, which one entry cannot hold.
        (Some(below), Some(at_least)) if at_least >= below => None,
        (_, _) => Some(ages),
    }
}

/// Reads the limit that a text begins with; gives what follows it.
fn one<'t>(text: &'t str, ages: &mut Ages) -> Option<&'t str> {
    let text = text.strip_prefix("생후").unwrap_or(text);
    let text = text.strip_prefix('만').unwrap_or(text);
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, text) = text.split_at_checked(digits)?;
    let value = number.parse::<f64>().ok().filter(|value| *value > 0.0 && *value < 50_000.0)?;
    let (unit, text) = UNITS.iter().find_map(|unit| Some((unit, text.strip_prefix(unit.0)?)))?;
    let (ko_unit, en_unit, a_year) = *unit;
    let years = |value: f64| Some((value / a_year * 10_000.0).round() / 10_000.0);
    // Ages are told in whole units that are over: who is "12 or under" is so until 13.
    let next = if value.fract() > 0.0 { None } else { years(value + 1.0) };
    let (slot, limit, en, ko, text) = if let Some(text) = text.strip_prefix("미만") {
        (&mut ages.below, years(value), format!("under {value} {en_unit}"), "미만", text)
    } else if let Some(text) = text.strip_prefix("이하") {
        (&mut ages.below, next, format!("{value} {en_unit} or under"), "이하", text)
    } else if let Some(text) = text.strip_prefix("이상") {
        (&mut ages.at_least, years(value), format!("from {value} {en_unit}"), "이상", text)
    } else if let Some(text) = text.strip_prefix("초과") {
        (&mut ages.at_least, next, format!("over {value} {en_unit}"), "초과", text)
    } else {
        return None;
    };
    if slot.is_some() {
        return None;
    }
    *slot = Some(limit?);
    let join = |words: &str, more: String| if words.is_empty() { more } else { format!("{words} {more}") };
    ages.words.en = join(&ages.words.en, en);
    ages.words.ko = join(&ages.words.ko, format!("{number}{ko_unit} {ko}"));
    Some(text.trim_start_matches([',', '~']))
}

/// A text without blanks and without what stands in brackets.
fn without_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::with_capacity(text.len());
    for c in text.chars().filter(|c| !c.is_whitespace()) {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => plain.push(c),
            _inside => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn limits_are_read_to_years_and_anything_else_is_not_an_age() {
        let limits = |text| read(text).map(|ages| (ages.below, ages.at_least));
        for (text, below, at_least) in [
            ("12세 미만", Some(12.0), None),
            ("만 12 세 이하", Some(13.0), None),
            ("6개월미만", Some(0.5), None),
            ("생후 28일 이하", Some(0.0794), None),
            ("4주 미만", Some(0.0767), None),
            ("65세 이상", None, Some(65.0)),
            ("18세 초과", None, Some(19.0)),
            ("12세 이상 18세 미만", Some(18.0), Some(12.0)),
            ("19세(만 나이) 미만", Some(19.0), None),
        ] {
            assert_eq!(limits(text), Some((below, at_least)), "{text}");
        }
        for text in [
            "",
            "12",
            "12세",
            "소아",
            "12세 미만 등",
            "2.5세 이하",
            "2세 미만 65세 이상",
            "2세 미만 3세 미만",
            "0세 미만",
        ] {
            assert_eq!(limits(text), None, "{text}");
        }
        let words = read("6개월 이하").unwrap().words;
        assert_eq!((words.en.as_str(), words.ko.as_str()), ("6 months or under", "6개월 이하"));
    }
}
