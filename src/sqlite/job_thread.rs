//! A thread that does one job after another, with a bounded queue before it.

use std::{
    fmt,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    thread::{self, JoinHandle},
};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::ledger::LedgerError;

/// A job and its place in the queue, given back when the job is done.
pub(super) type Queued<J> = (J, OwnedSemaphorePermit);

/// The queue and the thread behind it, which ends when the lane is dropped.
pub(super) struct Lane<J> {
    /// One permit a place, so that a sender waits without blocking its thread.
    places: Arc<Semaphore>,
    jobs: Mutex<Option<SyncSender<Queued<J>>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl<J: Send + 'static> Lane<J> {
    /// Starts the thread; `places` jobs wait at most.
    pub(super) fn start_thread(
        name: &str,
        places: usize,
        work: impl FnOnce(Receiver<Queued<J>>) + Send + 'static,
    ) -> Result<Self, LedgerError> {
        let (jobs, queue) = sync_channel(places);
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || work(queue))
            .map_err(|error| LedgerError::Fault {
                detail: format!("cannot start the thread `{name}`: {error}"),
            })?;
        Ok(Self {
            places: Arc::new(Semaphore::new(places)),
            jobs: Mutex::new(Some(jobs)),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// Queues a job; waits while the queue is full.
    pub(super) async fn queue_job(&self, job: J) -> Result<(), LedgerError> {
        let place = Arc::clone(&self.places)
            .acquire_owned()
            .await
            .map_err(|_| closed_error())?;
        let jobs = self.jobs.lock();
        let jobs = jobs.as_ref().ok_or_else(closed_error)?;
        // There is room: the permit stands for a place.
        jobs.try_send((job, place)).map_err(|_| closed_error())
    }
}

impl<J> Lane<J> {
    /// Lets the thread finish what is queued, and waits for its end.
    pub(super) fn finish_queue(&self) {
        // Without its sender the queue ends, and with it the thread.
        self.jobs.lock().take();
        let thread = self.thread.lock().take();
        if let Some(thread) = thread {
            // A panic of the thread was reported to those who waited for its answers.
            thread.join().ok();
        }
    }
}

impl<J> fmt::Debug for Lane<J> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let free = self.places.available_permits();
        f.debug_struct("Lane")
            .field("free", &free)
            .finish_non_exhaustive()
    }
}

impl<J> Drop for Lane<J> {
    fn drop(&mut self) {
        self.finish_queue();
    }
}

/// What is said when the thread has ended.
pub(super) fn closed_error() -> LedgerError {
    LedgerError::Fault {
        detail: "the ledger is closed".to_owned(),
    }
}
