//! One stop signal, passed down by clone.

use std::future::Future;

use tokio::sync::watch;

/// The side that says stop.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// The side that listens.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// A stopper and what it stops.
pub fn stop_channel() -> (Stopper, Stop) {
    let (sender, receiver) = watch::channel(false);
    (Stopper(sender), Stop(receiver))
}

impl Stopper {
    /// Says stop; more than once is fine.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether it was said.
    pub fn is_said(&self) -> bool {
        *self.0.borrow()
    }

    /// Waits until it is said; a stopper that is gone has said it.
    pub async fn wait_until_said(&mut self) {
        // An error means that the stopper is gone.
        drop(self.0.wait_for(|said| *said).await);
    }

    /// The outcome of `work`, or `None` when stop was said first.
    pub async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut stop = self.clone();
        tokio::select! {
            biased;
            () = stop.wait_until_said() => None,
            done = work => Some(done),
        }
    }
}

/// From now on SIGTERM and SIGINT are caught, and SIGHUP ends nothing; waits for one of the first two.
pub fn wait_for_signal() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    drop(signal(SignalKind::hangup())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn stop_ends_waiting_work_and_a_dropped_stopper_counts_as_stop() {
        let (stopper, stop) = stop_channel();
        assert_eq!(stop.unless_stopped(async { 1 }).await, Some(1));
        stopper.stop();
        assert_eq!(
            stop.unless_stopped(std::future::pending::<()>()).await,
            None
        );
        let (stopper, stop) = stop_channel();
        drop(stopper);
        assert_eq!(
            stop.unless_stopped(std::future::pending::<()>()).await,
            None
        );
    }
}
