//! What every command answers on the shipped data sets, and what it says beside the answer, byte for byte.
//!
//! Each `tests/golden/*.txt` is a transcript: commands behind `$ `, and below each of them its exit code where
//! it is not 0, its standard output, and its standard error behind `2> `. The commands of one transcript run in
//! order in one folder that holds the data sets. The transcript itself says what is run: to test a command, write
//! its line and bless. Beside `crmstat` there are `files FOLDER` and `show FILE`.
//!
//! An output is shown to its [`SHOWN`]th line; behind it stand the number and the hash of the lines left out.
//! `CRMSTAT_BLESS=1` writes the transcripts anew after a wanted change.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};
use tempfile::TempDir;

/// Lines of an output that stand in the transcript; `--help` stands there whole.
const SHOWN: usize = 40;

/// A folder of links to the shipped data sets, in which commands may write.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let datasets = root().join("datasets").canonicalize().unwrap();
    for entry in fs::read_dir(datasets).unwrap() {
        let entry = entry.unwrap();
        std::os::unix::fs::symlink(entry.path(), folder.path().join(entry.file_name())).unwrap();
    }
    folder
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// FNV-1a over 64 bits.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, &byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3)
    })
}

/// The lines of `text` up to `limit`, each behind `sign`, and what tells the others.
fn shown(text: &str, sign: &str, limit: usize) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    // A single line more is as short as what would stand for it.
    let kept = if lines.len() <= limit + 1 { lines.len() } else { limit };
    let mut told: String = lines[..kept].iter().map(|line| format!("{sign}{line}")).collect();
    if !told.is_empty() && !told.ends_with('\n') {
        told.push_str("\n[no line break]\n");
    }
    if kept < lines.len() {
        let rest = lines[kept..].concat();
        let (count, hash) = (lines.len() - kept, hash(rest.as_bytes()));
        told.push_str(&format!("{sign}[{count} more lines, hash {hash:016x}]\n"));
    }
    told
}

/// The words of a command line; double quotes keep blanks.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in line.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            letter => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Runs one line of a transcript in `folder`: what belongs below it.
fn run(line: &str, folder: &Path) -> String {
    let words = words(line);
    let (program, arguments) = words.split_first().unwrap();
    match program.as_str() {
        "crmstat" => {
            let output = Command::new(env!("CARGO_BIN_EXE_crmstat"))
                .current_dir(folder)
                .args(arguments)
                .env_remove("COLUMNS")
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let [stdout, stderr] =
                [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
            let limit = if arguments.iter().any(|own| own == "--help") { 1000 } else { SHOWN };
            let code = match output.status.code() {
                Some(0) => String::new(),
                code => format!("[exit {}]\n", code.unwrap()),
            };
            code + &shown(&stdout, "", limit) + &shown(&stderr, "2> ", 100)
        }
        "show" => shown(&fs::read_to_string(folder.join(&arguments[0])).unwrap(), "", SHOWN),
        "files" => files(&folder.join(&arguments[0]), ""),
        other => panic!("no such command in a transcript: {other}"),
    }
}

/// Every file below `folder`; those whose bytes depend on nothing but the command with their hash.
fn files(folder: &Path, above: &str) -> String {
    let mut entries: Vec<_> = fs::read_dir(folder).unwrap().map(Result::unwrap).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut told = String::new();
    for entry in entries {
        let name = format!("{above}{}", entry.file_name().to_str().unwrap());
        if entry.path().is_dir() {
            told.push_str(&files(&entry.path(), &format!("{name}/")));
        } else if Path::new(&name).extension().is_some_and(|own| own == "csv") || above == "models/"
        {
            let bytes = fs::read(entry.path()).unwrap();
            told.push_str(&format!("{name} hash {:016x}\n", hash(&bytes)));
        } else {
            told.push_str(&format!("{name}\n"));
        }
    }
    told
}

/// Runs the commands of a transcript again and compares, or writes it anew.
fn check(name: &str) {
    let path = root().join("tests/golden").join(name).with_extension("txt");
    let golden = fs::read_to_string(&path).unwrap();
    let commands: Vec<&str> = golden.lines().filter_map(|line| line.strip_prefix("$ ")).collect();
    assert!(!commands.is_empty(), "{name} holds no command");
    let folder = folder();
    let mut found = String::new();
    for command in commands {
        found.push_str(&format!("$ {command}\n{}\n", run(command, folder.path())));
    }
    if env::var_os("CRMSTAT_BLESS").is_some() {
        fs::write(&path, found).unwrap();
        return;
    }
    if golden == found {
        return;
    }
    let mut command = "";
    for (at, old) in golden.lines().enumerate() {
        if old.starts_with("$ ") {
            command = old;
        }
        let new = found.lines().nth(at);
        assert!(
            new == Some(old),
            "{name}.txt:{}, below `{command}`\n golden: {old}\n  found: {}",
            at + 1,
            new.unwrap_or("(the end)")
        );
    }
    panic!("{name}.txt: the last command says more than the transcript, or line breaks differ");
}

/// A test for each transcript, and one that none is forgotten.
macro_rules! transcripts {
    ($($name:ident)*) => {
        $(
            #[test]
            fn $name() {
                check(stringify!($name));
            }
        )*

        #[test]
        fn every_transcript_is_run() {
            let mut held: Vec<String> = fs::read_dir(root().join("tests/golden"))
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|own| own == "txt"))
                .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
                .collect();
            held.sort();
            assert_eq!(held, [$(stringify!($name)),*]);
        }
    };
}

transcripts! {
    baskets churn clv cohorts crms deals effect faults forecast forecast_pipeline generate help inspect models refusals
    report response rfm sales segment tables_beside
}
