//! Work on many principals at once: each for itself, on every core.

use std::num::NonZero;

/// The results for `0..count`, in order.
pub(super) fn across<R: Send>(count: usize, one: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get).min(8);
    let each = count.div_ceil(cores).max(1);
    let starts = (0..count).step_by(each);
    let mut found = Vec::with_capacity(count);
    std::thread::scope(|scope| {
        let one = &one;
        let work =
            |start: usize| scope.spawn(move || (start..count.min(start + each)).map(one).collect::<Vec<R>>());
        let running: Vec<_> = starts.map(work).collect();
        for thread in running {
            match thread.join() {
                Ok(part) => found.extend(part),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
    });
    found
}
