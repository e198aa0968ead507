//! The border of the process: no panic, no abort and no escape sequence comes out of it, whatever goes in.

use crate::support::{Folder, ORDERS, Run, dataset};
use std::{
    fs::{self, File},
    process::Stdio,
};

const HEADER: &str = "order_id,customer_id,order_date,amount";

/// Whether `text` holds nothing that acts on a terminal.
#[track_caller]
fn is_inert(text: &str) {
    let acts = |character: char| {
        (character.is_control() && character != '\n')
            || matches!(character, '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
    };
    assert_eq!(text.find(acts), None, "{}", text.escape_debug());
}

/// Cells, headers, names of files and arguments are data of others.
#[test]
fn nothing_that_acts_on_a_terminal_reaches_standard_error() {
    let evil = "\u{1b}]0;pwned\u{7}\u{1b}[2J\u{9b}31m\u{202E}\u{0}";
    let rows = format!(
        "1,anna,2024-01-05,10\n2,bob,{evil},5\n3,carl,2024-01-07,{evil}\n4,d{evil},2024-01-08,7\n"
    );
    let header = format!("order_id,customer_id,order_date,amount,{evil}status\n");
    let rows_of_five = rows.lines().map(|line| format!("{line},{evil}\n")).collect::<String>();
    let named = format!("x{}.csv", evil.replace('\0', ""));
    let option = evil.replace('\0', "");
    for (name, content, options) in [
        ("x.csv", format!("{HEADER}\n{rows}"), vec![]),
        ("x.csv", format!("{header}{rows_of_five}"), vec![]),
        (&named, format!("{HEADER}\n{rows}"), vec![]),
        (&named, String::new(), vec![]),
        (
            "x.csv",
            format!("{HEADER}\n{rows}"),
            vec!["--map".to_owned(), format!("amount={option}")],
        ),
        ("x.csv", format!("{HEADER}\n{rows}"), vec!["--map".to_owned(), option.clone()]),
        ("x.csv", format!("{HEADER}\n{rows}"), vec![format!("--{option}")]),
        ("x.csv", format!("{HEADER}\n{rows}"), vec!["--threads".to_owned(), option.clone()]),
        ("x.csv", format!("{HEADER}\n{rows}"), vec!["--profile".to_owned(), option.clone()]),
        ("x.csv", format!("{HEADER}\n{rows}"), vec!["-o".to_owned(), format!("{option}/y")]),
        ("x.csv", format!("{HEADER}\n{rows}"), vec!["--format".to_owned(), option.clone()]),
        ("x.csv", format!("\"{evil}\n{rows}"), vec![]),
    ] {
        let folder = Folder::with(name, content);
        for command in ["rfm", "inspect", "clv", "cohorts"] {
            let mut arguments = vec![command, name, "-v", "--format", "table"];
            if options.iter().any(|option| option == "--format") {
                arguments.truncate(3);
            }
            arguments.extend(options.iter().map(String::as_str));
            let run = folder.run(&arguments);
            is_inert(&run.stderr);
            is_inert(&run.stdout);
            assert!(matches!(run.code, Some(0..=2)), "{arguments:?}: {}", run.stderr);
        }
    }
    // In UTF-32 every other byte is NUL.
    let wide: Vec<u8> = format!("{HEADER}\n1,a,2024-01-05,10\n")
        .chars()
        .flat_map(|c| (c as u32).to_le_bytes())
        .collect();
    is_inert(&Folder::with("x.csv", wide).run(&["rfm", "x.csv", "-v"]).stderr);
}

/// A message on one line stays on one line: a cell cannot forge another.
#[test]
fn a_cell_cannot_forge_a_message() {
    let rows = format!("{HEADER}\n1,anna,2024-01-05,10\n2,bob,\"x\nerror: forged\",5\n");
    let run = Folder::with("x.csv", rows).run(&["rfm", "x.csv"]);
    run.answer();
    assert!(run.stderr.contains("`x error: forged`"), "{}", run.stderr);
}

#[cfg(target_os = "linux")]
fn full() -> Stdio {
    Stdio::from(File::options().write(true).open("/dev/full").unwrap())
}

/// A pipe whose reader is gone.
#[cfg(unix)]
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    Stdio::from(writer)
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_or_closed_standard_error_changes_nothing() {
    let folder = Folder::with("orders.csv", ORDERS).and("bad.csv", "a,b\n1,2\n");
    for (arguments, code) in [
        (&["rfm", "orders.csv", "-v"][..], 0),
        (&["report", "orders.csv", "-o", "out"], 0),
        (&["rfm", "bad.csv"], 1),
        (&["rfm", "none.csv"], 1),
        (&["rfm", "--nonsense"], 2),
        (&[], 2),
    ] {
        let expected = folder.run(arguments);
        assert_eq!(expected.code, Some(code), "{}", expected.stderr);
        for stderr in [full(), closed()] {
            let output = folder.command(arguments).stderr(stderr).output().unwrap();
            let run = Run::from(output);
            assert_eq!((run.code, &run.stdout), (Some(code), &expected.stdout), "{arguments:?}");
        }
    }
}

#[cfg(target_os = "linux")]
#[test]
fn every_answer_says_that_it_could_not_be_written() {
    let folder = Folder::with("orders.csv", ORDERS);
    for arguments in [
        &["rfm", "orders.csv", "-q"][..],
        &["rfm", "orders.csv", "-q", "--format", "json"],
        &["rfm", "orders.csv", "-q", "--format", "xlsx"],
        &["inspect", "orders.csv", "-q", "--format", "md"],
        &["report", "orders.csv", "-o", "out"],
        &["generate", "--customers", "10", "-q"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["--help"],
        &["rfm", "--help"],
        &["--version"],
    ] {
        let run = Run::from(folder.command(arguments).stdout(full()).output().unwrap());
        assert_eq!(run.code, Some(1), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("No space left on device"), "{arguments:?}: {}", run.stderr);
        let run = Run::from(folder.command(arguments).stdout(closed()).output().unwrap());
        assert_eq!(run.code, Some(0), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.contains("error"), "{arguments:?}: {}", run.stderr);
    }
}

/// `crmstat` with limits of the shell, such as `ulimit -v 262144`, set before.
#[cfg(target_os = "linux")]
fn limited(folder: &Folder, limits: &str, arguments: &[&str]) -> Run {
    let mut command = std::process::Command::new("sh");
    command
        .arg("-c")
        .arg(format!("{limits}; exec \"$0\" \"$@\""))
        .arg(env!("CARGO_BIN_EXE_crmstat"))
        .args(arguments)
        .current_dir(folder.path(""))
        .stdin(Stdio::null());
    Run::from(command.output().unwrap())
}

/// No file may become longer than 8 KiB: as on a full disk, wherever the temporary files are.
#[cfg(target_os = "linux")]
#[test]
fn a_full_folder_for_temporary_files_is_an_error() {
    let folder = Folder::new();
    let orders = dataset("orders.csv");
    for arguments in [
        &["rfm", &orders, "--format", "xlsx", "-q"][..],
        &["rfm", &orders, "-q", "-o", "out.xlsx"],
        &["rfm", &orders, "-q", "-o", "out.csv"],
        &["report", &orders, "-q", "-o", "out"],
        &["generate", "-q", "-o", "out.xlsx"],
    ] {
        let run = limited(&folder, "trap '' XFSZ; ulimit -f 16", arguments);
        assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{arguments:?}: {}", run.stderr);
        assert!(run.stderr.contains("cannot write "), "{arguments:?}: {}", run.stderr);
        assert!(!run.stderr.contains("fault in crmstat"), "{}", run.stderr);
        assert_eq!(folder.names(), [""; 0], "{arguments:?}");
    }
    // A pipe is kept in a temporary file.
    let mut command = folder.command(&["rfm", &orders, "-q", "--format", "xlsx"]);
    let run = Run::from(command.env("TMPDIR", "/no/such/folder").output().unwrap());
    assert_eq!(run.code, Some(1));
    assert!(run.stderr.contains("/no/such/folder"), "{}", run.stderr);
}

/// Foreign decoders panic over what nobody foresaw; nothing of theirs is seen.
#[test]
fn a_damaged_parquet_footer_is_an_error_of_ours() {
    let bytes = fs::read(dataset("orders.parquet")).unwrap();
    let length =
        bytes[bytes.len() - 8..bytes.len() - 4].try_into().map(u32::from_le_bytes).unwrap();
    let footer = bytes.len() - 8 - length as usize..bytes.len() - 8;
    let folder = Folder::new();
    for (count, at) in footer.step_by(3).enumerate() {
        let mut damaged = bytes.clone();
        // Numbers are zigzag varints: an odd one is negative.
        damaged[at] = [damaged[at] ^ 1, 0xFF, 0x01, 0x7F][count % 4];
        fs::write(folder.path("x.parquet"), damaged).unwrap();
        let run = folder.run(&["rfm", "x.parquet", "-q", "--memory", "1G"]);
        assert!(matches!(run.code, Some(0 | 1)), "byte {at}: {:?} {}", run.code, run.stderr);
        assert!(!run.stderr.contains("panicked"), "byte {at}: {}", run.stderr);
        assert!(
            run.code == Some(0) || run.stderr.starts_with("error: "),
            "byte {at}: {}",
            run.stderr
        );
    }
}

#[test]
fn more_threads_than_anyone_has_are_refused() {
    let folder = Folder::with("orders.csv", ORDERS);
    for threads in ["100000", "1025", "18446744073709551615"] {
        folder.run(&["rfm", "orders.csv", "--threads", threads]).refuses(
            2,
            &format!(
                "error: `--threads {threads}` is more than 1024\n\
                 hint: leave it out: one per core is as fast as it gets\n"
            ),
        );
    }
    let expected = folder.run(&["rfm", "orders.csv"]);
    let output = folder.command(&["rfm", "orders.csv"]).env("RAYON_NUM_THREADS", "100000").output();
    assert_eq!(Run::from(output.unwrap()).stdout, expected.stdout);
}

/// Where the system has no room for the stacks of that many threads, fewer do the work.
#[cfg(target_os = "linux")]
#[test]
fn fewer_threads_do_where_the_system_gives_no_more() {
    let folder = Folder::with("orders.csv", ORDERS);
    let expected = folder.run(&["rfm", "orders.csv"]);
    for threads in ["200", "1000"] {
        let run =
            limited(&folder, "ulimit -v 160000", &["rfm", "orders.csv", "--threads", threads]);
        // What does not fit is said; nothing is aborted.
        assert!(run.code == Some(0) || run.stderr.contains("hint: allow more"), "{}", run.stderr);
        assert!(run.code != Some(0) || run.stdout == expected.stdout);
    }
}

/// Every command on two hundred thousand orders of as many customers, in less memory than it takes.
#[cfg(target_os = "linux")]
#[test]
fn too_little_memory_is_an_error_that_says_what_would_help() {
    let folder = Folder::new();
    folder
        .run(&["generate", "--customers", "150000", "--orders", "300000", "-q", "-o", "x.csv"])
        .answer();
    for command in
        ["rfm", "segment", "churn", "clv", "cohorts", "forecast", "inspect", "report -o out"]
    {
        let arguments: Vec<&str> = command.split(' ').chain(["x.csv", "-q"]).collect();
        for (limits, memory) in [("ulimit -v 90000", None), ("true", Some("40M"))] {
            let mut arguments = arguments.clone();
            arguments.extend(memory.into_iter().flat_map(|memory| ["--memory", memory]));
            let run = limited(&folder, limits, &arguments);
            assert!(matches!(run.code, Some(0 | 1)), "{command}: {:?} {}", run.code, run.stderr);
            if run.code == Some(1) {
                assert!(
                    run.stderr.starts_with("error: out of memory: "),
                    "{command}: {}",
                    run.stderr
                );
                assert!(
                    run.stderr.contains("\nhint: allow more with `--memory`"),
                    "{}",
                    run.stderr
                );
            }
            assert_eq!(
                folder.names().len(),
                if run.code == Some(0) && command.contains("out") { 2 } else { 1 }
            );
            let _ = fs::remove_dir_all(folder.path("out"));
        }
    }
    for (memory, said) in [("1M", "is less than the 32 MiB"), ("much", "is not a size")] {
        let run = folder.run(&["rfm", "x.csv", "--memory", memory]);
        assert_eq!(run.code, Some(2));
        assert!(run.stderr.contains(said), "{}", run.stderr);
    }
}

/// A small file that asks for gigabytes, in the 256 MiB that a small machine has.
#[cfg(target_os = "linux")]
#[test]
fn small_files_do_not_ask_for_gigabytes() {
    let cell = |attributes: &str, text: &str| {
        format!(
            "<table:table-cell {attributes} office:value-type=\"string\"><text:p>{text}</text:p></table:table-cell>"
        )
    };
    let header: String = HEADER.split(',').map(|name| cell("", name)).collect();
    let sheet = |rows: &str| {
        format!(
            "<office:document-content><office:body><office:spreadsheet><table:table table:name=\"S\">\
             <table:table-row>{header}</table:table-row>{rows}</table:table></office:spreadsheet>\
             </office:body></office:document-content>"
        )
    };
    let long = "x".repeat(10_000);
    let hostile = [
        format!(
            "<table:table-row>{}</table:table-row>",
            cell("", "a<text:s text:c=\"2000000000\"/>b")
        ),
        format!(
            "<table:table-row table:number-rows-repeated=\"1048575\">{}</table:table-row>",
            cell("table:number-columns-repeated=\"16384\"", "1")
        ),
        format!(
            "<table:table-row>{}</table:table-row>",
            cell("table:number-columns-repeated=\"16384\"", &long)
        ),
        format!(
            "<table:table-row table:number-rows-repeated=\"1000000\">{}</table:table-row>",
            cell("", &long)
        ),
        format!(
            "<table:table-row>{}</table:table-row>",
            cell("", "<text:s text:c=\"1000000\"/>").repeat(2000)
        ),
    ];
    for rows in hostile {
        let folder = Folder::with("x.ods", ods(&sheet(&rows)));
        let run = limited(&folder, "ulimit -v 262144", &["rfm", "x.ods"]);
        assert_eq!(run.code, Some(1), "{}", run.stderr);
        assert!(run.stderr.starts_with("error: x.ods"), "{}", run.stderr);
    }
}

/// An ODS file of this content.
fn ods(content: &str) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in [
        ("mimetype", "application/vnd.oasis.opendocument.spreadsheet"),
        ("META-INF/manifest.xml", "<manifest:manifest/>"),
        ("content.xml", content),
    ] {
        archive.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut archive, content.as_bytes()).unwrap();
    }
    archive.finish().unwrap().into_inner()
}
