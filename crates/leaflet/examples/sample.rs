//! Writes sample leaflets into a folder, to be looked at.
#![allow(missing_docs, clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

#[path = "../tests/it/fixture.rs"]
mod fixture;

use bogam_clinical::text::Lang;
use bogam_leaflet::{Paper, typeset};

fn main() {
    let to = std::path::PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    for (lang, code) in [(Lang::Ko, "ko"), (Lang::En, "en")] {
        for (paper, size) in [(Paper::A4, "a4"), (Paper::A5, "a5")] {
            for drugs in [1, 6, 14] {
                for (draft, state) in [(true, "draft"), (false, "confirmed")] {
                    let leaflet = fixture::leaflet(lang, drugs, draft);
                    let began = std::time::Instant::now();
                    let pdf = typeset(&leaflet, paper).unwrap();
                    let name = format!("{code}-{size}-{drugs:02}-{state}.pdf");
                    println!("{name}: {} bytes, {:.1} ms", pdf.len(), began.elapsed().as_secs_f64() * 1e3);
                    std::fs::write(to.join(name), pdf).unwrap();
                }
            }
        }
    }
}
