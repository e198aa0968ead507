//! Inputs that can be read once: standard input, named pipes, process substitution.

#![cfg(unix)]

use crate::support::{Folder, Run, dataset};
use std::{fs, path::Path, process::Stdio, thread};

/// Sections that take no time.
const SHORT: [&str; 2] = ["--sections", "answer,figures,rfm,quality"];

/// A named pipe `name` in `folder` that gives `content` in small pieces to whoever opens it first.
fn pipe(folder: &Folder, name: &str, content: &[u8]) -> thread::JoinHandle<()> {
    let path = folder.path(name);
    assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
    let content = content.to_vec();
    thread::spawn(move || {
        let mut out = fs::File::options().write(true).open(path).unwrap();
        for piece in content.chunks(700) {
            // A reader that refuses the input goes away.
            if std::io::Write::write_all(&mut out, piece).is_err() {
                return;
            }
        }
    })
}

/// The ledger and the hashes of a report.
fn record(folder: &Folder, name: &str) -> (String, Vec<String>) {
    let text = folder.read(&format!("{name}/run.json"));
    let lines = |key: &str| {
        let marked = format!("\"{key}\": ");
        let found = text
            .lines()
            .filter_map(move |line| line.trim().strip_prefix(&marked).map(str::to_owned));
        found.collect::<Vec<String>>()
    };
    let inputs = text.find("\"outputs\"").unwrap();
    let hashes = text[..inputs]
        .lines()
        .filter_map(|line| line.trim().strip_prefix("\"sha256\": "))
        .map(str::to_owned)
        .collect();
    (lines("accepted")[0].clone(), hashes)
}

fn report_of_standard_input(folder: &Folder, export: &str, stdin: Stdio) -> Run {
    let arguments = [&["report", export, "-o", "piped"][..], &SHORT].concat();
    Run::from(folder.command(&arguments).stdin(stdin).output().unwrap())
}

/// The second reader of a pipe takes rows from the first: a report of a part of the rows came out.
#[test]
fn a_report_of_a_pipe_is_that_of_the_file() {
    let orders = fs::read(dataset("orders.csv")).unwrap();
    let folder = Folder::with("orders.csv", &orders);
    folder.run(&[&["report", "orders.csv", "-o", "plain"][..], &SHORT].concat()).answer();
    let expected = record(&folder, "plain");
    assert_eq!(expected.0, "5066,");
    for name in ["-", "/dev/stdin", "/dev/fd/0"] {
        let writer = pipe(&folder, "fifo", &orders);
        let fifo = fs::File::open(folder.path("fifo")).unwrap();
        report_of_standard_input(&folder, name, Stdio::from(fifo)).answer();
        writer.join().unwrap();
        assert_eq!(record(&folder, "piped"), expected, "{name}");
        fs::remove_file(folder.path("fifo")).unwrap();
    }
    let writer = pipe(&folder, "fifo", &orders);
    report_of_standard_input(&folder, "fifo", Stdio::null()).answer();
    writer.join().unwrap();
    assert_eq!(record(&folder, "piped"), expected);
}

/// Every other file of a command may be a pipe too.
#[test]
fn tables_rates_profiles_and_logos_may_be_pipes() {
    let folder = Folder::new();
    let profile =
        folder.run(&["inspect", &dataset("orders.csv"), "--write-profile", "p.toml", "-q"]);
    profile.answer();
    let parts: [(&str, &str, Vec<u8>); 5] = [
        ("--customers", "customers", fs::read(dataset("customers.csv")).unwrap()),
        ("--lines", "lines", fs::read(dataset("lines.csv")).unwrap()),
        ("--profile", "p2.toml", folder.read("p.toml").into_bytes()),
        ("--rates", "rates", b"currency,rate\nRUB,1\nUSD,90\n".to_vec()),
        ("--logo", "logo", b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec()),
    ];
    let orders = dataset("orders.csv");
    let run = |folder: &Folder, out: &str, names: &[String]| {
        let mut arguments = vec!["report", &orders, "-o", out];
        arguments.extend(SHORT);
        for ((option, _, _), name) in parts.iter().zip(names) {
            arguments.extend([*option, name]);
        }
        folder.run(&arguments)
    };
    let files: Vec<String> = parts.iter().map(|(_, name, _)| (*name).to_owned()).collect();
    let mut plain = Folder::new();
    for (_, name, content) in &parts {
        plain = plain.and(name, content);
    }
    run(&plain, "out", &files).answer();
    let writers: Vec<_> =
        parts.iter().map(|(_, name, content)| pipe(&folder, name, content)).collect();
    run(&folder, "out", &files).answer();
    for writer in writers {
        writer.join().unwrap();
    }
    let (expected, mut found) = (record(&plain, "out"), record(&folder, "out"));
    assert_eq!(found.1.len(), 6);
    assert_eq!(expected, found);
    found.1.dedup();
    assert_eq!(found.1.len(), 6, "each file has its own hash");
}

#[test]
fn a_report_of_standard_input_is_repeated_from_the_same_bytes() {
    let orders = fs::read(dataset("orders.csv")).unwrap();
    let folder = Folder::with("orders.csv", &orders).and("less.csv", &orders[..orders.len() / 2]);
    let open = |name: &str| Stdio::from(fs::File::open(folder.path(name)).unwrap());
    report_of_standard_input(&folder, "-", open("orders.csv")).answer();
    let again = |name: &str| {
        let arguments = ["report", "--from", "piped/run.json", "-o", "again"];
        Run::from(folder.command(&arguments).stdin(open(name)).output().unwrap())
    };
    let same = again("orders.csv");
    assert!(same.stderr.contains("the same as before to the last byte"), "{}", same.stderr);
    let other = again("less.csv");
    assert_eq!(other.code, Some(1));
    assert!(other.stderr.contains("error: -: has changed since the run"), "{}", other.stderr);
}

#[test]
fn a_pipe_without_rows_is_an_empty_file() {
    let folder = Folder::new();
    let run = report_of_standard_input(&folder, "-", Stdio::null());
    run.refuses(1, "error: -: the file is empty\n");
    assert!(!Path::new(&folder.path("piped")).exists());
}
