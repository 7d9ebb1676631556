//! How long a test's own work takes on a machine with neighbours.

use std::{fs, sync::LazyLock, time::Instant};

/// Seconds of a processor that this thread has taken, where the system tells, so that neighbours are not measured; else
/// the clock's.
pub(crate) fn thread_seconds() -> f64 {
    let own = fs::read_to_string("/proc/thread-self/schedstat");
    let own = own
        .ok()
        .and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
    own.map_or_else(
        || {
            static START: LazyLock<Instant> = LazyLock::new(Instant::now);
            START.elapsed().as_secs_f64()
        },
        |nanoseconds| nanoseconds / 1e9,
    )
}
