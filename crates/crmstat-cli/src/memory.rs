//! Memory: a ceiling, and an end in our words where it is reached.
//!
//! The ceiling is the system's own limit on the data of a process, so that it costs nothing while it is not
//! reached and holds for the memory of every library. An allocation that is refused cannot be unwound; so
//! the process says what would help, takes away what it has not finished, and ends with exit code 1.

#![expect(unsafe_code, reason = "an allocator and the calls around it have no safe form")]

use anyhow::Result;
use crmstat::{Error, write::remove_unfinished};
use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    io::{Cursor, Write},
    sync::{
        OnceLock,
        atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Bytes that are kept to be given back when there are no others.
const BALLAST: Layout = match Layout::from_size_align(1 << 20, 16) {
    Ok(layout) => layout,
    Err(_) => Layout::new::<u8>(),
};
/// The share of the machine's memory that is allowed by default.
const DEFAULT_PERCENT: u64 = 90;
/// Less than this and not even a small table can be read.
const LEAST: u64 = 32 << 20;
/// What helps every command.
const HELP: &str =
    "allow more with `--memory`, take fewer threads with `--threads`, or give fewer rows";

static RESERVE: AtomicPtr<u8> = AtomicPtr::new(std::ptr::null_mut());
static CEILING: AtomicU64 = AtomicU64::new(0);
static HINT: OnceLock<&'static str> = OnceLock::new();

/// The system's allocator; where it has nothing left, the process ends with a message.
struct Ending;

#[global_allocator]
static ALLOCATOR: Ending = Ending;

// SAFETY: every call is passed on to the system's allocator with the arguments given; what it returns is
// returned, unless it is null, in which case nothing is returned at all.
unsafe impl GlobalAlloc for Ending {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised to this function.
        given(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as promised to this function.
        given(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: as promised to this function.
        given(unsafe { System.realloc(block, layout, size) }, size)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as promised to this function.
        unsafe { System.dealloc(block, layout) }
    }
}

#[inline]
fn given(block: *mut u8, size: usize) -> *mut u8 {
    if block.is_null() {
        exhausted(size);
    }
    block
}

/// Keeps some memory for the end. To be called first.
pub(crate) fn prepare() {
    // SAFETY: the layout has a size.
    let block = unsafe { System.alloc(BALLAST) };
    RESERVE.store(block, Ordering::Release);
}

/// What would help the command that runs, beside more memory.
pub(crate) fn hint(hint: &'static str) {
    let _ = HINT.set(hint);
}

/// Ends the process: the system refuses `size` bytes.
#[cold]
#[inline(never)]
fn exhausted(size: usize) -> ! {
    thread_local! { static IS_ENDING: Cell<bool> = const { Cell::new(false) } }
    static IS_LEFT_TO_ANOTHER: AtomicBool = AtomicBool::new(false);

    let again = IS_ENDING.try_with(|ending| ending.replace(true)).unwrap_or(true);
    if again {
        leave();
    }
    if IS_LEFT_TO_ANOTHER.swap(true, Ordering::AcqRel) {
        // Another thread ends the process.
        loop {
            std::thread::sleep(Duration::from_hours(1));
        }
    }
    let reserve = RESERVE.swap(std::ptr::null_mut(), Ordering::AcqRel);
    if !reserve.is_null() {
        // SAFETY: it was allocated by the same allocator with this layout, and nobody else has it.
        unsafe { System.dealloc(reserve, BALLAST) };
    }
    // Formatted in place: there may be nothing to allocate.
    let mut line = [0_u8; 512];
    let mut out = Cursor::new(&mut line[..]);
    let more = size >> 20;
    let _ = match CEILING.load(Ordering::Relaxed) {
        0 => writeln!(out, "error: out of memory: the system refuses {more} MiB more"),
        ceiling => {
            let ceiling = ceiling >> 20;
            writeln!(
                out,
                "error: out of memory: {more} MiB more do not fit into the {ceiling} MiB allowed"
            )
        }
    };
    let _ = write!(out, "hint: {HELP}");
    if let Some(hint) = HINT.get() {
        let _ = write!(out, "; {hint}");
    }
    let _ = writeln!(out);
    let length = (out.position() as usize).min(512);
    // SAFETY: the buffer has that many bytes.
    unsafe { libc::write(2, line.as_ptr().cast(), length) };
    remove_unfinished();
    leave()
}

/// Ends the process at once: other threads may hold any lock.
fn leave() -> ! {
    // SAFETY: it does not return.
    unsafe { libc::_exit(1) }
}

/// Allows `given` bytes, as in `2G`, or a share of the machine's memory.
///
/// # Errors
/// What is no size, or too small to do anything.
pub(crate) fn limit(given: Option<&str>) -> Result<()> {
    let bytes = match given {
        Some(given) => Some(size(given)?),
        None => machine().map(|bytes| bytes / 100 * DEFAULT_PERCENT),
    };
    if let Some(bytes) = bytes
        && restrict(bytes)
    {
        CEILING.store(bytes.min(room()), Ordering::Relaxed);
    } else if given.is_some() {
        return Err(Error::usage("`--memory` has no effect on this system")
            .with_hint("leave it out, or limit the memory by means of the system")
            .into());
    }
    Ok(())
}

/// Makes the system refuse more than `bytes` of data; `false` where it knows no such limit.
#[cfg(target_os = "linux")]
fn restrict(bytes: u64) -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is ours.
    if unsafe { libc::getrlimit(libc::RLIMIT_DATA, &raw mut limit) } != 0 {
        return false;
    }
    limit.rlim_cur = limit.rlim_cur.min(bytes);
    // SAFETY: the structure is ours.
    unsafe { libc::setrlimit(libc::RLIMIT_DATA, &raw const limit) == 0 }
}

#[cfg(not(target_os = "linux"))]
fn restrict(_: u64) -> bool {
    false
}

/// What the system allows besides, such as by `ulimit -v`.
#[cfg(target_os = "linux")]
fn room() -> u64 {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is ours.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_AS, &raw mut limit) } == 0;
    if known { limit.rlim_cur } else { u64::MAX }
}

#[cfg(not(target_os = "linux"))]
fn room() -> u64 {
    u64::MAX
}

/// A number of bytes: `800000000`, `512M`, `2G`, `1.5 GiB`.
fn size(text: &str) -> Result<u64> {
    let trimmed = text.trim().to_ascii_lowercase();
    let digits = trimmed.trim_end_matches(|sign: char| sign.is_ascii_alphabetic()).trim_end();
    let unit = match trimmed[digits.len()..].trim_start() {
        "" | "b" => 1.0,
        "k" | "kb" | "kib" => 1024.0,
        "m" | "mb" | "mib" => 1024.0 * 1024.0,
        "g" | "gb" | "gib" => 1024.0 * 1024.0 * 1024.0,
        "t" | "tb" | "tib" => 1024.0 * 1024.0 * 1024.0 * 1024.0,
        _ => f64::NAN,
    };
    let bytes = digits.parse::<f64>().unwrap_or(f64::NAN) * unit;
    if !bytes.is_finite() || bytes < 0.0 {
        return Err(Error::usage(format!("`--memory {text}` is not a size"))
            .with_hint("write it as in `--memory 2G` or `--memory 512M`")
            .into());
    }
    if bytes < LEAST as f64 {
        return Err(Error::usage(format!(
            "`--memory {text}` is less than the {} MiB that reading takes",
            LEAST >> 20
        ))
        .into());
    }
    Ok(bytes as u64)
}

/// The memory of the machine, or of the part of it that this process is confined to.
#[cfg(target_os = "linux")]
fn machine() -> Option<u64> {
    let number = |path: &str| std::fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let total = line.trim().trim_end_matches("kB").trim().parse::<u64>().ok()? << 10;
    let groups = std::fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    let confined = groups.lines().filter_map(|line| {
        let mut parts = line.splitn(3, ':').skip(1);
        let (kind, group) = (parts.next()?, parts.next()?);
        match kind {
            "" => number(&format!("/sys/fs/cgroup{group}/memory.max"))
                .or_else(|| number("/sys/fs/cgroup/memory.max")),
            "memory" => number(&format!("/sys/fs/cgroup/memory{group}/memory.limit_in_bytes"))
                .or_else(|| number("/sys/fs/cgroup/memory/memory.limit_in_bytes")),
            _ => None,
        }
    });
    Some(confined.fold(total, u64::min))
}

#[cfg(not(target_os = "linux"))]
fn machine() -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::size;

    #[test]
    fn sizes_are_written_as_people_do() {
        for (text, bytes) in [
            ("64M", 64 << 20),
            ("1.5 GiB", 3 << 29),
            ("2g", 2 << 30),
            ("33554432", 32 << 20),
            ("40000kb", 40_000 << 10),
        ] {
            assert_eq!(size(text).unwrap(), bytes, "{text}");
        }
        for text in ["", "G", "-1G", "1X", "inf", "nan", "1e999", "31M", "0"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
