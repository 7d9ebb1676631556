//! What tasks send to a thread, awaited there for a while at most.

use std::time::Duration;

use tokio::{runtime::Runtime, sync::mpsc::Receiver, time::timeout};

use crate::ledger::LedgerError;

/// What came.
#[derive(Debug)]
pub(super) enum Came<T> {
    /// This.
    One(T),
    /// Nothing in this time.
    Nothing,
    /// Nothing, and nothing will: all senders are gone.
    Closed,
}

/// The receiving end of a channel, for a thread that also has something to look after.
#[derive(Debug)]
pub(super) struct Inbox<T> {
    receiver: Receiver<T>,
    /// A clock and nothing else.
    runtime: Runtime,
}

impl<T> Inbox<T> {
    pub(super) fn from_receiver(receiver: Receiver<T>) -> Result<Self, LedgerError> {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().build();
        let runtime = runtime.map_err(|error| LedgerError::Fault {
            detail: format!("a clock for a thread: {error}"),
        })?;
        Ok(Self { receiver, runtime })
    }

    /// Waits so long at most.
    pub(super) fn wait_for_message(&mut self, at_most: Duration) -> Came<T> {
        if let Ok(item) = self.receiver.try_recv() {
            return Came::One(item);
        }
        if at_most.is_zero() {
            return Came::Nothing;
        }
        let receiver = &mut self.receiver;
        let came = self
            .runtime
            .block_on(async { timeout(at_most, receiver.recv()).await });
        match came {
            Ok(Some(item)) => Came::One(item),
            Ok(None) => Came::Closed,
            Err(_) => Came::Nothing,
        }
    }
}
