//! A rule's documentation, as data: the catalogue is made of it.

/// An outcome of a rule, or a check that it could not make. Codes are permanent: a code is never given another meaning.
#[derive(Debug, Clone, Copy)]
pub struct Code {
    /// Such as `renal.avoid`.
    pub code: &'static str,
    /// The tiers that it can have; `not evaluated` for a check that could not be made.
    pub tier: &'static str,
    /// What it means.
    pub meaning: &'static str,
}

/// The tier column of a check that could not be made.
pub(crate) const NOT_EVALUATED: &str = "not evaluated";

/// A rule and its documentation.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Name; the part of its codes before the dot.
    pub name: &'static str,
    /// Title.
    pub title: &'static str,
    /// What it can say.
    pub codes: &'static [Code],
    /// What it checks.
    pub what: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// An example.
    pub example: &'static str,
    /// What it does not do.
    pub limits: &'static str,
    /// Whether it holds for children, and why.
    pub children: &'static str,
    /// Where the rule itself comes from; facts carry their own source.
    pub source: &'static str,
}
