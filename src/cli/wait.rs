//! A word to a person who waits.

use std::{
    io::{self, IsTerminal as _, Write},
    pin::pin,
    time::Duration,
};

use tokio::time::sleep;

/// After so long a person wonders whether anything goes on.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits for work, and says on a terminal what is waited for where it takes longer than a second.
pub(super) async fn await_telling<T>(what: &str, work: impl Future<Output = T>) -> T {
    let mut terminal: Box<dyn Write> = if io::stderr().is_terminal() {
        Box::new(io::stderr())
    } else {
        Box::new(io::sink())
    };
    tell_when_long(&mut *terminal, what, work).await
}

async fn tell_when_long<T>(out: &mut dyn Write, what: &str, work: impl Future<Output = T>) -> T {
    let mut work = pin!(work);
    tokio::select! {
        done = &mut work => return done,
        () = sleep(PATIENCE) => {}
    }
    // The work matters, not the word about it.
    writeln!(out, "dateline: {what} …").unwrap_or_default();
    work.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn who_waits_longer_than_a_second_is_told_for_what() {
        for (seconds, told) in [(0.9, ""), (1.1, "dateline: asking a site …\n")] {
            let mut out = Vec::new();
            let work = async {
                sleep(Duration::from_secs_f64(seconds)).await;
                7
            };
            assert_eq!(tell_when_long(&mut out, "asking a site", work).await, 7);
            assert_eq!(String::from_utf8_lossy(&out), told);
        }
    }
}
