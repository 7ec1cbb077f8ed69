//! A whole suggestion, from the case to the ranked and checked list, beside a server that writes a list of drugs for the same
//! prompt under a grammar of the same names.

use std::path::Path;
use std::time::Instant;

use bogam_app::convert::PROBES;
use bogam_clinical::input::read_case;
use bogam_engine::{Cancel, NoSink};
use bogam_suggest::Options;

use crate::peer::{LISTED, Server, UNBOUND, names};
use crate::table::{Table, at, sorted};
use crate::{Bogam, file_name};

/// Cases that are not measured, before those that are.
const WARM_UP: usize = 3;

/// The model as it is, and the converted one where there is one: the server has the first.
pub fn compare(models: &[&Path], table: &mut Table) {
    let engines: Vec<Bogam> = models.iter().map(|model| Bogam::open(model)).collect();
    let suggesters: Vec<_> = engines.iter().map(Bogam::suggester).collect();
    let threads = engines[0].threads();
    let peer = Server::start(models[0], threads, 1);
    let wanted = Options { advice: false, ..Options::default() };
    let mut ours = vec![Vec::new(); models.len()];
    let (mut theirs, mut free) = (Vec::new(), Vec::new());
    for (i, line) in PROBES.lines().enumerate() {
        let case = read_case(line).unwrap_or_else(|fault| panic!("{:?}", fault.errors)).case;
        let mut record = None;
        for (suggester, ours) in suggesters.iter().zip(&mut ours) {
            let start = Instant::now();
            let suggested = suggester.suggest(&case, (&[], ""), &wanted, &mut NoSink, &Cancel::new()).unwrap();
            if i >= WARM_UP {
                ours.push(start.elapsed().as_secs_f64() * 1e3);
            }
            record.get_or_insert(suggested);
        }
        let prompt = engines[0].prompts.for_case(&case, &engines[0].knowledge);
        let bound = peer.list(&prompt, Some(&names(&record.unwrap())));
        let unbound = peer.list(&prompt, None);
        if i >= WARM_UP {
            theirs.push(bound.took.as_secs_f64() * 1e3);
            free.push(bound.prompt_ms + unbound.writing_ms);
        }
    }
    let (theirs, free) = (sorted(theirs), sorted(free));
    let server = file_name(models[0]);
    table.section(&format!("a whole suggestion, {threads} threads, {} cases", theirs.len()));
    for (of, share) in [("median", 0.5), ("p95", 0.95)] {
        table.figure(&format!("llama-server, {server}: {LISTED} names, {of}"), at(&theirs, share), "ms");
        table.figure(&format!("  its {UNBOUND} tokens without a grammar, {of}"), at(&free, share), "ms");
    }
    for (i, (model, ours)) in models.iter().zip(ours).enumerate() {
        let (ours, name) = (sorted(ours), file_name(model));
        let targets = if i == 0 { [2.5, 2.0] } else { [5.0, 4.0] };
        for ((of, share), target) in [("median", 0.5), ("p95", 0.95)].into_iter().zip(targets) {
            table.figure(&format!("{name}: ranked, checked list, {of}"), at(&ours, share), "ms");
            table.at_least(
                &format!("{name}: times as fast as the server, {of}"),
                at(&theirs, share) / at(&ours, share),
                target,
            );
        }
    }
}
