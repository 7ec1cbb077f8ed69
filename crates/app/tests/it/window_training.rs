//! Training in the window, and the adapters that come of it, with a tiny model. Models and adapters lie in the home folder: each
//! of these tests is a process of its own, with a home folder that is thrown away.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use bogam_app::AppError;
use bogam_app::open::{ModelChoice, Opened};
use bogam_app::window::types::{
    AdapterView, ModelSettings, Progress, Role, RunEnd, Stage, TrainingChoice, TrainingPreset, TrainingRun,
};
use bogam_app::window::{ApiError, ModelHolder, Surroundings, Window};
use bogam_engine::Engine as _;
use bogam_engine::llama::WorkerCommand;
use bogam_train::{Adapter, Base, DType, Module, exchange};
use serde_json::json;

use crate::vaults::{OWNER, PASSPHRASE, Place};

#[path = "../../../train/tests/it/disk.rs"]
#[allow(dead_code, reason = "the tiny model of the trainer's tests, of which these need the file alone")]
mod disk;

/// Says to a process that it is the test itself, and not who starts it.
const CHILD: &str = "BOGAM_TEST_CHILD";

/// Whether this is the process in which the test is done; else it is started, and its end waited for.
fn in_a_home_of_its_own(test: &str) -> bool {
    if std::env::var_os(CHILD).is_some() {
        return true;
    }
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([&format!("window_training::{test}"), "--exact", "--nocapture", "--test-threads=1"]);
    let done = command.env(CHILD, "yes").env("BOGAM_HOME", home.path()).output().unwrap();
    let told = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && told.contains("1 passed"), "{told}");
    false
}

fn home() -> PathBuf {
    PathBuf::from(std::env::var_os("BOGAM_HOME").unwrap())
}

fn quiet(_: Progress) {}

fn code<T: std::fmt::Debug>(answer: Result<T, ApiError>) -> String {
    answer.unwrap_err().code
}

/// A window over a new vault and a tiny model, with somebody signed in who holds all roles, and samples chosen.
fn open() -> (Place, Window) {
    let place = Place::new();
    drop(place.create());
    let window = Window::new(Surroundings {
        vault: place.vault(),
        preferences: place.path("window.json"),
        knowledge: Vec::new(),
        worker: None,
    });
    window.unlock(OWNER, PASSPHRASE).unwrap();
    window.add_model(&disk::gguf(place.folder.path()), &mut quiet).unwrap();
    window.choose_samples(&samples(&place)).unwrap();
    (place, window)
}

/// Sixty admissions of as many patients, one without drugs, and a line that is none.
fn samples(place: &Place) -> PathBuf {
    let drugs = ["furosemide", "insulin glargine", "heparin", "metoprolol"];
    let mut lines: Vec<String> = (0..60)
        .map(|i| {
            let answer: Vec<&str> = drugs.iter().copied().cycle().skip(i).take(2 + i % 2).collect();
            let content = format!("Patient: {} years old.", 20 + i);
            json!({"sample_id": format!("s{i}"), "patient_id": format!("73194{i}"), "case_id": format!("s{i}"),
                "messages": [{"role": "user", "content": content}], "answer": answer})
            .to_string()
        })
        .collect();
    let none = json!({"sample_id": "s60", "patient_id": "7319460", "messages": [{"role": "user", "content": "x"}],
        "answer": []});
    lines.extend([none.to_string(), "not JSON".to_owned()]);
    let path = place.path("samples.jsonl");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

fn choice(model: &str) -> TrainingChoice {
    TrainingChoice { model: model.to_owned(), preset: TrainingPreset::Published, rank: Some(2), epochs: Some(2) }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|e| e.unwrap().path()).flat_map(|p| if p.is_dir() { files(&p) } else { vec![p] }).collect()
}

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn run(window: &Window, id: &str) -> TrainingRun {
    window.training().unwrap().runs.into_iter().find(|run| run.id == id).unwrap()
}

fn attached(window: &Window, model: &str) -> Option<String> {
    window.models().unwrap().into_iter().find(|m| m.name == model).unwrap().settings.adapter
}

/// Another model of the same shape, with an adapter to it that says so unless it is to say nothing.
fn other(place: &Place, says: bool) -> (PathBuf, PathBuf) {
    let folder = place.path("other");
    std::fs::create_dir_all(&folder).unwrap();
    let name = |all: &mut Vec<(String, candle_core::quantized::gguf_file::Value)>| {
        let text = candle_core::quantized::gguf_file::Value::String("other".to_owned());
        all.push(("general.name".to_owned(), text));
    };
    let model = folder.join("other.gguf");
    std::fs::rename(disk::gguf_with(&folder, name, |_| ()), &model).unwrap();
    let base = Base::open(&model).unwrap();
    let adapter = Adapter::new(&base.config, &[Module::Q, Module::V], (3, 6.0), 1, DType::F32).unwrap();
    let about = if says { vec![("bogam.base", base.hash().unwrap())] } else { Vec::new() };
    let path = folder.join(if says { "other-adapter.gguf" } else { "silent.gguf" });
    exchange::write_gguf(&adapter, &base.config, &about, &path).unwrap();
    (model, path)
}

#[test]
fn what_will_happen_is_told_and_a_run_is_kept_and_put_to_use() {
    if !in_a_home_of_its_own("what_will_happen_is_told_and_a_run_is_kept_and_put_to_use") {
        return;
    }
    let (place, window) = open();
    let plan = window.plan_training(&choice("tiny"), &mut quiet).unwrap();
    assert_eq!((plan.read, plan.dropped, plan.train_samples + plan.validation_samples), (62, 2, 60));
    let fates: Vec<_> = plan.fates.iter().map(|f| (f.fate.as_str(), f.dropped, f.records, f.lines.clone())).collect();
    assert_eq!(fates, [("not_json", true, 1, vec![62]), ("no_answer", true, 1, vec![61])]);
    assert_eq!((plan.steps, plan.settings.rank, plan.settings.epochs), (plan.train_samples.div_ceil(4) * 2, 2, 2));
    assert!(plan.validation_samples > 0 && plan.longest > 20 && plan.parameters > 0);
    assert_eq!(plan.needs_bytes, plan.parts.iter().map(|part| part.bytes).sum::<u64>());
    assert!(plan.fits && plan.available_bytes.is_some_and(|free| free > plan.needs_bytes));
    // Nothing was written for it.
    assert!(window.training().unwrap().runs.is_empty() && !place.path("training").exists());

    let (mut stages, mut steps) = (Vec::new(), Vec::new());
    let done = window
        .train(&choice("tiny"), &mut |progress| match progress {
            Progress::Stage { stage, .. } => stages.push(stage),
            Progress::Step { step, steps: of, loss, tokens_per_second, .. } => {
                assert!(loss > 0.0 && tokens_per_second > 0.0);
                steps.push((step, of));
            }
            Progress::Job { .. } => {}
            Progress::Notice { code, .. } => panic!("{code}"),
        })
        .unwrap();
    assert_eq!(stages, [Stage::Samples, Stage::Hashing, Stage::Loading, Stage::Training]);
    assert_eq!(steps, (1..=plan.steps).map(|step| (step, plan.steps)).collect::<Vec<_>>());
    assert_eq!((done.ended, done.step, done.kept_step), (RunEnd::Done, plan.steps, Some(plan.steps)));
    assert_eq!((done.model.as_deref(), done.samples.as_deref()), (Some("tiny"), Some("samples.jsonl")));
    assert!(done.samples_hash.as_ref().unwrap().starts_with("sha256:") && done.peak_memory_bytes.is_some());
    assert!(!done.resumable && done.job.is_none() && done.adapter.is_none() && window.running() == 0);
    assert_eq!(window.training().unwrap().runs, std::slice::from_ref(&done));
    let losses = window.training_losses(&done.id).unwrap();
    assert_eq!(losses.iter().filter_map(|l| l.train).count() as u64, plan.steps);
    // Before the first step, and after each epoch.
    assert_eq!(losses.iter().filter_map(|l| l.validation).count(), 3);
    assert_eq!(done.validation_loss, losses.last().unwrap().validation);

    // Private, and no patient in it.
    let folder = place.path("training");
    assert_eq!((mode(&folder), mode(&folder.join(&done.id))), (0o700, 0o700));
    for file in files(&folder) {
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(5).any(|w| w == b"73194"), "{}", file.display());
    }

    let in_use = window.use_training(&done.id).unwrap();
    assert_eq!((in_use.model.as_str(), in_use.default), ("tiny", false));
    let adapter = in_use.adapter;
    assert_eq!(window.adapters().unwrap(), std::slice::from_ref(&adapter));
    assert_eq!(adapter.models, ["tiny"]);
    let of = (adapter.method.as_deref(), adapter.rank, adapter.alpha, adapter.steps);
    assert_eq!(of, (Some("ffa-lora"), Some(2), Some(16.0), Some(plan.steps)));
    assert_eq!((adapter.validation_loss, &adapter.samples), (done.validation_loss, &done.samples_hash));
    assert_eq!(attached(&window, "tiny").as_ref(), Some(&adapter.name));
    let file = home().join("adapters").join(format!("{}.gguf", adapter.name));
    assert_eq!((mode(file.parent().unwrap()), mode(&file)), (0o700, 0o600));
    let used = run(&window, &done.id);
    assert_eq!((used.adapter.as_ref(), used.used_by.as_slice()), (Some(&adapter.name), ["tiny".to_owned()].as_slice()));
    // Twice is once.
    let with = ModelSettings { adapter: Some(adapter.name.clone()), ..ModelSettings::default() };
    window.set_model("tiny", true, &with).unwrap();
    let again = window.use_training(&done.id).unwrap();
    assert_eq!((&again.adapter, again.default), (&adapter, true));
    assert_eq!(window.adapters().unwrap().len(), 1);
    // It is taken off, and put back.
    window.set_model("tiny", false, &ModelSettings::default()).unwrap();
    assert!(run(&window, &done.id).used_by.is_empty());
    let again = ModelSettings { adapter: Some(adapter.name.clone()), ..ModelSettings::default() };
    assert_eq!(window.set_model("tiny", false, &again).unwrap().settings, again);
    // The run goes, and what was taken from it stays.
    window.remove_training(&done.id).unwrap();
    assert!(window.training().unwrap().runs.is_empty() && files(&folder).is_empty());
    assert_eq!(window.adapters().unwrap().len(), 1);
    window.remove_adapter(&adapter.name).unwrap();
    assert!(attached(&window, "tiny").is_none() && window.adapters().unwrap().is_empty());
    assert!(files(&home().join("adapters")).is_empty());
    assert_eq!(code(window.remove_training(&done.id)), "training.missing");
}

#[test]
fn a_run_that_is_stopped_is_gone_on_with_to_the_same_bytes_also_while_the_vault_is_locked() {
    if !in_a_home_of_its_own("a_run_that_is_stopped_is_gone_on_with_to_the_same_bytes_also_while_the_vault_is_locked") {
        return;
    }
    let (place, window) = open();
    let whole = window.train(&choice("tiny"), &mut quiet).unwrap();
    let (mut job, mut id) = (0, String::new());
    let stopped = window.train(&choice("tiny"), &mut |progress| match progress {
        Progress::Job { job: number } => job = number,
        Progress::Step { step: 5, .. } => {
            // Another one has to wait, and this one is neither removed nor begun twice.
            let going = window.training().unwrap().runs.into_iter().find(|r| r.ended == RunEnd::Running).unwrap();
            assert_eq!((going.job, going.resumable), (Some(job), false));
            for refused in [
                code(window.train(&choice("tiny"), &mut quiet)),
                code(window.resume_training(&going.id, &mut quiet)),
                code(window.remove_training(&going.id)),
            ] {
                assert_eq!(refused, "training.busy");
            }
            id = going.id;
            window.stop_job(job);
        }
        Progress::Step { .. } | Progress::Stage { .. } | Progress::Notice { .. } => {}
    });
    assert_eq!(code(stopped), "cancelled");
    let half = run(&window, &id);
    assert_eq!((half.ended, half.step, half.steps, half.resumable), (RunEnd::Stopped, 5, whole.steps, true));
    assert!(half.samples_hash == whole.samples_hash && half.tokens_per_second.is_some_and(|rate| rate > 0.0));
    assert_eq!(window.training_losses(&id).unwrap().iter().filter_map(|l| l.train).count(), 5);
    assert_eq!(code(window.use_training(&id)), "training.not_done");
    assert_eq!(code(window.resume_training(&whole.id, &mut quiet)), "training.done");

    // Samples that are others now: it is not taken up, and stays as it was.
    let samples = place.path("samples.jsonl");
    let before = std::fs::read(&samples).unwrap();
    std::fs::write(&samples, &before[..before.len() / 2]).unwrap();
    let refused = window.resume_training(&id, &mut quiet).unwrap_err();
    assert_eq!(refused.code, "training.other_run");
    assert!(refused.params["text"].as_str().unwrap().ends_with("samples.jsonl"), "{:?}", refused.params);
    assert_eq!(run(&window, &id), half);
    std::fs::write(&samples, before).unwrap();

    let resumed = window
        .resume_training(&id, &mut |progress| {
            if matches!(progress, Progress::Step { step: 6, .. }) {
                window.lock();
            }
        })
        .unwrap();
    assert_eq!((resumed.ended, resumed.step), (RunEnd::Done, whole.steps));
    assert_eq!(code(window.training()), "locked");
    let adapter = |id: &str| std::fs::read(place.path(&format!("training/{id}/adapter.gguf"))).unwrap();
    assert!(adapter(&id) == adapter(&whole.id), "it is another adapter");
    window.unlock(OWNER, PASSPHRASE).unwrap();
    assert_eq!(window.training_losses(&id).unwrap(), window.training_losses(&whole.id).unwrap());
    assert_eq!(window.training().unwrap().runs.iter().map(|r| r.id.as_str()).collect::<Vec<_>>(), [&id, &whole.id]);

    // A window that is closed ends it at a checkpoint.
    assert!(window.end_training(Duration::ZERO), "none goes on");
    let (third, reached) = std::sync::mpsc::channel();
    std::thread::scope(|scope| {
        let training = scope.spawn(|| {
            window.train(&choice("tiny"), &mut |progress| {
                if matches!(progress, Progress::Step { step: 3, .. }) {
                    third.send(()).unwrap();
                    // Steps of so small a model are short.
                    std::thread::sleep(Duration::from_millis(200));
                }
            })
        });
        reached.recv().unwrap();
        assert!(window.end_training(Duration::from_secs(30)));
        assert_eq!(code(training.join().unwrap()), "cancelled");
    });
    let last = &window.training().unwrap().runs[0];
    assert_eq!((last.ended, last.step, last.resumable), (RunEnd::Stopped, 3, true));
}

#[test]
fn what_cannot_be_trained_is_refused_and_leaves_no_run() {
    if !in_a_home_of_its_own("what_cannot_be_trained_is_refused_and_leaves_no_run") {
        return;
    }
    let (place, window) = open();
    let none = place.path("none.jsonl");
    std::fs::write(&none, "not JSON\n").unwrap();
    window.choose_samples(&none).unwrap();
    let plan = window.plan_training(&choice("tiny"), &mut quiet).unwrap();
    assert_eq!((plan.read, plan.dropped, plan.train_samples, plan.steps), (1, 1, 0, 0));
    assert_eq!(code(window.train(&choice("tiny"), &mut quiet)), "train.samples");
    assert_eq!(code(window.choose_samples(&place.path("nowhere"))), "input.unusable");
    window.choose_samples(&samples(&place)).unwrap();
    // Of a rank beyond all memory: told beforehand, with the numbers, and refused.
    let huge = TrainingChoice { rank: Some(u32::MAX), ..choice("tiny") };
    let plan = window.plan_training(&huge, &mut quiet).unwrap();
    assert!(!plan.fits && Some(plan.needs_bytes) > plan.available_bytes);
    let refused = window.train(&huge, &mut quiet).unwrap_err();
    assert_eq!(refused.code, "train.memory");
    assert!(refused.params["text"].as_str().unwrap().contains("MiB are free"));
    assert_eq!(code(window.train(&TrainingChoice { rank: Some(0), ..choice("tiny") }, &mut quiet)), "train.setting");
    assert_eq!(code(window.train(&choice("nobody"), &mut quiet)), "input.unusable");
    assert!(window.training().unwrap().runs.is_empty() && !place.path("training").exists());
    // A folder that cannot be read is named, and a path out of the folder is none of it.
    std::fs::create_dir_all(place.path("training/x")).unwrap();
    assert!(window.training().unwrap().runs.is_empty(), "an empty folder is no run");
    std::fs::write(place.path("training/x/plan.json"), "{}").unwrap();
    let training = window.training().unwrap();
    let [unreadable] = training.unreadable.as_slice() else { panic!("{training:?}") };
    assert!(training.runs.is_empty() && unreadable.id == "x");
    assert!(unreadable.text.contains("training/x/plan.json: "), "{}", unreadable.text);
    assert_eq!(code(window.resume_training("x", &mut quiet)), "training.unreadable");
    for outside in ["..", "../samples.jsonl", "", "x/../x"] {
        assert_eq!(code(window.remove_training(outside)), "training.missing", "{outside}");
    }
    // What somebody laid there that trained elsewhere is listed, and can be removed.
    window.remove_training("x").unwrap();
    assert!(!place.path("training/x").exists());
}

#[test]
fn an_adapter_is_taken_in_for_its_own_model_only() {
    if !in_a_home_of_its_own("an_adapter_is_taken_in_for_its_own_model_only") {
        return;
    }
    let (place, window) = open();
    let (model, adapter) = other(&place, true);
    let (_, silent) = other(&place, false);
    assert_eq!(code(window.add_adapter(&silent, &mut quiet)), "adapter.no_base");
    assert_eq!(code(window.add_adapter(&model, &mut quiet)), "adapter.not_one");
    assert_eq!(code(window.add_adapter(&place.path("samples.jsonl"), &mut quiet)), "adapter.not_one");
    assert_eq!(code(window.add_model(&adapter, &mut quiet)), "adapter.as_model");
    let hidden = place.path(".hidden.gguf");
    std::fs::copy(&adapter, &hidden).unwrap();
    assert_eq!(code(window.add_adapter(&hidden, &mut quiet)), "adapter.name");
    // A copy that was broken off is none, and does not stand in the way.
    std::fs::create_dir_all(home().join("adapters")).unwrap();
    std::fs::write(home().join("adapters/other-adapter.gguf"), "GG").unwrap();
    assert!(window.adapters().unwrap().is_empty());

    // Its model is not here yet: it is listed, for no model.
    let early = window.add_adapter(&adapter, &mut quiet).unwrap();
    assert_eq!((early.name.as_str(), early.models.len(), early.rank), ("other-adapter", 0, None));
    assert_eq!(code(window.add_adapter(&adapter, &mut quiet)), "adapter.already_there");
    window.remove_adapter(&early.name).unwrap();
    window.add_model(&model, &mut quiet).unwrap();
    let here = window.add_adapter(&adapter, &mut quiet).unwrap();
    let known =
        AdapterView { models: vec!["other".to_owned()], rank: Some(3), alpha: Some(6.0), at: here.at.clone(), ..early };
    assert_eq!(here, known);
    let with = |name: &str| ModelSettings { adapter: Some(name.to_owned()), ..ModelSettings::default() };
    assert_eq!(code(window.set_model("tiny", false, &with("other-adapter"))), "adapter.other_model");
    assert_eq!(code(window.set_model("other", false, &with("nobody"))), "adapter.missing");
    assert_eq!(code(window.remove_adapter("../models/manifest")), "adapter.missing");
    assert!(attached(&window, "tiny").is_none() && attached(&window, "other").is_none());
    window.set_model("other", true, &with("other-adapter")).unwrap();
    assert_eq!(attached(&window, "other").as_deref(), Some("other-adapter"));

    // What is attached reaches the engine, of a chosen model and of the default one: it refuses the adapter of another model.
    let nothing = WorkerCommand { program: "/bin/true".into(), arguments: Vec::new() };
    let info = |choice: &ModelChoice| {
        let opened = ModelHolder::new(Some(nothing.clone())).get(choice).unwrap();
        let Opened::Llama(engine) = opened.as_ref() else { panic!("{opened:?}") };
        engine.info().unwrap_err().to_string()
    };
    // The model is not opened again for another adapter, unless somebody is being answered.
    let holder = ModelHolder::new(Some(nothing.clone()));
    let other = ModelChoice::File("other".into());
    let write = |settings: serde_json::Value| {
        std::fs::write(home().join("models/settings.json"), settings.to_string()).unwrap();
        holder.changed();
    };
    let held = || Arc::as_ptr(&holder.get(&other).unwrap());
    let first = held();
    write(json!({}));
    assert_eq!(held(), first);
    write(json!({"other": {"adapter": "other-adapter"}}));
    assert_eq!(held(), first);
    let asked = holder.get(&other).unwrap();
    write(json!({}));
    assert_ne!(held(), first);
    drop(asked);
    let second = held();
    let busy = holder.get(&other).unwrap();
    write(json!({"other": {"threads": 1}}));
    assert_ne!(held(), second);
    drop(busy);

    let chosen = ModelChoice::File("tiny".into());
    assert!(!info(&chosen).contains("adapter"), "none is attached");
    let settings = home().join("models/settings.json");
    std::fs::write(&settings, json!({"tiny": {"adapter": "other-adapter"}}).to_string()).unwrap();
    assert!(info(&chosen).contains("trained on another model"), "{}", info(&chosen));
    let opened = ModelHolder::new(Some(nothing.clone())).get(&chosen).unwrap();
    let Opened::Llama(engine) = opened.as_ref() else { panic!("{opened:?}") };
    let told = ApiError::from(AppError::Model(engine.info().unwrap_err()));
    assert_eq!((told.code.as_str(), &told.params["name"]), ("adapter.unusable", &json!("other-adapter")));
    // What a model was run with goes with it.
    let both = json!({"tiny": {"adapter": "other-adapter"}, "other": {"adapter": "other-adapter"}});
    std::fs::write(&settings, both.to_string()).unwrap();
    window.remove_model("other").unwrap();
    assert!(!std::fs::read_to_string(&settings).unwrap().contains("\"other\""));
    std::fs::write(home().join("models/manifest.toml"), {
        let list = std::fs::read_to_string(home().join("models/manifest.toml")).unwrap();
        list.replace("default = false", "default = true")
    })
    .unwrap();
    assert!(info(&ModelChoice::Default).contains("trained on another model"));
    // A model that the settings of the home folder name is not the default one of the list.
    std::fs::write(home().join("settings.toml"), format!("model = {:?}\n", model.display().to_string())).unwrap();
    assert!(!info(&ModelChoice::Default).contains("adapter"));
}

#[test]
fn training_and_adapters_are_for_administrators() {
    if !in_a_home_of_its_own("training_and_adapters_are_for_administrators") {
        return;
    }
    let (place, window) = open();
    window.add_person("Lee", "다른 사람의 긴 암호", &[Role::Clinician]).unwrap();
    window.lock();
    window.unlock("Lee", "다른 사람의 긴 암호").unwrap();
    for answer in [
        code(window.choose_samples(&place.path("samples.jsonl"))),
        code(window.plan_training(&choice("tiny"), &mut quiet)),
        code(window.train(&choice("tiny"), &mut quiet)),
        code(window.resume_training("x", &mut quiet)),
        code(window.use_training("x")),
        code(window.remove_training("x")),
        code(window.add_adapter(&place.path("x"), &mut quiet)),
        code(window.remove_adapter("x")),
    ] {
        assert_eq!(answer, "not_permitted");
    }
    assert!(window.adapters().is_ok() && window.training().is_ok());
    window.lock();
    for answer in [
        code(window.adapters()),
        code(window.training()),
        code(window.training_losses("x")),
        code(window.remove_adapter("x")),
    ] {
        assert_eq!(answer, "locked");
    }
}
