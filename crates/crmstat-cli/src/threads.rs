//! The threads that do the work.

use anyhow::Result;
use crmstat::Error;
use rayon::ThreadPoolBuilder;
use std::sync::atomic::{AtomicBool, Ordering};

/// The most threads that can be asked for; no machine that reads exports has more cores.
const MOST: usize = 1024;

/// Whether the threads are there: one process has them once, whatever number of answers it gives.
static STARTED: AtomicBool = AtomicBool::new(false);

/// Starts `given` threads, or one per core; none besides this one where the system gives no more.
///
/// # Errors
/// None at all, or more than anyone can use.
pub(crate) fn start(given: Option<usize>) -> Result<()> {
    match given {
        Some(0) => {
            return Err(Error::usage("`--threads 0` leaves nobody to do the work").into());
        }
        Some(threads) if threads > MOST => {
            return Err(Error::usage(format!("`--threads {threads}` is more than {MOST}"))
                .with_hint("leave it out: one per core is as fast as it gets")
                .into());
        }
        _ => {}
    }
    if STARTED.swap(true, Ordering::Relaxed) {
        return Ok(());
    }
    let wanted = given.unwrap_or_else(default);
    if ThreadPoolBuilder::new().num_threads(wanted).build_global().is_ok() {
        return Ok(());
    }
    // The system gives no more threads, or no room for their stacks: this thread does the work.
    let pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread().build();
    let pool = pool.map_err(|cause| {
        Error::data(format!("no thread can be started: {cause}"))
            .with_hint("allow the process more threads or memory")
    })?;
    // For as long as the process lives.
    std::mem::forget(pool);
    Ok(())
}

/// One per core, or as many as the environment says.
fn default() -> usize {
    let asked = std::env::var("RAYON_NUM_THREADS").ok().and_then(|text| text.parse().ok());
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    asked.filter(|threads| *threads > 0).unwrap_or_else(cores).min(MOST)
}
