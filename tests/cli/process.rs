//! What happens around the process: full disks, closed pipes, interrupts, files that go away.

use crate::support::{Folder, ORDERS, dataset};
use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_an_error() {
    let folder = Folder::with("orders.csv", ORDERS);
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = folder.command(&["rfm", "orders.csv", "-q"]).stdout(full).output().unwrap();
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        message,
        "error: cannot write `the output`: No space left on device (os error 28)\n"
    );
    assert_eq!(output.status.code(), Some(1));

    let run = folder.run(&["rfm", "orders.csv", "-q", "--format", "csv", "-o", "/dev/full"]);
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("/dev/full"), "{}", run.stderr);
}

#[test]
fn a_closed_pipe_ends_quietly() {
    let folder = Folder::new();
    let mut child = folder
        .command(&["generate", "--customers", "20000", "--orders", "200000", "-q"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("order_id,"), "{first}");
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "");
    assert_eq!(output.status.code(), Some(0));
}

/// `command` with the usual answer to an interrupt: a shell has what it runs in the background ignore them, and so
/// would the command.
#[cfg(unix)]
fn interruptible(command: &Command) -> Command {
    let mut usual = if cfg!(target_os = "linux") {
        let mut usual = Command::new("env");
        usual.arg("--default-signal=INT").arg(command.get_program());
        usual
    } else {
        Command::new(command.get_program())
    };
    usual.args(command.get_args()).stdin(Stdio::null());
    usual.current_dir(command.get_current_dir().expect("a folder of its own"));
    usual
}

/// Interrupted while it writes, a command leaves the old file and nothing else.
#[cfg(unix)]
#[test]
fn an_interrupt_leaves_the_old_file() {
    use std::os::unix::process::ExitStatusExt;

    let arguments =
        ["generate", "--customers", "5000000", "--orders", "50000000", "-o", "orders.csv"];
    for signal in [2, 9, 15] {
        let folder = Folder::with("orders.csv", "old");
        let mut command = interruptible(&folder.command(&arguments));
        let mut child = command.stderr(Stdio::null()).spawn().unwrap();
        thread::sleep(Duration::from_millis(300));
        let arguments = [format!("-{signal}"), child.id().to_string()];
        assert!(Command::new("kill").args(arguments).status().unwrap().success());
        assert_eq!(child.wait().unwrap().signal(), Some(signal));
        assert_eq!(folder.read("orders.csv"), "old");
        #[cfg(target_os = "linux")]
        assert_eq!(folder.names(), ["orders.csv"]);
    }
}

#[test]
fn a_folder_that_cannot_be_written_to_is_named() {
    let run = Folder::new().run(&["rfm", &dataset("orders.csv"), "-q", "-o", "no/such/out.csv"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    assert!(run.stderr.contains("no/such/out.csv"), "{}", run.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = Folder::new();
    std::os::unix::fs::symlink("/proc/self/mem", folder.path("orders.csv")).unwrap();
    let run = folder.run(&["rfm", "orders.csv"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""));
    assert!(run.stderr.contains("orders.csv"), "{}", run.stderr);
}

#[cfg(unix)]
#[test]
fn a_file_without_permission_is_named() {
    use std::os::unix::fs::PermissionsExt;

    let folder = Folder::with("orders.csv", ORDERS);
    let path = folder.path("orders.csv");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if File::open(&path).is_ok() {
        eprintln!("skipped: this user reads every file");
        return;
    }
    folder
        .run(&["rfm", "orders.csv"])
        .refuses(1, "error: cannot read `orders.csv`: Permission denied (os error 13)\n");
}

#[test]
fn slow_standard_input_is_waited_for() {
    let folder = Folder::new();
    let mut child = folder
        .command(&["rfm", "-", "-q"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    thread::spawn(move || {
        for line in ORDERS.lines() {
            std::io::Write::write_all(&mut input, format!("{line}\n").as_bytes()).unwrap();
            thread::sleep(Duration::from_millis(20));
        }
    });
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap().lines().count(), 4);
}
