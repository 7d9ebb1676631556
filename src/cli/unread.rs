//! Whether anybody still reads what a command prints: one that follows may have nothing to write for hours.

use std::{io, os::fd::AsFd as _, time::Duration};

use tokio::{io::Interest, net::unix::pipe::Sender, runtime::Runtime, time::timeout};

use super::{CommandFailure, build_runtime};

/// What is known of the other end is given within this.
// The system knows the answer already, so there is nothing to wait for.
const MOMENT: Duration = Duration::from_millis(1);

/// The standard output, asked whether its other end is there.
#[derive(Debug)]
pub(super) struct Output {
    runtime: Runtime,
    /// `None` where there is no other end that could go, as of a file.
    end: Option<Sender>,
}

impl Output {
    /// Watches from now on.
    pub(super) fn watch_reader() -> Result<Self, CommandFailure> {
        let runtime = build_runtime()?;
        let within = runtime.enter();
        let end = io::stdout().as_fd().try_clone_to_owned();
        // Unchecked: it is asked about and never written to, so it may go on to block who writes.
        let end = end.and_then(Sender::from_owned_fd_unchecked).ok();
        drop(within);
        Ok(Self { runtime, end })
    }

    /// A failure that is worth no word once nobody reads any more.
    pub(super) fn is_read(&self) -> Result<(), CommandFailure> {
        let Some(end) = &self.end else {
            return Ok(());
        };
        let asked = async { timeout(MOMENT, end.ready(Interest::WRITABLE)).await };
        match self.runtime.block_on(asked) {
            Ok(Ok(ready)) if ready.is_write_closed() => Err(CommandFailure::Unread),
            _ => Ok(()),
        }
    }
}
