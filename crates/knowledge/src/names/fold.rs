//! Text as it is compared: case, width, spaces and punctuation do not matter, letters and digits do.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

/// NFKC, lower case, one kind of dash, single spaces, no trademark signs.
pub(crate) fn fold(text: &str) -> String {
    let plain: Cow<'_, str> = if text.is_ascii() {
        Cow::Owned(text.to_ascii_lowercase())
    } else {
        // The signs go first: NFKC would make letters of them.
        let unmarked = text.chars().filter(|c| !matches!(c, '®' | '™' | '©' | '\u{200b}' | '\u{feff}'));
        Cow::Owned(unmarked.nfkc().flat_map(char::to_lowercase).collect())
    };
    let mut folded = String::with_capacity(plain.len());
    for c in plain.chars() {
        match c {
            c if c.is_whitespace() || c.is_control() || c == '_' => push_space(&mut folded),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => folded.push('-'),
            '\u{2018}' | '\u{2019}' | '\u{b4}' | '`' => folded.push('\''),
            c => folded.push(c),
        }
    }
    folded.truncate(folded.trim_end().len());
    folded
}

fn push_space(text: &mut String) {
    if !text.is_empty() && !text.ends_with(' ') {
        text.push(' ');
    }
}

/// Hangul syllables and letters.
pub(crate) fn is_hangul(c: char) -> bool {
    matches!(c, '\u{ac00}'..='\u{d7a3}' | '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}')
}

/// The key by which a folded name is looked up: letters, digits, `%`, `/` and `&`, with single spaces.
///
/// Brackets, commas and hyphens are spaces; dots count between digits only; spaces beside Hangul, `/` and before `%`
/// do not count; `+` is `/`.
pub(crate) fn key(folded: &str) -> String {
    let mut key = String::with_capacity(folded.len());
    let mut chars = folded.chars().peekable();
    let mut before = ' ';
    // A pending space is written only when what comes next keeps it.
    let mut space = false;
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let c_out = match c {
            '.' if before.is_ascii_digit() && next.is_ascii_digit() => '.',
            '.' | '\'' | '"' => {
                before = c;
                continue;
            }
            '+' | '/' => '/',
            '&' | '%' => c,
            c if c.is_alphanumeric() => c,
            _between => ' ',
        };
        before = c;
        if c_out == ' ' {
            space = !key.is_empty();
            continue;
        }
        let last = key.chars().next_back();
        if c_out == '&' || last == Some('&') {
            space = !key.is_empty();
        }
        let glued = matches!(c_out, '/' | '%') || is_hangul(c_out) || last.is_some_and(|l| l == '/' || is_hangul(l));
        if space && !glued {
            key.push(' ');
        }
        key.push(c_out);
        space = false;
    }
    key
}

/// Words with single spaces, everything else a space: for phrases that are looked for inside a text.
pub(crate) fn phrase(text: &str) -> String {
    let folded = fold(text);
    let mut words = String::with_capacity(folded.len());
    for c in folded.chars() {
        match c {
            '\'' | '.' => {}
            c if c.is_alphanumeric() || matches!(c, '%' | '/') => words.push(c),
            _between => push_space(&mut words),
        }
    }
    words.truncate(words.trim_end().len());
    words
}

/// Endings that Korean glues to a noun.
const PARTICLES: [&str; 22] = [
    "이",
    "가",
    "을",
    "를",
    "은",
    "는",
    "과",
    "와",
    "로",
    "으로",
    "도",
    "의",
    "에",
    "및",
    "함",
    "성",
    "있음",
    "있었음",
    "발생",
    "증상",
    "반응",
    "호소",
];

/// Where a phrase stands in a text as whole words (both from [`phrase`]), as byte offset.
///
/// A Korean phrase ends at a particle as well.
pub(crate) fn find_phrase(text: &str, phrase: &str) -> Option<usize> {
    text.match_indices(phrase).map(|(at, _)| at).find(|at| {
        let before = text.get(..*at).and_then(|head| head.chars().next_back());
        let after = text.get(at + phrase.len()..).unwrap_or_default();
        before.is_none_or(|c| !c.is_alphanumeric()) && ends_word(phrase, after)
    })
}

fn ends_word(phrase: &str, after: &str) -> bool {
    let open = |rest: &str| rest.chars().next().is_none_or(|c| !c.is_alphanumeric());
    let korean = phrase.chars().next_back().is_some_and(is_hangul);
    open(after) || (korean && PARTICLES.iter().any(|end| after.strip_prefix(end).is_some_and(open)))
}

/// A text without its brackets, and what stands in them. An open bracket reaches to the end.
pub(crate) fn split_brackets(text: &str) -> (String, Vec<String>) {
    let mut outside = String::with_capacity(text.len());
    let mut inside = Vec::new();
    let mut current = String::new();
    let mut depth = 0_usize;
    for c in text.chars() {
        match c {
            '(' | '[' | '{' => {
                depth += 1;
                current.push(' ');
            }
            ')' | ']' | '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    push_trimmed(&mut inside, &current);
                    current.clear();
                    outside.push(' ');
                }
            }
            c if depth > 0 => current.push(c),
            c => outside.push(c),
        }
    }
    push_trimmed(&mut inside, &current);
    (outside.split_whitespace().collect::<Vec<_>>().join(" "), inside)
}

fn push_trimmed(into: &mut Vec<String>, text: &str) {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if !text.is_empty() {
        into.push(text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_ignore_case_spaces_hyphens_dots_and_width() {
        for (a, b) in [
            ("Co-Trimoxazole", "co trimoxazole"),
            ("ＦＵＲＯＳＥＭＩＤＥ", "furosemide"),
            ("piperacillin  / tazobactam", "Piperacillin/Tazobactam"),
            ("비타민 B12", "비타민B12"),
            ("인슐린 글라진", "인슐린글라진"),
            ("M.V.I.-12", "mvi 12"),
            ("dextrose 50 %", "Dextrose 50%"),
            ("Lasix®", "lasix"),
            ("calcitonin (salmon)", "calcitonin salmon"),
            ("alum&mag", "alum & mag"),
            ("omega–3", "omega-3"),
            ("SulfaSALAzine_", "sulfasalazine"),
        ] {
            assert_eq!(key(&fold(a)), key(&fold(b)), "{a} and {b}");
        }
        for (a, b) in
            [("0.9%", "09%"), ("vitamin b 12", "vitamin b 1 2"), ("hydralazine", "hydroxyzine"), ("a/b", "a b")]
        {
            assert_ne!(key(&fold(a)), key(&fold(b)), "{a} and {b}");
        }
    }

    #[test]
    fn phrases_are_found_as_whole_words_only() {
        let found = |text: &str, words: &str| find_phrase(&phrase(text), &phrase(words)).is_some();
        assert!(found("severe Rash, hives", "rash"));
        assert!(!found("crash", "rash"));
        assert!(!found("rashes", "rash"));
        assert!(found("아나필락시스가 있었음", "아나필락시스"));
        assert!(!found("멍게", "멍"));
        assert!(!found("피부발진", "발진"));
    }
}
