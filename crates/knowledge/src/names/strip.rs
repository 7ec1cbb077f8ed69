//! What remains of a name when strengths, forms and salts are taken off, and the parts of a combination.

use super::fold::{self, is_hangul};
use super::scan::{Kind, Token, scan};
use super::words::{CONTAINERS, ESTER_SALTS, IONS, KO_FORMS, KO_SALTS, KO_SALTS_BEFORE, holds};
use super::{Found, Named, Names};

impl Names {
    /// What a folded text without brackets means; brackets that are left count as spaces.
    pub(super) fn plain(&self, text: &str) -> Found {
        let key = fold::key(text);
        if self.not_drugs.contains(&key) {
            return Found::NotADrug;
        }
        if let Some(named) = self.by_key.get(&key) {
            return found(*named);
        }
        let mut tokens = scan(text);
        self.cut_tail(&mut tokens);
        if self.is_carrier(&tokens) {
            return Found::NotADrug;
        }
        tokens.retain(|token| !matches!(token.kind, Kind::Strength | Kind::Volume));
        self.without_forms(tokens)
    }

    /// Cuts what an order is for (`for hyperkalemia`) or in (`in 5% dextrose`).
    fn cut_tail(&self, tokens: &mut Vec<Token<'_>>) {
        let at_word = |tokens: &[Token<'_>], word| tokens.iter().skip(1).position(|token| token.text == word);
        if let Some(at) = at_word(tokens, "for") {
            tokens.truncate(at + 1);
        }
        if let Some(at) = at_word(tokens, "in") {
            let tail = tokens.iter().skip(at + 2).copied().collect::<Vec<_>>();
            if self.is_carrier(&tail) {
                tokens.truncate(at + 1);
            }
        }
    }

    /// Whether tokens, without volumes and containers, are something that is no drug.
    fn is_carrier(&self, tokens: &[Token<'_>]) -> bool {
        let fluid = tokens.iter().filter(|t| t.kind != Kind::Volume && !holds(CONTAINERS, t.text));
        self.not_drugs.contains(&key_of(fluid))
    }

    /// Takes forms off from the right, one by one; then reads parts, salts, bare numbers.
    fn without_forms(&self, mut tokens: Vec<Token<'_>>) -> Found {
        trim_separators(&mut tokens);
        if let Some(named) = self.look_up(&tokens) {
            return found_in(named, &tokens);
        }
        while let Some(at) = tokens.iter().rposition(|token| token.kind == Kind::Form) {
            tokens.remove(at);
            trim_separators(&mut tokens);
            if let Some(named) = self.look_up(&tokens) {
                return found_in(named, &tokens);
            }
        }
        let joined = tokens.iter().any(Token::is_separator);
        let rest = if joined { self.parts(&tokens) } else { self.without_salts(&tokens).map_or(Found::Unknown, found) };
        if rest == Found::Unknown { self.without_numbers(&tokens) } else { rest }
    }

    /// `warfarin 5`: a number without unit is a strength after a drug's own name; `5/325` after a combination.
    fn without_numbers(&self, tokens: &[Token<'_>]) -> Found {
        let is_number = |token: &Token<'_>| matches!(token.kind, Kind::Number | Kind::Ratio);
        if !tokens.iter().any(is_number) {
            return Found::Unknown;
        }
        let ratio = tokens.iter().any(|token| token.kind == Kind::Ratio);
        let rest = tokens.iter().filter(|token| !is_number(token)).copied().collect::<Vec<_>>();
        match self.without_forms(rest) {
            Found::Drug { drug, own, joined } => {
                let of_parts = self.components.get(drug.index()).is_some_and(|parts| !parts.is_empty());
                if own || (ratio && (joined || of_parts)) { Found::Drug { drug, own, joined } } else { Found::Unknown }
            }
            Found::Several => Found::Several,
            Found::NotADrug | Found::Unknown => Found::Unknown,
        }
    }

    /// The name of these tokens, also with Korean endings taken off.
    fn look_up(&self, tokens: &[Token<'_>]) -> Option<Named> {
        if tokens.is_empty() {
            return None;
        }
        let key = key_of(tokens.iter());
        self.by_key.get(&key).copied().or_else(|| self.without_korean_endings(key))
    }

    fn without_korean_endings(&self, key: String) -> Option<Named> {
        if !key.chars().any(is_hangul) {
            return None;
        }
        let mut bare = vec![key];
        if let Some(named) = self.without_endings(KO_FORMS, &mut bare, |named, _| Some(named)) {
            return Some(named);
        }
        // Longest first: what has lost the fewest forms.
        let mut salt_free = bare.clone();
        if let Some(named) = self.without_endings(KO_SALTS, &mut salt_free, whole_drug) {
            return Some(named);
        }
        let older = |text: &String| {
            let name = KO_SALTS_BEFORE.iter().find_map(|salt| text.strip_prefix(salt))?;
            self.by_key.get(name).and_then(|named| whole_drug(*named, name))
        };
        bare.iter().find_map(older)
    }

    /// Takes endings off the texts in every way, adding what is left to them, until a name is found.
    fn without_endings(
        &self,
        endings: &[&str],
        texts: &mut Vec<String>,
        accept: impl Fn(Named, &str) -> Option<Named>,
    ) -> Option<Named> {
        let mut at = 0;
        while let Some(text) = texts.get(at).cloned() {
            for shorter in endings.iter().filter_map(|end| text.strip_suffix(end)).map(str::trim) {
                if let Some(named) = self.by_key.get(shorter).and_then(|named| accept(*named, shorter)) {
                    return Some(named);
                }
                if !shorter.is_empty() && !texts.iter().any(|known| known == shorter) {
                    texts.push(shorter.to_owned());
                }
            }
            at += 1;
        }
        None
    }

    /// Takes salts off from the right, one by one.
    fn without_salts(&self, tokens: &[Token<'_>]) -> Option<Named> {
        if let Some(named) = self.look_up(tokens) {
            return Some(named);
        }
        let mut rest = tokens.to_vec();
        let mut taken = Vec::new();
        while let Some(at) = rest.iter().rposition(|token| token.kind == Kind::Salt) {
            taken.insert(0, rest.remove(at));
            if let Some(named) = self.look_up(&rest) {
                let key = key_of(rest.iter());
                return if self.is_drug_of_its_own(&taken) { None } else { whole_drug(named, &key) };
            }
        }
        None
    }

    /// What was taken off is itself a drug: `dextrose sodium chloride` is a mixture, no salt of dextrose.
    fn is_drug_of_its_own(&self, taken: &[Token<'_>]) -> bool {
        let key = key_of(taken.iter());
        taken.len() > 1 && !ESTER_SALTS.contains(&key.as_str()) && self.by_key.contains_key(&key)
    }

    /// A combination by its parts: each must be known, and together they must be in the formulary.
    fn parts(&self, tokens: &[Token<'_>]) -> Found {
        let mut drugs = Vec::new();
        for part in tokens.split(|token| token.kind == Kind::Joint) {
            // A salt is a salt within its part only.
            let hyphenated = part.iter().any(Token::is_separator);
            match if hyphenated { self.look_up(part) } else { self.without_salts(part) } {
                Some(named) => drugs.push(named),
                None => {
                    for piece in part.split(|token| token.kind == Kind::Dash).filter(|piece| !is_acid(piece)) {
                        let Some(named) = self.without_salts(piece) else { return Found::Unknown };
                        drugs.push(named);
                    }
                }
            }
        }
        let components = |named: &Named| match self.components.get(named.drug.index()) {
            Some(parts) if !parts.is_empty() => parts.clone(),
            Some(_) | None => vec![named.drug],
        };
        let mut ids = drugs.iter().flat_map(components).collect::<Vec<_>>();
        ids.sort();
        ids.dedup();
        match (ids.as_slice(), drugs.as_slice()) {
            ([drug], _) => Found::Drug { drug: *drug, own: false, joined: false },
            (_, [named]) => found(*named),
            (ids, _) => match self.combinations.get(ids) {
                Some(drug) => Found::Drug { drug: *drug, own: false, joined: true },
                None => Found::Several,
            },
        }
    }
}

fn found(named: Named) -> Found {
    Found::Drug { drug: named.drug, own: named.own, joined: false }
}

/// As [`found`]; the own name of a combination, written with its parts apart, is the combination by its parts.
fn found_in(named: Named, tokens: &[Token<'_>]) -> Found {
    let joined = named.own && tokens.iter().any(Token::is_separator);
    Found::Drug { drug: named.drug, own: named.own, joined }
}

/// A salt that lost its other half is no drug, unless the drug is called so: lithium, but not potassium.
fn whole_drug(named: Named, rest: &str) -> Option<Named> {
    let only_ions = rest.split([' ', '/', '&']).all(|word| word.is_empty() || holds(IONS, word));
    (named.own || !only_ions).then_some(named)
}

/// The acid of a salt after a dash, `ciprofloxacin-hcl`; a metal could be a drug.
fn is_acid(tokens: &[Token<'_>]) -> bool {
    tokens.iter().all(|token| token.kind == Kind::Salt && !holds(IONS, token.text))
}

fn key_of<'t>(tokens: impl Iterator<Item = &'t Token<'t>>) -> String {
    let mut text = String::new();
    for token in tokens {
        match (token.kind, token.text) {
            (Kind::Joint, "w/") => text.push_str(" w/"),
            (_, word) => {
                text.push(' ');
                text.push_str(word);
            }
        }
    }
    fold::key(text.trim_start())
}

/// Takes off separators at the ends, and of several in a row all but the first.
fn trim_separators(tokens: &mut Vec<Token<'_>>) {
    tokens.dedup_by(|next, before| next.is_separator() && before.is_separator());
    while tokens.last().is_some_and(Token::is_separator) {
        tokens.pop();
    }
    if tokens.first().is_some_and(Token::is_separator) {
        tokens.remove(0);
    }
}
