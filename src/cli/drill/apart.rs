//! Work on the simulation in the middle of the engine's: where a question is asked, nothing can be awaited.

use crate::failure::{Exit, Failure};

/// Bytes of the thread's stack: as much as a main thread has at least, for the engine's deep futures.
const STACK: usize = 16 << 20;

/// Runs the work to its end on a thread of its own, and waits for it.
///
/// # Errors
/// When the thread cannot be started, or dies.
pub fn apart<T: Send>(work: impl AsyncFnOnce() -> T + Send) -> Result<T, Failure> {
    let cannot = |why: String| Failure::new(Exit::Failed, format!("cannot look into the simulation: {why}"));
    std::thread::scope(|scope| {
        let started =
            std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, || -> std::io::Result<T> {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                Ok(runtime.block_on(work()))
            });
        let ended = started.map_err(|error| cannot(error.to_string()))?.join();
        let ended = ended.map_err(|_| cannot("its thread died".into()))?;
        ended.map_err(|error| cannot(error.to_string()))
    })
}
