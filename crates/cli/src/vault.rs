//! `bogam vault`: open, call `app`, print.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use bogam_app::AppError;
use bogam_app::job::JobSink as _;
use bogam_app::output::Output;
use bogam_app::vault::store::{AuditLine, Credential, RecoveryKey, Verified};
use bogam_app::vault::{Session, audit_heads};
use jiff::Timestamp;
use zeroize::Zeroizing;

use crate::args::{Key, PeopleCommand, VaultCommand};
use crate::terminal::Terminal;

/// The clock of the command line.
fn now() -> Timestamp {
    Timestamp::now()
}

/// A secret: a line of standard input, or asked for where that is a terminal.
fn secret(what: &str) -> Result<Zeroizing<String>, AppError> {
    let failed = |e: std::io::Error| AppError::Unusable(format!("standard input: {what} cannot be read ({e})"));
    if std::io::stdin().is_terminal() {
        return rpassword::prompt_password(format!("{what}: ")).map(Zeroizing::new).map_err(failed);
    }
    // Made large enough at once, so that no part of it is left behind by growing.
    let mut line = Zeroizing::new(String::with_capacity(4096));
    let read = std::io::stdin().lock().read_line(&mut line).map_err(failed)?;
    if read == 0 {
        return Err(AppError::Unusable(format!("standard input: {what} is missing; give it as a line of its own")));
    }
    while line.ends_with(['\n', '\r']) {
        line.pop();
    }
    Ok(line)
}

/// A new secret: asked for twice where somebody types it.
fn new_secret(what: &str) -> Result<Zeroizing<String>, AppError> {
    let first = secret(what)?;
    if std::io::stdin().is_terminal() && *secret("the same again")? != *first {
        return Err(AppError::Unusable("both are not the same; nothing was changed".to_owned()));
    }
    Ok(first)
}

fn open(key: &Key, terminal: &mut Terminal) -> Result<Session, AppError> {
    let passphrase = secret(&format!("passphrase of {}", key.person))?;
    let credential = Credential::Passphrase { name: &key.person, passphrase: &passphrase };
    let session = Session::open(&key.vault, credential, now())?;
    if let Some(why) = session.read_only() {
        terminal.warn(&format!("{}: open for reading only: {why}", key.vault.display()));
    }
    Ok(session)
}

/// Runs a command.
pub fn run(command: VaultCommand, terminal: &mut Terminal) -> Result<u8, AppError> {
    match command {
        VaultCommand::Init(key) => {
            let passphrase = new_secret(&format!("new passphrase of {}", key.person))?;
            let (session, recovery) = Session::create(&key.vault, &key.person, &passphrase, now())?;
            show(&recovery, terminal)?;
            session.close()?;
            Ok(0)
        }
        VaultCommand::Add(args) => {
            let (key, request) = args.request();
            let session = open(&key, terminal)?;
            let added = session.add_files(&request, now(), terminal)?;
            session.close()?;
            terminal.say(&added.text());
            Ok(added.exit_code())
        }
        VaultCommand::Search(args) => {
            let session = open(&args.key, terminal)?;
            let mut out = Output::open(&args.out, &args.key.vault, true, terminal)?;
            let request = args.which.request(args.query);
            let found = session.search_all(&request, |hit| out.record(hit))?;
            out.finish()?;
            terminal.say(&format!("{found} cases"));
            Ok(0)
        }
        VaultCommand::Status { key, json } => {
            let status = open(&key, terminal)?.status()?;
            let json = json.then(|| serde_json::to_string_pretty(&status).unwrap_or_default() + "\n");
            terminal.print(&json.unwrap_or_else(|| status.text()))?;
            Ok(0)
        }
        VaultCommand::ExportCsv(args) => {
            let (key, request) = args.request();
            let done = open(&key, terminal)?.export_csv(&request, terminal)?;
            terminal.say(&format!("{} rows of {} suggestions", done.rows, done.suggestions));
            Ok(0)
        }
        VaultCommand::ImportReview { key, reviews } => {
            let session = open(&key, terminal)?;
            let done = session.import_reviews(&reviews, now(), terminal)?;
            session.close()?;
            for fault in &done.rejected {
                terminal.warn(&format!("{}, line {}: {}", reviews.display(), fault.line, fault.what));
            }
            terminal.say(&done.text());
            Ok(done.exit_code())
        }
        VaultCommand::ExportDecisions { key, reviews, cases } => {
            let written = open(&key, terminal)?.export_decisions(&reviews, &cases, terminal)?;
            terminal.say(&format!("{written} decisions"));
            Ok(0)
        }
        VaultCommand::Backup(args) => {
            let session = open(&args.key, terminal)?;
            terminal.stage("Writing the backup");
            let made = match (&args.to, &args.into) {
                (Some(to), _) => session.backup(to, now())?,
                (None, Some(folder)) => session.backup_into(folder, args.keep, now())?,
                // The parser has asked for one of them.
                (None, None) => return Ok(2),
            };
            session.close()?;
            let removed = made.removed.len();
            let removed = if removed > 0 { format!(", {removed} older ones removed") } else { String::new() };
            terminal.say(&format!("{} ({} bytes){removed}", made.path.display(), made.bytes));
            Ok(0)
        }
        VaultCommand::Restore { from, key } => {
            let passphrase = secret(&format!("passphrase of {}", key.person))?;
            let credential = Credential::Passphrase { name: &key.person, passphrase: &passphrase };
            terminal.stage("Checking and restoring");
            let (session, verified) = Session::restore(&from, &key.vault, credential, now())?;
            session.close()?;
            terminal.say(&format!("restored to {}", key.vault.display()));
            terminal.print(&verified_text(&verified))?;
            Ok(0)
        }
        VaultCommand::Rescue { key, to } => {
            let passphrase = secret(&format!("passphrase of {}", key.person))?;
            let credential = Credential::Passphrase { name: &key.person, passphrase: &passphrase };
            terminal.stage("Rescuing");
            let (session, rescued) = Session::rescue(&key.vault, &to, credential, now())?;
            session.close()?;
            terminal.print(&(serde_json::to_string_pretty(&rescued).unwrap_or_default() + "\n"))?;
            Ok(u8::from(!rescued.lost.is_empty()))
        }
        VaultCommand::Repair(key) => {
            let passphrase = secret(&format!("passphrase of {}", key.person))?;
            let credential = Credential::Passphrase { name: &key.person, passphrase: &passphrase };
            Session::repair_header(&key.vault, credential, now())?.close()?;
            terminal
                .say("the header was written anew from its copy; check the audit against one that was kept elsewhere");
            Ok(0)
        }
        VaultCommand::Verify { key, kept, json } => {
            let session = open(&key, terminal)?;
            let kept = kept.as_deref().map(audit_heads).transpose()?.unwrap_or_default();
            terminal.stage("Verifying");
            let verified = session.verify(&kept)?;
            let json = json.then(|| serde_json::to_string_pretty(&verified).unwrap_or_default() + "\n");
            terminal.print(&json.unwrap_or_else(|| verified_text(&verified)))?;
            Ok(if verified.is_clean() { 0 } else { 2 })
        }
        VaultCommand::Passwd { key, recovery } => passwd(&key, recovery, terminal),
        VaultCommand::People { key, what } => people(&key, what.unwrap_or(PeopleCommand::List), terminal),
        VaultCommand::Rekey { key, recovery_key } => {
            let mut session = open(&key, terminal)?;
            if recovery_key {
                let recovery = session.renew_recovery_key(now())?;
                show(&recovery, terminal)?;
            } else {
                terminal.stage("Encrypting everything anew");
                session.rotate(now())?;
                terminal.say("the key of the database is a new one; every passphrase stays as it was");
            }
            session.close()?;
            Ok(0)
        }
        VaultCommand::Audit { key, out } => audit(&key, &out, terminal),
    }
}

/// Shows a recovery key, the only time that it is there to be shown.
fn show(recovery: &RecoveryKey, terminal: &mut Terminal) -> Result<(), AppError> {
    let mut text = recovery.text();
    text.push('\n');
    terminal.print(&text)?;
    terminal.say(
        "This is the recovery key. It opens the vault when passphrases are lost, and is not shown again: write it \
         down, and keep it apart from the machine.",
    );
    Ok(())
}

fn passwd(key: &Key, recovery: bool, terminal: &mut Terminal) -> Result<u8, AppError> {
    if recovery {
        let lost = RecoveryKey::parse(&secret("recovery key")?)?;
        let new = new_secret(&format!("new passphrase of {}", key.person))?;
        let session = Session::open(&key.vault, Credential::Recovery(&lost), now())?;
        session.reset_passphrase(session.person_named(&key.person)?, &new, now())?;
        session.close()?;
    } else {
        let present = secret(&format!("present passphrase of {}", key.person))?;
        let new = new_secret("new passphrase")?;
        let credential = Credential::Passphrase { name: &key.person, passphrase: &present };
        let session = Session::open(&key.vault, credential, now())?;
        session.change_passphrase(&present, &new, now())?;
        session.close()?;
    }
    terminal.say(&format!("{} has a new passphrase", key.person));
    Ok(0)
}

fn people(key: &Key, what: PeopleCommand, terminal: &mut Terminal) -> Result<u8, AppError> {
    let session = open(key, terminal)?;
    match what {
        PeopleCommand::List => {
            for person in session.people()? {
                let roles: Vec<&str> = person.roles.iter().map(|r| r.word()).collect();
                let removed = person.removed.map(|at| format!("\tremoved {at}")).unwrap_or_default();
                terminal.print(&format!("{}\t{}\tadded {}{removed}\n", person.name, roles.join(","), person.added))?;
            }
        }
        PeopleCommand::Add { name, role } => {
            let passphrase = new_secret(&format!("first passphrase of {name}"))?;
            session.add_person(&name, &passphrase, &role.into_iter().collect(), now())?;
            terminal.say(&format!("{name} was added"));
        }
        PeopleCommand::Remove { name } => {
            session.remove_person(session.person_named(&name)?, now())?;
            terminal.say(&format!("{name} was removed; run `bogam vault rekey` so that older copies open nothing new"));
        }
        PeopleCommand::Rename { name, to } => {
            session.rename_person(session.person_named(&name)?, &to, now())?;
            terminal.say(&format!("{name} is now {to}"));
        }
        PeopleCommand::Roles { name, role } => {
            session.set_roles(session.person_named(&name)?, &role.into_iter().collect(), now())?;
            terminal.say(&format!("the roles of {name} were changed"));
        }
        PeopleCommand::Reset { name } => {
            let passphrase = new_secret(&format!("new passphrase of {name}"))?;
            session.reset_passphrase(session.person_named(&name)?, &passphrase, now())?;
            terminal.say(&format!("{name} has a new passphrase"));
        }
    }
    session.close()?;
    Ok(0)
}

fn audit(key: &Key, out: &Path, terminal: &mut Terminal) -> Result<u8, AppError> {
    let session = open(key, terminal)?;
    let mut written = Output::open(out, &key.vault, false, terminal)?;
    let mut failed = None;
    let mut lines = 0_u64;
    session.audit(&mut |line: AuditLine| {
        if failed.is_none() {
            failed = written.record(&line).err();
            lines += 1;
        }
    })?;
    if let Some(error) = failed {
        return Err(error);
    }
    written.finish()?;
    terminal.say(&format!("{lines} lines; keep the last one elsewhere: `bogam vault verify --kept` looks for it"));
    Ok(0)
}

fn verified_text(found: &Verified) -> String {
    let mut text = format!("{} lines of audit\n", found.audit_lines);
    let kinds = [
        ("pages", &found.pages),
        ("structure", &found.structure),
        ("references", &found.references),
        ("header", &found.header),
    ];
    for (name, faults) in kinds {
        if faults.count == 0 {
            text.push_str(&format!("{name}: no fault\n"));
            continue;
        }
        text.push_str(&format!("{name}: {} faults\n", faults.count));
        faults.first.iter().for_each(|fault| text.push_str(&format!("  {fault}\n")));
    }
    if found.audit.is_empty() {
        text.push_str("audit: no fault\n");
    } else {
        text.push_str(&format!("audit: {} faults\n", found.audit.len()));
        found.audit.iter().for_each(|fault| text.push_str(&format!("  {fault}\n")));
    }
    if !found.is_clean() {
        text.push_str(
            "what to do: restore a backup, or bring what is left into a new vault with `bogam vault rescue`\n",
        );
    }
    text
}
