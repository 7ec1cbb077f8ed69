//! The commands. Each is one call of [`bogam_app::window::Window`].

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bogam_app::window::types as t;
use bogam_app::window::{Answer, Window, hand_to_printer, save_leaflet};
use bogam_clinical::input::{CaseInput, DrugInput};
use bogam_clinical::text::Lang;
use serde::Serialize;
use tauri::ipc::{Channel, Invoke, IpcResponse};
use tauri::{AppHandle, Manager as _, State, WebviewWindow};
use tauri_plugin_dialog::DialogExt as _;

/// What the commands share.
pub struct Shell {
    pub window: Arc<Window>,
    events: Mutex<Option<Channel<t::AppEvent>>>,
}

impl Shell {
    pub const fn new(window: Arc<Window>) -> Self {
        Self { window, events: Mutex::new(None) }
    }

    /// Tells the page something; false when no page listens.
    pub fn tell(&self, event: t::AppEvent) -> bool {
        let events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        events.as_ref().is_some_and(|channel| channel.send(event).is_ok())
    }
}

/// Does work where it may take its time: the threads of the shell stay free, so that what goes on can be stopped.
async fn apart<T: Send + 'static>(
    app: AppHandle,
    work: impl FnOnce(&AppHandle, &Shell) -> Answer<T> + Send + 'static,
) -> Answer<T> {
    let shell = Arc::clone(&app.state::<Arc<Shell>>());
    let done = tauri::async_runtime::spawn_blocking(move || work(&app, &shell)).await;
    // Work that panicked: the window says that something unforeseen happened, and goes on.
    done.unwrap_or_else(|_| Err(Box::new(t::ApiErrorData { code: "unknown".to_owned(), params: t::Params::new() })))
}

/// A channel for progress; a page that went away hears nothing, and the work goes on.
fn to<T: IpcResponse>(channel: &Channel<T>) -> impl FnMut(T) {
    move |told| drop(channel.send(told))
}

/// The handler of all of them.
pub fn handler() -> impl Fn(Invoke) -> bool + Send + Sync + 'static {
    tauri::generate_handler![
        start,
        subscribe,
        create_vault,
        confirm_recovery_key,
        finish_first_run,
        unlock,
        unlock_with_recovery_key,
        lock,
        activity,
        save_preferences,
        close_window,
        stop_job,
        search_cases,
        read_case,
        new_case,
        check_case,
        save_draft,
        drafts,
        keep_text,
        kept_texts,
        renew_recovery_key,
        remove_added,
        discard_draft,
        save_case,
        parse_case,
        search_diagnoses,
        search_drugs,
        search_allergens,
        search_labs,
        suggest,
        read_suggestion,
        decide,
        undo_decision,
        check_drug,
        add_drug,
        override_finding,
        sign,
        save_advice,
        confirm_advice,
        print_leaflet,
        clinic,
        set_clinic,
        save_review,
        review_queue,
        agreement,
        conversations,
        read_conversation,
        consult,
        export_csv,
        import_reviews,
        people,
        add_person,
        set_roles,
        remove_person,
        reset_passphrase,
        change_passphrase,
        audit,
        verify_vault,
        backup_state,
        backup,
        import_cases,
        packs,
        open_pack,
        import_pack,
        import_tables,
        imports,
        evaluations,
        about,
        models,
        add_model,
        verify_model,
        remove_model,
        set_model,
        adapters,
        add_adapter,
        remove_adapter,
        training,
        choose_samples,
        plan_training,
        train,
        resume_training,
        training_losses,
        use_training,
        remove_training
    ]
}

/// Commands that hand their arguments on.
macro_rules! commands {
    ($(fn $name:ident($($arg:ident: $type:ty),*) -> $result:ty = |$shell:ident| $call:expr;)+) => {
        $(
            #[tauri::command(rename_all = "snake_case")]
            async fn $name(app: AppHandle, $($arg: $type),*) -> $result {
                apart(app, move |_, behind| {
                    let $shell = &behind.window;
                    $call
                })
                .await
            }
        )+
    };
}

#[derive(Serialize)]
struct Suggested {
    suggestion: i64,
}

#[derive(Serialize)]
struct RecoveryKeyShown {
    recovery_key: String,
}

#[derive(Serialize)]
struct Saved {
    at: String,
}

commands! {
    fn start() -> Answer<t::Start> = |w| Ok(w.start());
    fn create_vault(person: String, passphrase: String, preferences: t::Preferences) -> Answer<RecoveryKeyShown> =
        |w| w.create_vault(&person, &passphrase, &preferences).map(|recovery_key| RecoveryKeyShown { recovery_key });
    fn confirm_recovery_key(positions: Vec<usize>, groups: Vec<String>) -> Answer<bool> =
        |w| w.confirm_recovery_key(&positions, &groups);
    fn finish_first_run() -> Answer<t::SessionView> = |w| w.finish_first_run();
    fn unlock(person: String, passphrase: String) -> Answer<t::SessionView> = |w| w.unlock(&person, &passphrase);
    fn unlock_with_recovery_key(recovery_key: String, person: String, passphrase: String) -> Answer<t::SessionView> =
        |w| w.unlock_with_recovery_key(&recovery_key, &person, &passphrase);
    fn activity() -> Answer<()> = |w| {
        w.activity();
        Ok(())
    };
    fn save_preferences(preferences: t::Preferences) -> Answer<()> = |w| w.save_preferences(&preferences);
    fn stop_job(job: u64) -> Answer<()> = |w| {
        w.stop_job(job);
        Ok(())
    };
    fn search_cases(query: t::CaseQuery) -> Answer<t::CasePage> = |w| w.search_cases(&query);
    fn read_case(key: i64, version: Option<u32>) -> Answer<t::CaseView> = |w| w.read_case(key, version);
    fn new_case() -> Answer<CaseInput> = |w| w.new_case();
    fn check_case(content: CaseInput) -> Answer<t::CaseCheck> = |w| w.check_case(&content);
    fn save_draft(draft: String, content: CaseInput) -> Answer<Saved> =
        |w| w.save_draft(&draft, &content).map(|at| Saved { at });
    fn drafts() -> Answer<Vec<t::NewDraft>> = |w| w.drafts();
    fn keep_text(place: String, text: Option<String>) -> Answer<()> = |w| w.keep_text(&place, text.as_deref());
    fn kept_texts() -> Answer<std::collections::BTreeMap<String, String>> = |w| w.kept_texts();
    fn renew_recovery_key() -> Answer<RecoveryKeyShown> =
        |w| w.renew_recovery_key().map(|recovery_key| RecoveryKeyShown { recovery_key });
    fn discard_draft(draft: String) -> Answer<()> = |w| w.discard_draft(&draft);
    fn parse_case(text: String) -> Answer<t::ParsedCase> = |w| w.parse_case(&text);
    fn search_diagnoses(query: String, limit: usize) -> Answer<Vec<t::DiagnosisHit>> =
        |w| w.search_diagnoses(&query, limit);
    fn search_drugs(query: String, limit: usize) -> Answer<Vec<t::DrugHit>> = |w| w.search_drugs(&query, limit);
    fn search_allergens(query: String, limit: usize) -> Answer<Vec<t::AllergenHit>> =
        |w| w.search_allergens(&query, limit);
    fn search_labs(query: String, limit: usize) -> Answer<Vec<t::LabHit>> = |w| w.search_labs(&query, limit);
    fn read_suggestion(id: i64) -> Answer<t::SuggestionView> = |w| w.read_suggestion(id);
    fn decide(id: i64, decisions: Vec<t::Decision>, overrides: Vec<t::FindingOverride>) -> Answer<t::SuggestionView> =
        |w| w.decide(id, &decisions, &overrides);
    fn remove_added(id: i64, ingredient: String) -> Answer<t::SuggestionView> = |w| w.remove_added(id, &ingredient);
    fn undo_decision(id: i64, ingredient: String) -> Answer<t::SuggestionView> = |w| w.undo_decision(id, &ingredient);
    fn check_drug(id: i64, drug: DrugInput, instead_of: Option<String>) -> Answer<t::AddedDrug> =
        |w| w.check_drug(id, &drug, instead_of.as_deref());
    fn add_drug(id: i64, drug: DrugInput, overrides: Vec<t::FindingOverride>) -> Answer<t::SuggestionView> =
        |w| w.add_drug(id, &drug, &overrides);
    fn override_finding(id: i64, r#override: t::FindingOverride) -> Answer<t::SuggestionView> =
        |w| w.override_finding(id, &r#override);
    fn sign(id: i64) -> Answer<t::SuggestionView> = |w| w.sign(id);
    fn save_advice(id: i64, lang: Lang, text: String) -> Answer<t::SuggestionView> = |w| w.save_advice(id, lang, &text);
    fn confirm_advice(id: i64, with_model_written: bool) -> Answer<t::SuggestionView> =
        |w| w.confirm_advice(id, with_model_written);
    fn clinic() -> Answer<t::Clinic> = |w| w.clinic();
    fn set_clinic(name: String, phone: String) -> Answer<()> = |w| w.set_clinic(&t::Clinic { name, phone });
    fn save_review(id: i64, review: t::Review) -> Answer<t::SuggestionView> = |w| w.save_review(id, &review);
    fn review_queue(after: Option<i64>, limit: usize, undone: bool) -> Answer<t::ReviewQueue> =
        |w| w.review_queue(after, limit, undone);
    fn agreement() -> Answer<t::Agreement> = |w| w.agreement();
    fn conversations(key: Option<i64>) -> Answer<Vec<t::ConversationHead>> = |w| w.conversations(key);
    fn read_conversation(id: i64) -> Answer<t::Conversation> = |w| w.read_conversation(id);
    fn consult(
        id: Option<i64>,
        key: Option<i64>,
        text: String,
        replace: Option<u32>,
        settings: t::GenerationSettings,
        on: Channel<t::TalkEvent>
    ) -> Answer<t::Conversation> =
        |w| w.consult(&t::Question { id, key, text, replace, settings }, &mut to(&on));
    fn models() -> Answer<Vec<t::ModelView>> = |w| w.models();
    fn verify_model(name: String, on: Channel<t::Progress>) -> Answer<t::ModelView> =
        |w| w.verify_model(&name, &mut to(&on));
    fn remove_model(name: String) -> Answer<()> = |w| w.remove_model(&name);
    fn set_model(name: String, default: bool, settings: t::ModelSettings) -> Answer<t::ModelView> =
        |w| w.set_model(&name, default, &settings);
    fn adapters() -> Answer<Vec<t::AdapterView>> = |w| w.adapters();
    fn remove_adapter(name: String) -> Answer<()> = |w| w.remove_adapter(&name);
    fn training() -> Answer<t::Training> = |w| w.training();
    fn plan_training(choice: t::TrainingChoice, on: Channel<t::Progress>) -> Answer<t::TrainingPlan> =
        |w| w.plan_training(&choice, &mut to(&on));
    fn train(choice: t::TrainingChoice, on: Channel<t::Progress>) -> Answer<t::TrainingRun> =
        |w| w.train(&choice, &mut to(&on));
    fn resume_training(id: String, on: Channel<t::Progress>) -> Answer<t::TrainingRun> =
        |w| w.resume_training(&id, &mut to(&on));
    fn training_losses(id: String) -> Answer<Vec<t::Loss>> = |w| w.training_losses(&id);
    fn use_training(id: String) -> Answer<t::AdapterInUse> = |w| w.use_training(&id);
    fn remove_training(id: String) -> Answer<()> = |w| w.remove_training(&id);
    fn people() -> Answer<Vec<t::PersonView>> = |w| w.people();
    fn add_person(name: String, passphrase: String, roles: Vec<t::Role>) -> Answer<Vec<t::PersonView>> =
        |w| w.add_person(&name, &passphrase, &roles);
    fn set_roles(id: i64, roles: Vec<t::Role>) -> Answer<Vec<t::PersonView>> = |w| w.set_roles(id, &roles);
    fn remove_person(id: i64) -> Answer<Vec<t::PersonView>> = |w| w.remove_person(id);
    fn reset_passphrase(id: i64, passphrase: String) -> Answer<()> = |w| w.reset_passphrase(id, &passphrase);
    fn change_passphrase(present: String, passphrase: String) -> Answer<()> =
        |w| w.change_passphrase(&present, &passphrase);
    fn audit(before: Option<u64>, limit: usize) -> Answer<t::AuditPage> = |w| w.audit(before, limit);
    fn verify_vault(on: Channel<t::Progress>) -> Answer<t::VerifyReport> = |w| w.verify_vault(&mut to(&on));
    fn backup_state() -> Answer<t::BackupView> = |w| w.backup_state();
    fn packs() -> Answer<Vec<t::PackView>> = |w| w.packs();
    fn import_pack(token: String) -> Answer<Vec<t::PackView>> = |w| w.import_pack(&token);
    fn imports() -> Answer<Vec<t::ImportReport>> = |w| w.imports();
    fn evaluations() -> Answer<Vec<t::EvaluationView>> = |w| w.evaluations();
    fn about() -> Answer<t::About> = |w| w.about();
}

#[tauri::command(async, rename_all = "snake_case")]
fn subscribe(behind: State<'_, Arc<Shell>>, on: Channel<t::AppEvent>) {
    *behind.events.lock().unwrap_or_else(PoisonError::into_inner) = Some(on);
}

#[tauri::command(rename_all = "snake_case")]
async fn save_case(app: AppHandle, content: CaseInput, key: Option<i64>, version: Option<u32>) -> Answer<t::CaseView> {
    apart(app, move |_, behind| {
        let saved = behind.window.save_case(&content, key, version)?;
        behind.tell(t::AppEvent::CaseChanged { key: saved.key });
        Ok(saved)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn suggest(app: AppHandle, key: i64, options: t::SuggestOptions, on: Channel<t::Progress>) -> Answer<Suggested> {
    apart(app, move |_, behind| {
        let made = behind.window.suggest(key, &options, &mut to(&on));
        // Ended, failed or stopped: its row reads otherwise now.
        behind.tell(t::AppEvent::CaseChanged { key });
        made.map(|suggestion| Suggested { suggestion })
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn lock(app: AppHandle) -> Answer<()> {
    apart(app, |_, behind| {
        behind.window.lock();
        behind.tell(t::AppEvent::Locked { reason: "asked" });
        Ok(())
    })
    .await
}

/// How long a training may take to end at a checkpoint when the window is closed.
pub(crate) const ENDING: Duration = Duration::from_secs(60);

#[tauri::command(rename_all = "snake_case")]
async fn close_window(app: AppHandle, window: WebviewWindow, force: bool) -> Answer<()> {
    apart(app, move |_, behind| {
        if force || behind.window.running() == 0 {
            behind.window.lock();
            behind.window.end_training(ENDING);
            // A window that is gone already is closed.
            drop(window.destroy());
        }
        Ok(())
    })
    .await
}

/// A path that was chosen ahead, where a driver cannot reach the dialogs of the system: the next line of the file that
/// `BOGAM_CHOOSE` names, an empty one for a dialog that is closed. Only in a build for automation, and only under it.
#[cfg(feature = "automation")]
fn chosen_ahead() -> Option<Option<PathBuf>> {
    std::env::var_os("TAURI_WEBVIEW_AUTOMATION")?;
    let list = PathBuf::from(std::env::var_os("BOGAM_CHOOSE")?);
    let text = std::fs::read_to_string(&list).unwrap_or_default();
    let (next, rest) = text.split_once('\n').unwrap_or((&text, ""));
    // One that stays in the list is chosen again, and the test sees it.
    drop(std::fs::write(&list, rest));
    Some((!next.is_empty()).then(|| PathBuf::from(next)))
}

#[cfg(not(feature = "automation"))]
const fn chosen_ahead() -> Option<Option<PathBuf>> {
    None
}

/// A path to write to, or none when the person closes the dialog.
fn save_as(app: &AppHandle, name: &str) -> Option<PathBuf> {
    let dialog = || app.dialog().file().set_file_name(name).blocking_save_file()?.into_path().ok();
    chosen_ahead().unwrap_or_else(dialog)
}

/// A file to read, or none.
fn open_file(app: &AppHandle) -> Option<PathBuf> {
    chosen_ahead().unwrap_or_else(|| app.dialog().file().blocking_pick_file()?.into_path().ok())
}

/// A folder to read, or none.
fn open_folder(app: &AppHandle) -> Option<PathBuf> {
    chosen_ahead().unwrap_or_else(|| app.dialog().file().blocking_pick_folder()?.into_path().ok())
}

#[tauri::command(rename_all = "snake_case")]
async fn export_csv(app: AppHandle, deidentified: bool) -> Answer<Option<t::ExportedCsv>> {
    apart(app, move |app, behind| {
        let Some(path) = save_as(app, "bogam.csv") else { return Ok(None) };
        behind.window.export_csv(&path, deidentified).map(Some)
    })
    .await
}

/// Gives the path of a file that was written; null for the printer, and when the person closes the dialog.
#[tauri::command(rename_all = "snake_case")]
async fn print_leaflet(
    app: AppHandle,
    id: i64,
    lang: Lang,
    paper: t::Paper,
    to: t::PrintTo,
) -> Answer<Option<t::SavedLeaflet>> {
    apart(app, move |app, behind| {
        let pdf = behind.window.leaflet(id, lang, paper)?;
        match to {
            t::PrintTo::Printer => hand_to_printer("lp".as_ref(), &pdf, paper).map(|()| None),
            t::PrintTo::File => {
                let Some(path) = save_as(app, "leaflet.pdf") else { return Ok(None) };
                save_leaflet(&path, &pdf)?;
                Ok(Some(t::SavedLeaflet { path: path.display().to_string() }))
            }
        }
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn import_reviews(app: AppHandle) -> Answer<Option<t::ImportedReviews>> {
    apart(app, move |app, behind| {
        let Some(path) = open_file(app) else { return Ok(None) };
        behind.window.import_reviews(&path).map(Some)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn backup(app: AppHandle, on: Channel<t::Progress>) -> Answer<Option<t::BackupView>> {
    apart(app, move |app, behind| {
        let Some(path) = save_as(app, "clinic.bogam-backup") else { return Ok(None) };
        behind.window.backup(&path, &mut to(&on)).map(Some)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn import_cases(app: AppHandle, on: Channel<t::Progress>) -> Answer<Option<t::ImportedCases>> {
    apart(app, move |app, behind| {
        let Some(path) = open_file(app) else { return Ok(None) };
        behind.window.import_cases(&path, &mut to(&on)).map(Some)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn open_pack(app: AppHandle) -> Answer<Option<t::PackDifference>> {
    apart(app, move |app, behind| {
        let Some(path) = open_folder(app) else { return Ok(None) };
        behind.window.open_pack(&path).map(Some)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn import_tables(app: AppHandle, learn: bool, on: Channel<t::Progress>) -> Answer<Option<t::ImportReport>> {
    apart(app, move |app, behind| {
        let Some(path) = open_folder(app) else { return Ok(None) };
        behind.window.import_tables(&path, learn, &mut to(&on)).map(Some)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn add_model(app: AppHandle, path: Option<PathBuf>, on: Channel<t::Progress>) -> Answer<Option<t::ModelView>> {
    apart(app, move |app, behind| {
        let Some(path) = path.or_else(|| open_file(app)) else { return Ok(None) };
        behind.window.add_model(&path, &mut to(&on)).map(Some)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn add_adapter(app: AppHandle, on: Channel<t::Progress>) -> Answer<Option<t::AdapterView>> {
    apart(app, move |app, behind| {
        let Some(path) = open_file(app) else { return Ok(None) };
        behind.window.add_adapter(&path, &mut to(&on)).map(Some)
    })
    .await
}

#[tauri::command(rename_all = "snake_case")]
async fn choose_samples(app: AppHandle) -> Answer<Option<t::SamplesFile>> {
    apart(app, move |app, behind| {
        let Some(path) = open_file(app) else { return Ok(None) };
        behind.window.choose_samples(&path).map(Some)
    })
    .await
}
