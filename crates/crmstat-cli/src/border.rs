//! The border of the process: what comes out of it in words, whatever happens inside.

use clap::error::ErrorKind;
use crmstat::{Error, write::printable};
use std::{
    any::Any,
    io::{self, IsTerminal, Write},
    panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind},
    process::ExitCode,
    sync::{Mutex, PoisonError},
};

/// The data cannot be used as asked.
const DATA: u8 = 1;
/// The command line is wrong.
const USAGE: u8 = 2;

/// What the standard library says of a number that is none, and what it means.
const LIBRARY_WORDS: [(&str, &str); 5] = [
    ("invalid digit found in string", "not a whole number"),
    ("number too large to fit in target type", "too large"),
    ("number too small to fit in target type", "too small"),
    ("invalid float literal", "not a number"),
    ("cannot parse integer from empty string", "not a whole number"),
];

/// The last panic: what was said, and where.
static FAULT: Mutex<Option<String>> = Mutex::new(None);

/// Says one line on standard error: the only way there. What would move the cursor, colour the screen or turn
/// the direction of writing is left out, whoever wrote it. A standard error that is closed or full is no
/// reason to stop.
pub(crate) fn say(line: impl AsRef<str>) {
    let mut line = printable(line.as_ref()).into_owned();
    line.push('\n');
    let _ = io::stderr().write_all(line.as_bytes());
}

/// Runs `command`; what went wrong becomes a message and an exit code, a panic too.
pub(crate) fn guarded(command: impl FnOnce() -> anyhow::Result<()>) -> ExitCode {
    // Foreign decoders that panic over broken files are caught where they are called; nothing of theirs
    // is to be seen.
    std::panic::set_hook(Box::new(note));
    match catch_unwind(AssertUnwindSafe(command)) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => report(&error),
        Err(panic) => {
            let fault = FAULT.lock().unwrap_or_else(PoisonError::into_inner).take();
            let fault = fault.unwrap_or_else(|| message(&*panic).to_owned());
            say(format!("error: a fault in crmstat itself: {fault}"));
            say("hint: please report it with the command and, if it may be shown, the file");
            ExitCode::from(DATA)
        }
    }
}

/// Keeps what a panic says, for the border.
fn note(info: &PanicHookInfo<'_>) {
    let place =
        info.location().map_or(String::new(), |at| format!(" ({}:{})", at.file(), at.line()));
    let fault = format!("{}{place}", message(info.payload()));
    *FAULT.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
}

fn message(payload: &(dyn Any + Send)) -> &str {
    let text = payload.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| payload.downcast_ref::<&str>().copied()).unwrap_or("no message")
}

/// Says what went wrong and what to do about it.
fn report(error: &anyhow::Error) -> ExitCode {
    if let Some(typed) = error.downcast_ref::<clap::Error>() {
        return usage(typed);
    }
    let ours = error.downcast_ref::<Error>();
    if ours.is_some_and(Error::is_broken_pipe) {
        return ExitCode::SUCCESS;
    }
    say(format!("error: {error}"));
    if let Some(hint) = ours.and_then(Error::hint) {
        say(format!("hint: {hint}"));
    }
    ExitCode::from(if ours.is_some_and(Error::is_usage) { USAGE } else { DATA })
}

/// Shows help or a version on standard output, and a mistake in the command line on standard error.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render();
    if error.use_stderr() {
        // What was typed stands in the message as it is.
        let text = LIBRARY_WORDS
            .iter()
            .fold(text.to_string(), |text, (theirs, ours)| text.replace(theirs, ours));
        text.lines().for_each(say);
        return ExitCode::from(USAGE);
    }
    debug_assert!(matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion));
    let colored = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let text = if colored { text.ansi().to_string() } else { text.to_string() };
    match answer(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => report(&error.into()),
    }
}

/// Writes an answer in words to standard output.
///
/// # Errors
/// A standard output that cannot be written to.
pub(crate) fn answer(bytes: &[u8]) -> crmstat::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(bytes)
        .and_then(|()| out.flush())
        .map_err(|cause| Error::io("cannot write", "the output", cause))
}
