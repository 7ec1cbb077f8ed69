//! Figures with their targets, as a table and as JSON.

use serde_json::{Value, json};

/// What was measured.
#[derive(Debug, Default)]
pub struct Table {
    section: String,
    rows: Vec<Value>,
}

impl Table {
    /// Begins a part.
    pub fn section(&mut self, name: &str) {
        self.section = name.to_owned();
        println!("\n{name}");
    }

    /// A figure without a target.
    pub fn figure(&mut self, what: &str, value: f64, unit: &str) {
        println!("  {what:<66}{:>12} {unit}", rounded(value));
        self.rows.push(json!({"section": self.section, "what": what, "value": value, "unit": unit}));
    }

    /// A figure that is to be so large.
    pub fn at_least(&mut self, what: &str, value: f64, target: f64) {
        self.judged(what, value, (">=", target), value >= target);
    }

    /// A figure that is to be no larger.
    pub fn at_most(&mut self, what: &str, value: f64, target: f64) {
        self.judged(what, value, ("<=", target), value <= target);
    }

    fn judged(&mut self, what: &str, value: f64, (sign, target): (&str, f64), met: bool) {
        let verdict = if met { "met" } else { "MISSED" };
        println!("  {what:<66}{:>12}   {sign} {target}: {verdict}", rounded(value));
        let target = format!("{sign} {target}");
        self.rows.push(json!({"section": self.section, "what": what, "value": value, "target": target, "met": met}));
    }

    /// All rows, behind those of an earlier run whose parts were not measured again.
    pub fn json(&self, earlier: &str) -> String {
        let earlier: Vec<Value> = serde_json::from_str(earlier).unwrap_or_default();
        let again = |row: &Value| self.rows.iter().any(|new| new["section"] == row["section"]);
        let kept = earlier.into_iter().filter(|row| !again(row));
        serde_json::to_string_pretty(&kept.chain(self.rows.iter().cloned()).collect::<Vec<Value>>()).unwrap()
    }
}

fn rounded(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

/// In order.
pub fn sorted(mut all: Vec<f64>) -> Vec<f64> {
    all.sort_by(f64::total_cmp);
    all
}

/// A quantile of figures that are in order.
pub fn at(sorted: &[f64], share: f64) -> f64 {
    sorted[((sorted.len() - 1) as f64 * share).round() as usize]
}

/// The middle one.
pub fn median(all: Vec<f64>) -> f64 {
    at(&sorted(all), 0.5)
}
