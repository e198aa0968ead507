//! What is done when the process is told to end.

use crmstat::write::remove_unfinished;
use std::{
    sync::{
        Once,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

/// Whether a signal has come and the process is about to end by it.
static IS_ENDING: AtomicBool = AtomicBool::new(false);

/// From now on a signal to end takes away first what was not finished. For commands that write files; a
/// process that is killed leaves it to the next one.
pub(crate) fn watch() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        #[cfg(unix)]
        start();
    });
}

#[cfg(unix)]
fn start() {
    use signal_hook::{
        consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM},
        iterator::Signals,
        low_level::emulate_default_handler,
    };
    let (ready, is_ready) = mpsc::channel();
    let watch = move || {
        let heeded =
            [SIGINT, SIGTERM, SIGHUP, SIGQUIT].into_iter().filter(|signal| !is_ignored(*signal));
        let signals = Signals::new(heeded);
        let _ = ready.send(());
        let Ok(mut signals) = signals else { return };
        for signal in signals.forever() {
            IS_ENDING.store(true, Ordering::Release);
            remove_unfinished();
            let _ = emulate_default_handler(signal);
        }
    };
    // Without a thread, a signal ends the process as ever, and the next run cleans up.
    let thread = std::thread::Builder::new().name("signals".to_owned()).stack_size(256 << 10);
    if thread.spawn(watch).is_ok() {
        let _ = is_ready.recv();
    }
}

/// Whether whoever started the process wants `signal` ignored, as `nohup` does.
#[cfg(target_os = "linux")]
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = ignored.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0);
    u32::try_from(signal - 1).is_ok_and(|bit| mask.checked_shr(bit).unwrap_or(0) & 1 == 1)
}

#[cfg(all(unix, not(target_os = "linux")))]
fn is_ignored(_: i32) -> bool {
    false
}

/// Waits for the end where a signal has come, so that the process ends by the signal and not by an error
/// that followed from it.
pub(crate) fn yield_to_signal() {
    if IS_ENDING.load(Ordering::Acquire) {
        std::thread::sleep(Duration::from_secs(10));
    }
}
