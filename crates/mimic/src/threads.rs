//! Work in threads whose results come in the order of the jobs: what is made of them does not depend on the threads.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// As many threads as the machine has processors for us, at most 8: one thread takes the results, and it is busy by then.
pub(crate) fn usual() -> NonZeroUsize {
    let most = NonZeroUsize::new(8).unwrap_or(NonZeroUsize::MIN);
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN).min(most)
}

/// Does `work` on every job in `threads` threads, and gives the results to `take`, here, in the order of the jobs. Jobs
/// are made in a thread of their own. There are never more than twice as many jobs and results as threads, and two.
///
/// # Errors
/// The first error of `take`; nothing is taken after it.
pub(crate) fn in_order<J: Send, R: Send, E>(
    threads: NonZeroUsize,
    mut jobs: impl Iterator<Item = J> + Send,
    work: impl Fn(J) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    thread::scope(|scope| {
        // A job is made when there is a ticket for it; a result that was taken gives its ticket back.
        let (give, tickets) = channel();
        for _ in 0..threads.get() * 2 + 2 {
            let _ = give.send(());
        }
        let (send_job, next_job) = channel();
        scope.spawn(move || {
            let mut number = 0_u64;
            while let Ok(()) = tickets.recv() {
                let Some(job) = jobs.next() else { return };
                if send_job.send((number, job)).is_err() {
                    return;
                }
                number += 1;
            }
        });
        let next_job = Arc::new(Mutex::new(next_job));
        let (send_result, results) = channel();
        let work = &work;
        for _ in 0..threads.get() {
            let (next_job, send_result) = (Arc::clone(&next_job), send_result.clone());
            scope.spawn(move || {
                while let Some((number, job)) = next(&next_job) {
                    // A panic is handed over: waiting for a result that never comes would hide it.
                    let result = catch_unwind(AssertUnwindSafe(|| work(job)));
                    if send_result.send((number, result)).is_err() {
                        return;
                    }
                }
            });
        }
        drop((send_result, next_job));
        let (mut early, mut due) = (BTreeMap::new(), 0_u64);
        for (number, result) in results {
            early.insert(number, result);
            while let Some(result) = early.remove(&due) {
                take(result.unwrap_or_else(|panic| resume_unwind(panic)))?;
                due += 1;
                // The maker of jobs is gone when there are no more.
                let _ = give.send(());
            }
        }
        Ok(())
    })
}

fn next<J>(jobs: &Mutex<Receiver<J>>) -> Option<J> {
    jobs.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn threads(n: usize) -> NonZeroUsize {
        NonZeroUsize::new(n).unwrap()
    }

    #[test]
    fn results_come_in_the_order_of_the_jobs_however_long_each_takes() {
        for n in [1, 3, 8] {
            let mut taken = Vec::new();
            let work = |job: u64| {
                thread::sleep(Duration::from_micros(job * 7919 % 300));
                job * 2
            };
            let done: Result<(), ()> = in_order(threads(n), 0..200, work, |result| {
                taken.push(result);
                Ok(())
            });
            assert_eq!((done, taken), (Ok(()), (0..200).map(|job| job * 2).collect()));
        }
    }

    #[test]
    fn an_error_ends_the_work_and_nothing_is_taken_after_it() {
        let mut taken = 0;
        let done = in_order(
            threads(4),
            0_u64..,
            |job| job,
            |job| {
                taken += 1;
                if job == 5 { Err(job) } else { Ok(()) }
            },
        );
        assert_eq!((done, taken), (Err(5), 6));
    }

    #[test]
    fn no_more_jobs_are_made_than_results_were_taken_and_tickets_there_are() {
        let made = std::sync::atomic::AtomicU64::new(0);
        let counted = |_: &u64| {
            made.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        };
        let mut taken = 0;
        let done: Result<(), ()> = in_order(
            threads(2),
            (0..100_u64).inspect(counted),
            |job| job,
            |_| {
                assert!(made.load(std::sync::atomic::Ordering::SeqCst) <= taken + 6);
                taken += 1;
                thread::sleep(Duration::from_micros(100));
                Ok(())
            },
        );
        assert_eq!((done, taken), (Ok(()), 100));
    }

    #[test]
    #[should_panic(expected = "seven")]
    fn a_panic_of_the_work_is_one_of_the_whole() {
        let work = |job: u64| if job == 7 { panic!("seven") } else { job };
        let _: Result<(), ()> = in_order(threads(2), 0..100, work, |_| Ok(()));
    }
}
