//! The desk locks when it should, and what was under way is cut off in order.

use std::sync::mpsc;
use std::time::Duration;

use bogam_app::vault::store::{CaseStatus, JobState};
use bogam_app::vault::{Desk, LockCause, Moment};
use bogam_app::{AppError, Options, assets};
use bogam_engine::{
    Cancel, Engine, EngineError, GenerateRequest, Generated, ModelInfo, NoSink, ScoreRequest, Scores, Sink,
};
use bogam_suggest::{Suggester, Weights};

use crate::vaults::{OWNER, PASSPHRASE, Place, at, case};

fn moment(seconds: u64, slept: i64) -> Moment {
    Moment { wall: at(i64::try_from(seconds).unwrap() + slept), awake: Duration::from_secs(seconds) }
}

fn open(place: &Place) -> Desk {
    let desk = Desk::default();
    desk.unlock(place.create(), moment(0, 0));
    desk
}

#[test]
fn an_idle_desk_locks_and_one_in_use_does_not() {
    let place = Place::new();
    let desk = open(&place);
    let mut forgot = 0;
    for minute in 1..=10 {
        desk.touch(moment(minute * 60, 0));
        assert_eq!(desk.tick(moment(minute * 60 + 30, 0), || forgot += 1), None);
    }
    assert_eq!(desk.tick(moment(600 + 299, 0), || forgot += 1), None);
    assert!(!desk.is_locked());
    assert_eq!(desk.tick(moment(600 + 300, 0), || forgot += 1), Some(LockCause::Idle));
    assert!(desk.is_locked());
    assert_eq!(forgot, 1);
    assert!(matches!(desk.with(|session| session.status()), Err(AppError::Locked)));
    assert_eq!(desk.tick(moment(2000, 0), || forgot += 1), None);
    // Nobody holds the vault any more.
    desk.unlock(place.open(OWNER, PASSPHRASE), moment(2001, 0));
    desk.set_idle_minutes(1);
    assert_eq!(desk.tick(moment(2060, 0), || ()), None);
    assert_eq!(desk.tick(moment(2061, 0), || ()), Some(LockCause::Idle));
}

#[test]
fn a_desk_of_a_machine_that_slept_is_locked() {
    let place = Place::new();
    let desk = open(&place);
    assert_eq!(desk.tick(moment(10, 0), || ()), None);
    // A clock that is set forward by a little is no sleep, nor one that is set back.
    assert_eq!(desk.tick(moment(20, 15), || ()), None);
    assert_eq!(desk.tick(moment(30, -3600), || ()), None);
    assert_eq!(desk.tick(moment(40, -3570), || ()), Some(LockCause::Slept));
    assert!(desk.is_locked());
}

/// A model that says that it began, and then works until it is cancelled.
struct Endless(mpsc::SyncSender<()>);

impl Engine for Endless {
    fn info(&self) -> Result<ModelInfo, EngineError> {
        bogam_testkit::FavouringEngine::after("", &[]).info()
    }
    fn score(&self, _: &ScoreRequest, _: &mut dyn Sink, cancel: &Cancel) -> Result<Scores, EngineError> {
        self.0.try_send(()).ok();
        while !cancel.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        Err(EngineError::Cancelled)
    }
    fn generate(&self, _: &GenerateRequest, _: &mut dyn Sink, _: &Cancel) -> Result<Generated, EngineError> {
        Err(EngineError::Cancelled)
    }
}

#[test]
fn a_suggestion_is_saved_with_its_job_and_one_that_is_locked_out_is_interrupted() {
    let place = Place::new();
    let desk = open(&place);
    let cases = place.lines("cases.jsonl", &[case("c1", "홍길동", "1")]);
    let key = desk.with(|session| {
        place.add(session, &cases, None);
        session.find_case("c1")
    });
    let key = key.unwrap();
    let (knowledge, prompts) = (assets::knowledge(&[]).unwrap(), assets::prompts().unwrap());
    let options = Options::default();
    let clock = || at(50);
    let quick = Suggester::new(&knowledge, &prompts, None, Weights::default()).unwrap();
    let id = desk.suggest(&quick, (key, &options), &clock, &mut NoSink, &Cancel::new()).unwrap();
    desk.with(|session| {
        assert!(session.suggestion(id)?.record.drugs.len() > 3);
        assert_eq!(session.jobs(JobState::Done)?.len(), 1);
        Ok(())
    })
    .unwrap();

    let (began, begun) = mpsc::sync_channel(1);
    let engine = Endless(began);
    let endless = Suggester::new(&knowledge, &prompts, Some(&engine), Weights::default()).unwrap();
    let suggest = || {
        let cancel = Cancel::new();
        std::thread::scope(|scope| {
            let running = scope.spawn(|| desk.suggest(&endless, (key, &options), &clock, &mut NoSink, &cancel));
            begun.recv().unwrap();
            (running.is_finished(), cancel.clone(), {
                // A person ends the first one; locking ends the second.
                if desk.with(|s| s.jobs(JobState::Cancelled)).unwrap().is_empty() {
                    cancel.cancel();
                } else {
                    desk.lock(|| ());
                }
                running.join().unwrap()
            })
        })
    };
    let (_, _, ended) = suggest();
    assert!(matches!(ended, Err(AppError::ModelFailed { error: EngineError::Cancelled, .. })), "{ended:?}");
    assert_eq!(desk.with(|s| s.jobs(JobState::Cancelled)).unwrap().len(), 1);
    let (_, _, ended) = suggest();
    assert!(matches!(ended, Err(AppError::Locked)), "{ended:?}");
    assert!(desk.is_locked());
    desk.unlock(place.open(OWNER, PASSPHRASE), moment(0, 0));
    let interrupted = desk.interrupted().unwrap();
    assert_eq!(interrupted.iter().map(|job| job.case).collect::<Vec<_>>(), [Some((key, 1))]);
    let hits = desk.with(|s| s.search(&Default::default())).unwrap();
    assert_eq!(hits[0].status, CaseStatus::Suggested, "what was suggested before stands");
}
