//! The written forms of codes and dates.

/// ATC, fifth level: `C03CA01`.
pub(super) fn is_atc(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() == 7
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            0 | 3 | 4 => byte.is_ascii_uppercase(),
            1 | 2 | 5 | 6 => byte.is_ascii_digit(),
            _more => false,
        })
}

/// An ICD-10 prefix with its dot: `I50`, `E11.6`, `S72.001A`; or a beginning of the first three characters: `C`, `C8`.
pub(super) fn is_icd10_prefix(prefix: &str) -> bool {
    let (head, tail) = match prefix.split_once('.') {
        Some((head, tail)) => (head, Some(tail)),
        None => (prefix, None),
    };
    let head_ok = head.len() <= 3
        && head.bytes().enumerate().all(|(at, byte)| match at {
            0 => byte.is_ascii_uppercase(),
            1 => byte.is_ascii_digit(),
            _third => byte.is_ascii_digit() || byte.is_ascii_uppercase(),
        });
    let tail_ok = tail.is_none_or(|tail| {
        head.len() == 3
            && (1..=4).contains(&tail.len())
            && tail.bytes().all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
    });
    !head.is_empty() && head_ok && tail_ok
}

/// An ICD-9-CM pattern without dot: `428`, `V58`, `E8788`, `2502?`.
pub(super) fn is_icd9_pattern(pattern: &str) -> bool {
    let most = match pattern.bytes().next() {
        Some(b'E' | b'V' | b'0'..=b'9' | b'?') => 5,
        Some(_) | None => 0,
    };
    (1..=most).contains(&pattern.len()) && pattern.bytes().skip(1).all(|byte| byte.is_ascii_digit() || byte == b'?')
}

/// A LOINC code: `2823-3`.
pub(super) fn is_loinc(code: &str) -> bool {
    code.split_once('-').is_some_and(|(number, check)| {
        (1..=7).contains(&number.len())
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && check.len() == 1
            && check.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// A date of the calendar, `2026-11-20`.
pub(super) fn is_date(text: &str) -> bool {
    let bytes = text.as_bytes();
    let shape = bytes.len() == 10
        && bytes
            .iter()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { *byte == b'-' } else { byte.is_ascii_digit() });
    let number = |range| text.get(range).and_then(|part: &str| part.parse::<u32>().ok());
    let (Some(year), Some(month), Some(day)) = (number(0..4), number(5..7), number(8..10)) else { return false };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _no_month => 0,
    };
    shape && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_told_by_their_form() {
        type Form = (fn(&str) -> bool, Vec<&'static str>, Vec<&'static str>);
        let forms: [Form; 4] = [
            (is_atc, vec!["C03CA01"], vec!["C03CA1", "c03ca01", "C03CA011", ""]),
            (
                is_icd10_prefix,
                vec!["I50", "E11.6", "C", "C8", "S72.001A", "C7A.1", "U07.1"],
                vec!["", "I501", "I50.", "i50", "5", "I5.0", "I50.12345", "I50-", "IA0"],
            ),
            (
                is_icd9_pattern,
                vec!["428", "V58", "E8788", "2502?", "42", "?"],
                vec!["", "428.0", "4280123", "428*", "X1"],
            ),
            (
                is_date,
                vec!["2026-11-20", "2028-02-29"],
                vec!["2026-02-29", "2026-13-01", "2026-1-01", "20261120", "2026-04-31", "2026-00-10", ""],
            ),
        ];
        for (check, good, bad) in forms {
            for text in good {
                assert!(check(text), "{text}");
            }
            for text in bad {
                assert!(!check(text), "{text}");
            }
        }
    }
}
