//! The desk of the window: one session at most, which locks itself.
//!
//! A locked desk has no key and no text of a case: work on cases is cancelled and waited for before the session is
//! dropped, and whoever locks says how the model forgets. What needs no vault goes on. A suggestion that was cut off is
//! *interrupted* when the vault is opened the next time.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use bogam_clinical::input::read_case;
use bogam_engine::{Cancel, EngineError, Sink};
use bogam_suggest::{Options, SuggestError, Suggester};
use bogam_vault::{CaseKey, Job, JobState, SuggestionId, VaultError};
use jiff::{SignedDuration, Timestamp};

use super::{IDLE_MINUTES, Session};
use crate::error::AppError;
use crate::suggest::case_hash;

/// How far the clock may run ahead of the machine's own time before the machine is taken to have slept.
const SLEPT: SignedDuration = SignedDuration::from_secs(20);

/// A moment by two clocks: the one on the wall runs on while the machine sleeps, the other one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The clock on the wall.
    pub wall: Timestamp,
    /// Time that the machine was awake, since whenever.
    pub awake: Duration,
}

/// Why a desk locked itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockCause {
    /// Nobody did anything for a while.
    Idle,
    /// The machine slept.
    Slept,
}

#[derive(Debug)]
struct Watch {
    limit: Duration,
    touched: Duration,
    ticked: Option<Moment>,
}

/// Work on cases that is under way.
#[derive(Debug, Default)]
struct Work {
    next: u64,
    running: Vec<(u64, Cancel)>,
}

/// See the module.
#[derive(Debug)]
pub struct Desk {
    session: RwLock<Option<Session>>,
    work: Mutex<Work>,
    ended: Condvar,
    watch: Mutex<Watch>,
}

impl Default for Desk {
    fn default() -> Self {
        let limit = Duration::from_secs(IDLE_MINUTES * 60);
        Self {
            session: RwLock::new(None),
            work: Mutex::default(),
            ended: Condvar::new(),
            watch: Mutex::new(Watch { limit, touched: Duration::ZERO, ticked: None }),
        }
    }
}

/// That a work on cases is under way; dropping it says that it ended.
#[derive(Debug)]
pub(crate) struct Working<'a> {
    desk: &'a Desk,
    number: u64,
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        self.desk.work().running.retain(|(number, _)| *number != self.number);
        self.desk.ended.notify_all();
    }
}

impl Desk {
    fn work(&self) -> MutexGuard<'_, Work> {
        self.work.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self) -> MutexGuard<'_, Watch> {
        self.watch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a session on the desk; one that was there is closed first.
    pub fn unlock(&self, session: Session, now: Moment) {
        self.lock(|| ());
        *self.session.write().unwrap_or_else(PoisonError::into_inner) = Some(session);
        let mut watch = self.watch();
        watch.touched = now.awake;
        watch.ticked = Some(now);
    }

    /// Minutes after which an idle desk locks; at least one.
    pub fn set_idle_minutes(&self, minutes: u64) {
        self.watch().limit = Duration::from_secs(minutes.max(1).saturating_mul(60));
    }

    /// Whether there is no session.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.session.read().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Somebody did something.
    pub fn touch(&self, now: Moment) {
        self.watch().touched = now.awake;
    }

    /// Works with the session.
    ///
    /// # Errors
    /// [`AppError::Locked`], or what `work` returns.
    pub fn with<T>(&self, work: impl FnOnce(&Session) -> Result<T, AppError>) -> Result<T, AppError> {
        let session = self.session.read().unwrap_or_else(PoisonError::into_inner);
        work(session.as_ref().ok_or(AppError::Locked)?)
    }

    /// Works with the session alone, as the change of the database's key needs it.
    ///
    /// # Errors
    /// [`AppError::Locked`], or what `work` returns.
    pub fn with_alone<T>(&self, work: impl FnOnce(&mut Session) -> Result<T, AppError>) -> Result<T, AppError> {
        let mut session = self.session.write().unwrap_or_else(PoisonError::into_inner);
        work(session.as_mut().ok_or(AppError::Locked)?)
    }

    /// Looks at the clocks, some times a minute, and locks when it is time. `forget` as in [`Desk::lock`].
    pub fn tick(&self, now: Moment, forget: impl FnOnce()) -> Option<LockCause> {
        let cause = self.due(now)?;
        self.lock(forget);
        Some(cause)
    }

    fn due(&self, now: Moment) -> Option<LockCause> {
        let mut watch = self.watch();
        let before = watch.ticked.replace(now);
        if self.is_locked() {
            return None;
        }
        let slept = before.is_some_and(|before| {
            let awake = SignedDuration::try_from(now.awake.saturating_sub(before.awake)).unwrap_or(SignedDuration::MAX);
            now.wall.duration_since(before.wall).saturating_sub(awake) > SLEPT
        });
        if slept {
            return Some(LockCause::Slept);
        }
        let idle = now.awake.saturating_sub(watch.touched) >= watch.limit;
        idle.then_some(LockCause::Idle)
    }

    /// Ends the work on cases, waits until it has let go of them, lets the model forget, and closes the session: keys
    /// are wiped when this returns.
    pub fn lock(&self, forget: impl FnOnce()) {
        let mut session = self.session.write().unwrap_or_else(PoisonError::into_inner);
        let mut work = self.work();
        work.running.iter().for_each(|(_, cancel)| cancel.cancel());
        while !work.running.is_empty() {
            work = self.ended.wait(work).unwrap_or_else(PoisonError::into_inner);
        }
        drop(work);
        forget();
        // Dropping closes as well; that the log could not be folded loses nothing.
        drop(session.take().map(Session::close));
    }

    fn begin(&self, cancel: &Cancel) -> Working<'_> {
        let mut work = self.work();
        work.next += 1;
        let number = work.next;
        work.running.push((number, cancel.clone()));
        Working { desk: self, number }
    }

    /// Works with the session, and enters work on a case that goes on without it: locking cancels that work and waits until
    /// what is returned was dropped. It has to be dropped before the session is asked for again.
    ///
    /// # Errors
    /// [`AppError::Locked`], or what `begin` returns.
    pub(crate) fn with_work<T>(
        &self,
        cancel: &Cancel,
        begin: impl FnOnce(&Session) -> Result<T, AppError>,
    ) -> Result<(T, Working<'_>), AppError> {
        // While the session is held nobody locks, so that locking always finds this work.
        self.with(|session| Ok((begin(session)?, self.begin(cancel))))
    }

    /// Suggests for a case of the vault: a job is entered, the record is saved with everything that belongs to it, and the
    /// job ended, or it says why not.
    ///
    /// # Errors
    /// When the role is missing, the case cannot be answered, the model failed or was cancelled, or the desk was locked
    /// meanwhile: the job is then interrupted.
    pub fn suggest(
        &self,
        suggester: &Suggester<'_>,
        (key, options): (CaseKey, &Options),
        clock: &dyn Fn() -> Timestamp,
        sink: &mut dyn Sink,
        cancel: &Cancel,
    ) -> Result<SuggestionId, AppError> {
        let (working, case, job) = self.with(|session| {
            let case = session.case(key, None)?;
            let job = session.add_job("suggest", Some((key, case.version)), clock())?;
            // While the session is held nobody locks, so that locking always finds this work.
            let working = self.begin(cancel);
            session.set_job(job, JobState::Running, None, clock())?;
            Ok((working, case, job))
        })?;
        let made = answer(suggester, &case.case, options, sink, cancel);
        // From here on this is in nobody's way who wants to lock: saving takes its turn, or comes too late.
        drop(working);
        self.with(|session| {
            let (state, reason) = match &made {
                Ok(record) => return session.save_suggestion((key, case.version), record, Some(job), clock()),
                Err(AppError::ModelFailed { error: EngineError::Cancelled, .. }) => (JobState::Cancelled, None),
                Err(error) => (JobState::Failed, Some(error.code())),
            };
            session.set_job(job, state, reason, clock())?;
            made.map(|_| SuggestionId(0))
        })
    }

    /// Jobs that were cut off, to be offered again.
    ///
    /// # Errors
    /// When the desk is locked or the role is missing.
    pub fn interrupted(&self) -> Result<Vec<Job>, AppError> {
        self.with(|session| session.jobs(JobState::Interrupted))
    }
}

/// The record for a case as it is kept.
fn answer(
    suggester: &Suggester<'_>,
    case: &bogam_clinical::input::CaseInput,
    options: &Options,
    sink: &mut dyn Sink,
    cancel: &Cancel,
) -> Result<bogam_clinical::record::SuggestionRecord, AppError> {
    let json = serde_json::to_string(case).map_err(|e| VaultError::Stored { what: "case", why: e.to_string() })?;
    let read = read_case(&json).map_err(|fault| {
        let told: Vec<String> = fault.errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
        AppError::Unusable(told.join("; "))
    })?;
    let hash = case_hash(&read.canonical);
    let made = suggester.suggest(&read.case, (&read.unknown_fields, &hash), options, sink, cancel);
    made.map_err(|SuggestError::Engine(error)| AppError::ModelFailed { error, done: 0 })
}
