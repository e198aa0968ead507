//! The whole output on every shipped data set, byte for byte.
//!
//! `CRMSTAT_BLESS=1` writes the files anew after a wanted change.

use std::{env, fs, path::Path, process::Command};

/// Each golden file and the command that writes it, run in `datasets/`.
const GOLDEN: &[(&str, &[&str])] = &[
    ("orders.rfm.csv", &["rfm", "orders.csv"]),
    ("orders.rfm.csv", &["rfm", "orders.parquet"]),
    ("orders.summary.csv", &["rfm", "orders.csv", "--summary"]),
    ("orders.summary.ru.md", &["rfm", "orders.csv", "--summary", "--lang", "ru", "--format", "md"]),
    ("orders.summary.json", &["rfm", "orders.csv", "--summary", "--format", "json"]),
    ("orders.thresholds.csv", &["rfm", "orders.csv", "--thresholds"]),
    ("orders.compare.csv", &["rfm", "orders.csv", "--compare", "2025-01-01"]),
    ("orders.mean.summary.csv", &["rfm", "orders.csv", "--monetary", "mean", "--summary"]),
    ("orders_with_faults.rfm.csv", &["rfm", "orders_with_faults.csv"]),
    ("amocrm.rfm.csv", &["rfm", "amocrm.csv"]),
    ("bitrix24.rfm.csv", &["rfm", "bitrix24.csv"]),
    ("pipedrive.rfm.csv", &["rfm", "pipedrive.csv"]),
    ("orders.inspect.csv", &["inspect", "orders.csv"]),
    ("orders_with_faults.inspect.csv", &["inspect", "orders_with_faults.csv"]),
    ("pipedrive.inspect.csv", &["inspect", "pipedrive.csv", "--history", "pipedrive_history.csv"]),
];

/// What is said beside the answers: ledgers and rejected rows.
const NOTES: &[&str] =
    &["orders.csv", "orders_with_faults.csv", "amocrm.csv", "bitrix24.csv", "pipedrive.csv"];

fn run(arguments: &[&str]) -> (String, String) {
    let datasets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets");
    let output = Command::new(env!("CARGO_BIN_EXE_crmstat"))
        .current_dir(datasets)
        .args(arguments)
        .output()
        .unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "crmstat {}: {notes}", arguments.join(" "));
    (String::from_utf8(output.stdout).unwrap(), notes)
}

/// Compares with the golden file `name`, or writes it.
fn check(name: &str, found: &str, what: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden").join(name);
    if env::var_os("CRMSTAT_BLESS").is_some() {
        fs::write(&path, found).unwrap();
        return;
    }
    let golden = fs::read_to_string(&path).unwrap();
    let pair = golden.lines().zip(found.lines()).enumerate().find(|(_, (old, new))| old != new);
    if let Some((line, (old, new))) = pair {
        panic!("{what} differs from {name}:{}\n golden: {old}\n  found: {new}", line + 1);
    }
    assert_eq!(golden.len(), found.len(), "{what} is longer or shorter than {name}");
}

#[test]
fn answers_are_the_golden_files() {
    for (name, arguments) in GOLDEN {
        check(name, &run(arguments).0, &format!("crmstat {}", arguments.join(" ")));
    }
}

#[test]
fn notes_are_the_golden_file() {
    let told =
        |export: &&str| format!("$ crmstat rfm {export} -v\n{}", run(&["rfm", export, "-v"]).1);
    let notes: Vec<String> = NOTES.iter().map(told).collect();
    check("notes.txt", &notes.concat(), "standard error");
}
