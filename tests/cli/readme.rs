//! The commands of the README run as they are written, and what it shows of their output is what they write.

use crate::support::dataset;
use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

/// The lines of the README's blocks of code that name no language.
fn blocks() -> Vec<Vec<String>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let text = fs::read_to_string(path).unwrap();
    let (mut blocks, mut language) = (Vec::new(), None);
    for line in text.lines() {
        match (line.strip_prefix("```"), &language) {
            (Some(_), Some(_)) => language = None,
            (Some(name), None) => {
                language = Some(name.to_owned());
                blocks.push(Vec::new());
            }
            (None, Some(name)) if name.is_empty() => {
                blocks.last_mut().unwrap().push(line.to_owned());
            }
            _ => {}
        }
    }
    blocks
}

#[test]
fn the_commands_of_the_readme_run_as_written() {
    let place = tempfile::tempdir().unwrap();
    // As in a fresh clone: the checkout's root, and the data below it.
    let datasets = place.path().join("datasets");
    fs::create_dir(&datasets).unwrap();
    for entry in fs::read_dir(dataset(".")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), datasets.join(entry.file_name())).unwrap();
    }
    let folder = Path::new(env!("CARGO_BIN_EXE_crmstat")).parent().unwrap();
    let path = env::join_paths(
        [folder.to_owned()].into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap())),
    );
    let run = |line: &str, place: &Path| {
        Command::new("sh")
            .args(["-ec", line])
            .current_dir(place)
            .env("PATH", path.as_ref().unwrap())
            .stdin(Stdio::null())
            .output()
            .unwrap()
    };
    let (mut count, mut failures) = (0, Vec::new());
    for line in blocks().concat() {
        let (line, place) = match line.strip_prefix("cargo run --release -- ") {
            Some(rest) => (format!("crmstat {rest}"), place.path()),
            None => (line, datasets.as_path()),
        };
        if line.starts_with("crmstat ") || line.contains("| crmstat ") {
            count += 1;
            let output = run(&line, place);
            if !output.status.success() {
                failures.push(format!("{line}\n{}", String::from_utf8_lossy(&output.stderr)));
            }
        }
    }
    assert!(count > 50, "{count} commands");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The block below the first command shows the first lines of its table.
#[test]
fn the_table_in_the_readme_is_what_the_command_writes() {
    let shown = blocks().into_iter().find(|block| block[0].starts_with("segment  ")).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_crmstat"))
        .args(["rfm", &dataset("orders.csv"), "--summary", "--format", "table"])
        .output()
        .unwrap();
    let found = String::from_utf8(output.stdout).unwrap();
    let found: Vec<&str> = found.lines().map(str::trim_end).take(shown.len() - 1).collect();
    assert_eq!(shown.last().unwrap(), "…");
    assert_eq!(found, shown[..shown.len() - 1]);
}
