//! Bytes to whole characters, ends of sentences, repetition.

/// Collects bytes of tokens and gives out whole UTF-8 characters: Korean characters span tokens.
#[derive(Debug, Default)]
pub(crate) struct Utf8Stream {
    pending: Vec<u8>,
}

impl Utf8Stream {
    /// Adds bytes; returns the characters that are complete. Bytes that can never become a character turn into U+FFFD.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.pending.extend_from_slice(bytes);
        let mut out = String::new();
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(text) => {
                    out.push_str(text);
                    self.pending.clear();
                    return out;
                }
                Err(error) => {
                    let (valid, rest) = self.pending.split_at(error.valid_up_to());
                    out.push_str(&String::from_utf8_lossy(valid));
                    let Some(bad) = error.error_len() else {
                        self.pending = rest.to_vec();
                        return out;
                    };
                    out.push('\u{FFFD}');
                    self.pending = rest.get(bad..).unwrap_or_default().to_vec();
                }
            }
        }
    }
}

/// Byte length of the text up to the end of its last complete sentence; 0 when there is none.
///
/// A sentence ends with `.`, `!`, `?`, `。` or `…`, possibly followed by closing quotes or brackets, before white space or
/// the end of the text. A period between digits (a decimal) or after a single letter or a number that begins a line
/// (`1.`) ends none.
pub(crate) fn last_sentence_end(text: &str) -> usize {
    let mut end = 0;
    let mut line_start = 0;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c == '\n' {
            line_start = at + 1;
        }
        if !matches!(c, '.' | '!' | '?' | '。' | '…') {
            continue;
        }
        if c == '.' {
            let word = text.get(line_start..at).unwrap_or_default();
            let list_number = !word.trim().is_empty() && word.trim().chars().all(|c| c.is_ascii_digit());
            let last_word = word.rsplit(char::is_whitespace).next().unwrap_or_default();
            let initial = last_word.chars().count() == 1 && last_word.chars().all(|c| c.is_ascii_alphabetic());
            if list_number || initial {
                continue;
            }
        }
        let mut after = at + c.len_utf8();
        while let Some((_, next)) = chars.peek().copied() {
            if !matches!(next, '.' | '!' | '?' | '"' | '\'' | ')' | ']' | '”' | '’' | '」' | '』') {
                break;
            }
            after += next.len_utf8();
            chars.next();
        }
        if chars.peek().is_none_or(|(_, next)| next.is_whitespace()) {
            end = after;
        }
    }
    end
}

/// Whether the tokens have begun to repeat: returns how many tokens at the end are repetition.
///
/// A run of up to 64 tokens that stands three times in a row (and fills at least 18 tokens), or one token 12 times.
pub(crate) fn repeated_tail(tokens: &[i32]) -> Option<usize> {
    for period in 1..=64 {
        let times = if period == 1 { 12 } else { 18_usize.div_ceil(period).max(3) };
        let needed = period * times;
        let Some(tail) = tokens.len().checked_sub(needed).and_then(|start| tokens.get(start..)) else { continue };
        let Some(unit) = tail.get(..period) else { continue };
        if tail.chunks(period).all(|c| c == unit) {
            return Some(needed - period);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn korean_split_over_tokens_comes_out_in_whole_characters() {
        let mut stream = Utf8Stream::default();
        let bytes = "심부전".as_bytes();
        let mut out = Vec::new();
        for byte in bytes {
            out.push(stream.push(&[*byte]));
        }
        assert_eq!(out.concat(), "심부전");
        assert!(out.iter().all(|piece| piece.is_empty() || piece.chars().count() == 1));
    }

    #[test]
    fn bytes_that_are_no_character_do_not_stop_the_stream() {
        let mut stream = Utf8Stream::default();
        assert_eq!(stream.push(&[b'a', 0xFF, b'b']), "a\u{FFFD}b");
    }

    #[test]
    fn sentences_end_where_a_reader_would_say_so() {
        let cases = [
            ("Take it daily. Avoid", "Take it daily."),
            ("Take 2.5 mg daily", ""),
            ("약을 드십시오. 어지", "약을 드십시오."),
            ("He said \"stop.\" Then", "He said \"stop.\""),
            ("1. Rest", ""),
            ("Is it? Yes", "Is it?"),
            ("", ""),
            ("Vitamin D. helps", ""),
        ];
        for (text, sentence) in cases {
            assert_eq!(&text[..last_sentence_end(text)], sentence, "{text}");
        }
    }

    #[test]
    fn repetition_is_found_and_variety_is_not() {
        let looping: Vec<i32> = (0..40).map(|i| i % 5).collect();
        assert_eq!(repeated_tail(&looping), Some(15));
        let varied: Vec<i32> = (0..200).map(|i| (i * i) % 97).collect();
        assert_eq!(repeated_tail(&varied[..90]), None);
        assert_eq!(repeated_tail(&[7; 12]), Some(11));
    }
}
