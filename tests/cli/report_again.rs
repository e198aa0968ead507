//! `crmstat report --from run.json`: the same report again, or a refusal that names the file.

use crate::support::{Folder, dataset};
use std::{collections::BTreeMap, fs};

/// Sections that take no time.
const SHORT: [&str; 2] = ["--sections", "answer,figures,rfm,cohorts,quality"];

/// Every file of the report `name` with its bytes, the record without its timings.
fn files(folder: &Folder, name: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = folder.files(name);
    let run = files.get_mut("run.json").unwrap();
    let text = str::from_utf8(run).unwrap();
    let (record, timings) = text.split_once("\n  \"timings\": [").unwrap();
    assert!(timings.contains("\"writing\"") && timings.ends_with("]\n}\n"), "{timings}");
    *run = record.as_bytes().to_vec();
    files
}

/// A folder with an export of orders.
fn with_orders() -> Folder {
    Folder::with("orders.csv", fs::read(dataset("orders.csv")).unwrap())
}

#[test]
fn a_recorded_run_is_repeated_to_the_same_bytes() {
    let folder = with_orders().and("logo.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>");
    let given = [
        &["report", "orders.csv", "-o", "first", "--lang", "ru", "--title", "Q4 \"so\" --far"][..],
        &["--logo", "logo.svg", "--as-of", "2025-12-01", "--map", "amount=amount"],
        &["--table-format", "parquet", "--seed", "7", "--threads", "1"],
        &SHORT,
    ];
    folder.run(&given.concat()).answer();
    let run = folder.run(&["report", "--from", "first/run.json", "-o", "second"]);
    assert!(run.answer().starts_with("# Q4"), "{}", run.stdout);
    assert!(run.stderr.ends_with("«second» и совпадает с прежним до байта\n"));
    let (first, second) = (files(&folder, "first"), files(&folder, "second"));
    assert!(first.keys().eq(second.keys()));
    for (name, bytes) in &first {
        assert!(second[name] == *bytes, "{name}");
    }
    for name in ["report.html", "report.xlsx", "run.json", "models/rfm.json", "tables/rfm.parquet"]
    {
        assert!(first.contains_key(name), "{name}");
    }
    let record = folder.read("first/run.json");
    for part in [
        "\"--seed=7\"",
        "\"--title=Q4 \\\"so\\\" --far\"",
        "\"as_of\": \"2025-12-01\"",
        "\"role\": \"logo\"",
        "\"file\": \"tables/rfm.parquet\"",
        "\"accepted\": ",
    ] {
        assert!(record.contains(part), "{part} in {record}");
    }
    assert!(!record.contains("--threads") && !record.contains("first"), "{record}");
}

#[test]
fn inputs_that_changed_or_went_away_are_named() {
    let folder = with_orders();
    folder.run(&[&["report", "orders.csv", "-o", "first"][..], &SHORT].concat()).answer();
    let again = ["report", "--from", "first/run.json", "-o", "second"];
    let orders = folder.read("orders.csv");
    fs::write(folder.path("orders.csv"), orders.replacen("2024", "2023", 1)).unwrap();
    folder.run(&again).refuses(
        1,
        "error: orders.csv: has changed since the run\n\
         hint: make a new report: `crmstat report EXPORT -o DIR`\n",
    );
    fs::remove_file(folder.path("orders.csv")).unwrap();
    let run = folder.run(&again);
    assert_eq!(run.code, Some(1), "{}", run.stderr);
    assert!(run.stderr.contains("orders.csv"), "{}", run.stderr);
    assert_eq!(folder.names(), ["first"]);
}

#[test]
fn a_new_file_of_a_pattern_is_named() {
    let folder = with_orders();
    folder.run(&[&["report", "ord*.csv", "-o", "first"][..], &SHORT].concat()).answer();
    let folder = folder.and("orders2.csv", "customer_id,order_date,amount\nA,2025-01-01,5\n");
    folder.run(&["report", "--from", "first/run.json", "-o", "second"]).refuses(
        1,
        "error: orders2.csv: was not among the inputs of the run\n\
         hint: make a new report: `crmstat report EXPORT -o DIR`\n",
    );
}

#[test]
fn nothing_is_said_twice() {
    let folder = with_orders();
    folder.run(&[&["report", "orders.csv", "-o", "first"][..], &SHORT].concat()).answer();
    let again = ["report", "--from", "first/run.json", "-o", "second"];
    let hint = "hint: give only `-o DIR` and, where the run had one, the key of pseudonyms\n";
    folder
        .run(&[&again[..], &["--seed", "1"]].concat())
        .refuses(2, &format!("error: `--seed=1` beside `--from`, which says it already\n{hint}"));
    folder
        .run(&[&again[..], &["orders.csv"]].concat())
        .refuses(2, &format!("error: `orders.csv` beside `--from`, which says it already\n{hint}"));
    let run = folder.run(&["report", "-o", "second"]);
    assert_eq!(run.code, Some(2));
    assert!(run.stderr.contains("EXPORT"), "{}", run.stderr);
    let folder = folder.and("other.json", "{\"version\": 1}");
    folder.run(&["report", "--from", "other.json", "-o", "second"]).refuses(
        1,
        "error: other.json: not the record of a report\n\
         hint: give the `run.json` of an earlier report\n",
    );
}

#[test]
fn a_key_of_pseudonyms_is_asked_for_again() {
    let folder = with_orders();
    let key = ["--pseudonymize", "a key of some length"];
    folder.run(&[&["report", "orders.csv", "-o", "first"][..], &SHORT, &key].concat()).answer();
    assert!(!folder.read("first/run.json").contains("some length"));
    let again = ["report", "--from", "first/run.json", "-o", "second"];
    folder.run(&again).refuses(
        2,
        "error: the run put pseudonyms in the place of ids\n\
         hint: give its key with `--pseudonymize KEY`\n",
    );
    let run = folder.run(&[&again[..], &["--pseudonymize", "another key of length"]].concat());
    run.refuses(2, "error: the run put pseudonyms under another key\n");
    folder.run(&[&again[..], &key].concat()).answer();
    assert_eq!(files(&folder, "first"), files(&folder, "second"));
}

/// A record may come from anyone: where to write is what the caller types, never what the record says.
#[test]
fn a_record_never_says_where_to_write() {
    let folder = with_orders().and("precious", "mine");
    folder.run(&[&["report", "orders.csv", "-o", "first"][..], &SHORT].concat()).answer();
    let record = folder.read("first/run.json");
    let precious = folder.path("precious").to_str().unwrap().to_owned();
    let with = |argument: &str| {
        record.replacen("\"arguments\": [", &format!("\"arguments\": [\n    \"{argument}\","), 1)
    };
    for argument in [
        format!("--quarantine={precious}"),
        format!("--quarantine\",\n    \"{precious}"),
        format!("-o{precious}"),
        format!("--output={precious}"),
        "--pseudonymize=a key of some length".to_owned(),
        "--threads=1".to_owned(),
        "-q".to_owned(),
        format!("--from={precious}"),
        "--nonsense".to_owned(),
    ] {
        let folder = with_orders().and("precious", "mine").and("hostile.json", with(&argument));
        let run = folder.run(&["report", "--from", "hostile.json", "-o", "second"]);
        assert_eq!(run.code, Some(1), "{argument}: {}", run.stderr);
        assert!(run.stderr.contains("the arguments in the record"), "{argument}: {}", run.stderr);
        assert_eq!(folder.names(), ["hostile.json", "orders.csv", "precious"], "{argument}");
    }
    assert_eq!(folder.read("precious"), "mine");
    // What the caller types is obeyed.
    let again =
        ["report", "--from", "first/run.json", "-o", "second", "--quarantine", "rejected.csv"];
    folder.run(&again).answer();
    assert!(
        folder.read("rejected.csv").starts_with("file,line,"),
        "{}",
        folder.read("rejected.csv")
    );
}
