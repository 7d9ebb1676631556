//! Reading and coding off the async threads, a bounded number at once, with panics caught.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use tokio::{sync::Semaphore, task::spawn_blocking};

/// A fault of ours in CPU work: counted, set aside, survived.
#[derive(Debug, thiserror::Error)]
#[error("panicked: {0}")]
pub(super) struct Panicked(String);

/// The pool: as many at once as there are permits.
#[derive(Debug, Clone)]
pub(super) struct Cpu(Arc<Semaphore>);

impl Cpu {
    /// A pool of `threads`, or one a core for 0.
    pub(super) fn new(threads: usize) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self(Arc::new(Semaphore::new(if threads == 0 {
            cores()
        } else {
            threads
        })))
    }

    /// Runs `work` on a blocking thread under a permit.
    pub(super) async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Panicked> {
        let permit = self.0.clone().acquire_owned().await;
        let permit = permit.expect("the semaphore is never closed");
        // What is logged on the other thread belongs to the same poll or entry.
        let span = tracing::Span::current();
        let ran = spawn_blocking(move || {
            // A parser that panics on a page costs that page, not the worker.
            let ran = catch_unwind(AssertUnwindSafe(|| span.in_scope(work)));
            // Freed by the thread: its caller may be gone, and the core is busy all the same.
            drop(permit);
            ran.map_err(|panic| Panicked(panic_message(panic.as_ref())))
        });
        ran.await
            .unwrap_or_else(|error| Err(Panicked(error.to_string())))
    }
}

fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_in_cpu_work_is_an_error_and_the_pool_goes_on() {
        let cpu = Cpu::new(1);
        let panicked = cpu.run_blocking(|| panic!("page 7")).await.map(|(): ()| ());
        assert_eq!(
            panicked.expect_err("it panicked").to_string(),
            "panicked: page 7"
        );
        assert_eq!(
            cpu.run_blocking(|| 2).await.expect("the permit came back"),
            2
        );
    }
}
