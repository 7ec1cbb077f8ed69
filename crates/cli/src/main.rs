//! The `bogam` command line: parse, call `app`, print. Every handler is a few lines.

mod args;
mod terminal;
mod vault;

use std::path::Path;
use std::process::ExitCode;

use bogam_app::convert::{self, ConvertRequest};
use bogam_app::coverage::CoverageRequest;
use bogam_app::doctor::{self, DEVICES_COMMAND, ask_devices};
use bogam_app::job::{JobSink as _, Summary};
use bogam_app::{
    AppError, check, coverage, diagnoses, evaluate, exam, import, knowledge, learn, models, normalise, suggest, train,
};
use bogam_engine::Cancel;
use bogam_engine::llama::{WORKER_COMMAND, no_core_dump, run_worker};
use clap::Parser as _;

use args::{Arguments, Command, EvaluateCommand, EvaluateOf, KnowledgeCommand, ModelCommand, TrainCommand, TrainOf};
use terminal::Terminal;

fn main() -> ExitCode {
    // The hidden subcommands come before everything else: they speak a protocol.
    match std::env::args().nth(1).as_deref() {
        Some(WORKER_COMMAND) => return run_worker(),
        Some(DEVICES_COMMAND) => return list_devices(),
        Some(_) | None => {}
    }
    no_core_dump();
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            // Help and usage go where clap sends them; a closed terminal is no fault of ours.
            drop(error.print());
            return ExitCode::from(code);
        }
    };
    let mut terminal = Terminal::new();
    match run(arguments.command, &mut terminal) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal.fail(&error.to_string());
            ExitCode::from(if error.is_cancelled() { INTERRUPTED } else { error.exit_code() })
        }
    }
}

/// As a shell tells that Ctrl-C ended a program.
const INTERRUPTED: u8 = 130;

/// A switch that Ctrl-C throws, for work that looks at it: what is half done is put in order. A second Ctrl-C ends the program
/// at once.
fn interruptible() -> Cancel {
    let cancel = Cancel::new();
    let thrown = cancel.clone();
    // Where no handler can be set, Ctrl-C ends the program as ever.
    let _unset = ctrlc::set_handler(move || {
        if thrown.is_cancelled() {
            std::process::exit(INTERRUPTED.into());
        }
        thrown.cancel();
        drop(std::io::Write::write_all(&mut std::io::stderr(), b"bogam: stopping; Ctrl-C again ends it at once\n"));
    });
    cancel
}

fn run(command: Command, terminal: &mut Terminal) -> Result<u8, AppError> {
    match command {
        Command::Suggest(args) => {
            let summary = suggest::suggest(&args.request(), terminal, &interruptible())?;
            Ok(finish(&summary, terminal))
        }
        Command::Check(args) => {
            let summary = check::check(&args.request(), terminal)?;
            Ok(finish(&summary, terminal))
        }
        Command::Normalise(args) => {
            let summary = normalise::normalise(&args.request(), terminal)?;
            Ok(finish(&summary, terminal))
        }
        Command::Mimic(args) => {
            let report = import::mimic(&args.request(), terminal)?;
            terminal.say(&format!("{} cases, {} admissions with drugs", report.cases, report.recorded));
            Ok(0)
        }
        Command::Learn(args) => {
            let learned = learn::learn(&args.request(), terminal, &interruptible())?;
            terminal.print(&learn::describe(&learned.header))?;
            terminal.say(&learned.text());
            Ok(u8::from(learned.rejected > 0))
        }
        Command::Prior(args) => {
            let prior = learn::read_prior(&args.file)?;
            let json = args.json.then(|| serde_json::to_string_pretty(prior.header()).unwrap_or_default() + "\n");
            terminal.print(&json.unwrap_or_else(|| learn::describe(prior.header())))?;
            Ok(0)
        }
        Command::Train(command) => train(*command, terminal),
        Command::Evaluate(args) => evaluate(*args, terminal),
        Command::Vault(command) => vault::run(*command, terminal),
        Command::Model(args) => model(args, terminal),
        Command::Knowledge(args) => knowledge(args, terminal),
        Command::Diagnoses(args) => {
            let found = diagnoses::find(args.query.as_deref(), args.limit, &args.knowledge, terminal)?;
            terminal.print(&found)?;
            Ok(0)
        }
        Command::Doctor(args) => {
            let report = doctor::examine(&args.knowledge, ask_devices(), &terminal::today())?;
            let text = if args.json {
                serde_json::to_string_pretty(&report).unwrap_or_default() + "\n"
            } else {
                report.text()
            };
            terminal.print(&text)?;
            Ok(u8::from(!report.problems.is_empty()))
        }
    }
}

fn evaluate(command: EvaluateCommand, terminal: &mut Terminal) -> Result<u8, AppError> {
    if let Some(EvaluateOf::Exam(args)) = command.of {
        let examined = exam::exam(&args.request(), terminal, &interruptible())?;
        terminal.print(examined.table.as_deref().unwrap_or_default())?;
        return Ok(examined.exit_code());
    }
    if let Some(EvaluateOf::Folds(args)) = command.of {
        let divided = evaluate::folds::folds(&args.request()?, terminal)?;
        terminal.print(&divided.text())?;
        return Ok(divided.exit_code());
    }
    // The parser has asked for one of them.
    let Some(args) = command.suggestions else { return Ok(2) };
    let evaluated = evaluate::evaluate(&args.request(), terminal)?;
    terminal.print(evaluated.table.as_deref().unwrap_or_default())?;
    Ok(evaluated.exit_code())
}

fn train(mut command: TrainCommand, terminal: &mut Terminal) -> Result<u8, AppError> {
    match command.of.take() {
        Some(TrainOf::Grid(args)) => {
            let done = train::grid::grid(&args.request(), terminal, &interruptible())?;
            terminal.print(&done.text)?;
            return Ok(u8::from(done.rejected > 0));
        }
        Some(TrainOf::Merge(args)) => {
            let merged = train::merge::merge(&args.request(), terminal)?;
            terminal.print(&train::merge::describe(&merged))?;
            return Ok(0);
        }
        None => {}
    }
    let missing = || AppError::Unusable("train: give --samples and --out; see `bogam train --help`".to_owned());
    let request = command.request().ok_or_else(missing)?;
    let run = train::run(&request, terminal, &interruptible())?;
    terminal.print(&train::describe(&run))?;
    Ok(u8::from(run.read.rejected() > 0))
}

fn finish(summary: &Summary, terminal: &mut Terminal) -> u8 {
    let mut parts = vec![format!("{} answered", summary.answered)];
    let more = [
        (summary.rejected, "rejected"),
        (summary.blank, "blank lines skipped"),
        (summary.critical, "with a critical finding"),
        (summary.restarts, "restarts of the model's process"),
    ];
    parts.extend(more.into_iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")));
    terminal.say(&parts.join(", "));
    summary.exit_code()
}

fn knowledge(command: KnowledgeCommand, terminal: &mut Terminal) -> Result<u8, AppError> {
    match command {
        KnowledgeCommand::Info { knowledge: site, json } => {
            let info = knowledge::info(&site, &terminal::today())?;
            let json = json.then(|| serde_json::to_string_pretty(&info).unwrap_or_default() + "\n");
            terminal.print(&json.unwrap_or_else(|| info.text()))?;
            Ok(0)
        }
        KnowledgeCommand::Check { knowledge: site, pack } => {
            let (text, code) = match knowledge::check(&site, pack.as_deref(), &terminal::today())? {
                Ok(info) => (format!("no fault\n{}", info.text()), 0),
                Err(faults) => (faults.iter().map(|fault| format!("{fault}\n")).collect(), 2),
            };
            terminal.print(&text)?;
            Ok(code)
        }
        KnowledgeCommand::Coverage { cases, recorded, knowledge } => {
            let coverage = coverage::coverage(&CoverageRequest { cases, recorded, knowledge })?;
            terminal.print(&(serde_json::to_string_pretty(&coverage).unwrap_or_default() + "\n"))?;
            Ok(u8::from(coverage.rejected > 0))
        }
        KnowledgeCommand::Import(args) => {
            let report = knowledge::import(&args.request(), terminal)?;
            terminal.print(&report.text())?;
            Ok(report.exit_code())
        }
    }
}

fn model(command: ModelCommand, terminal: &mut Terminal) -> Result<u8, AppError> {
    match command {
        ModelCommand::List => {
            for model in models::all()? {
                let mark = if model.entry.default { "*" } else { " " };
                let place = model.path.as_ref().map_or("not here".to_owned(), |p| p.display().to_string());
                terminal.print(&format!("{mark} {}\t{}\t{place}\n", model.entry.name, model.entry.licence))?;
            }
            Ok(0)
        }
        ModelCommand::Add { file, name, default } => {
            terminal.stage("Copying and hashing");
            let entry = models::add(&file, name.as_deref(), default)?;
            terminal.say(&format!("added {} ({})", entry.name, entry.sha256));
            Ok(0)
        }
        ModelCommand::Verify { name } => {
            let mut faults = 0;
            for model in models::all()?.iter().filter(|m| name.as_ref().is_none_or(|n| n == &m.entry.name)) {
                let verdict = models::verify(model);
                faults += u8::from(verdict.is_err());
                let said = verdict.map_or_else(|e| e.to_string(), |()| "intact".to_owned());
                terminal.print(&format!("{}\t{said}\n", model.entry.name))?;
            }
            Ok(u8::from(faults > 0))
        }
        ModelCommand::Convert { model, to, default, threads, json } => {
            let quantization = to.map(Into::into);
            let request = ConvertRequest { model, quantization, default, threads, worker: None };
            let report = convert::convert(&request, terminal, &interruptible())?;
            let json = json.then(|| serde_json::to_string_pretty(&report).unwrap_or_default() + "\n");
            terminal.print(&json.unwrap_or_else(|| report.text()))?;
            Ok(u8::from(report.entry.is_none()))
        }
        ModelCommand::Info { file } => {
            let text = terminal::model_info(Path::new(&file))?;
            terminal.print(&text)?;
            Ok(0)
        }
    }
}

/// Lists devices as JSON on stdout.
fn list_devices() -> ExitCode {
    match doctor::list_devices() {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::from(3),
    }
}
