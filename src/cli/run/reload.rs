//! What SIGHUP is answered where the configuration has changed: a running worker keeps the one it started with.

use std::{fs, future::Future, io, path::PathBuf};

use tokio::signal::unix::{SignalKind, signal};

use crate::{config::Config, stop::Stop};

/// From now on each SIGHUP looks at the configuration: what is wrong in it is told, and that a change needs a restart. The
/// feed list is taken over beside this.
pub(super) fn tell_of_changes(
    path: PathBuf,
    stop: Stop,
) -> io::Result<impl Future<Output = ()> + Send> {
    let mut hangup = signal(SignalKind::hangup())?;
    // A file that cannot be read has just been read; it would count as changed.
    let begun = fs::read_to_string(&path).unwrap_or_default();
    Ok(async move {
        while let Some(Some(())) = stop.unless_stopped(hangup.recv()).await {
            let file = path.display();
            match Config::load(&path) {
                Err(refused) => {
                    tracing::error!(%file, faults = %refused, "the configuration is wrong now, the worker goes on with the one it began with");
                }
                Ok(_) if fs::read_to_string(&path).is_ok_and(|text| text != begun) => {
                    tracing::warn!(%file, "the configuration has changed, it takes effect at a restart; the feed list at once");
                }
                Ok(_) => {}
            }
        }
    })
}
