//! `crmstat generate` and `crmstat completions`.

use crate::support::{Folder, dataset};
use std::fs;

#[test]
fn the_shipped_data_sets_are_what_the_commands_in_their_readme_write() {
    let readme = fs::read_to_string(dataset("README.md")).unwrap();
    let commands: Vec<&str> =
        readme.lines().filter_map(|line| line.strip_prefix("crmstat ")).collect();
    assert!(commands.len() > 10, "the README lists the commands");
    for command in commands {
        let arguments: Vec<&str> = command.split(' ').collect();
        let place = arguments.iter().position(|argument| *argument == "-o").unwrap() + 1;
        let shipped = arguments[place];
        let name = shipped.strip_prefix("datasets/").unwrap();
        let folder = Folder::new();
        let mut arguments = arguments.clone();
        arguments[place] = name;
        folder.run(&[&arguments[..], &["-q"]].concat()).answer();
        let same = fs::read(folder.path(name)).unwrap() == fs::read(dataset(name)).unwrap();
        assert!(same, "crmstat {command}");
    }
}

#[test]
fn what_was_written_is_told_and_read_back_in_full() {
    let folder = Folder::new();
    let size = ["--customers", "50", "--orders", "400", "--dirt", "8", "--seed", "7"];
    let told = folder.run(&[&["generate", "-o", "orders.csv"], &size[..]].concat());
    told.answer();
    let rows = folder.read("orders.csv").lines().count() - 1;
    assert!(told.stderr.starts_with(&format!("{rows} rows written: ")), "{}", told.stderr);
    let read = folder.run(&["rfm", "orders.csv"]);
    read.answer();
    assert!(read.stderr.starts_with(&format!("{rows} rows read: ")), "{}", read.stderr);
}

#[test]
fn impossible_worlds_are_refused() {
    let run = Folder::new().run(&["generate", "--customers", "0"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    let run = Folder::new().run(&["generate", "--dialect", "lotus"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.contains("lotus"), "{}", run.stderr);
}

#[test]
fn completions_exist_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let run = Folder::new().run(&["completions", shell]);
        assert!(run.answer().contains("as-of"), "{shell}");
    }
}

#[test]
fn the_version_and_the_help_go_to_standard_output() {
    let run = Folder::new().run(&["--version"]);
    run.is(0, &format!("crmstat {}\n", env!("CARGO_PKG_VERSION")), "");
    let help = Folder::new().run(&["rfm", "--help"]);
    assert!(help.answer().contains("--as-of"));
}
