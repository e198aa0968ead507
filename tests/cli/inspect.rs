//! `crmstat inspect`: the answer in several formats, the profile it writes, what `--strict` refuses.
//! Whole answers on the shipped data sets are golden files: see `tests/golden`.

use crate::support::{Folder, ORDERS, dataset};

#[test]
fn sections_for_people_and_one_table_for_programs() {
    let folder = Folder::with("orders.csv", ORDERS);
    let table = folder.run(&["inspect", "orders.csv"]);
    let rows = table.answer().lines().count();
    assert!(rows > 10, "{}", table.stdout);
    assert!(table.stdout.contains("quality"), "{}", table.stdout);
    let sections = folder.run(&["inspect", "orders.csv", "--format", "md"]);
    assert!(sections.answer().matches("\n## ").count() >= 2, "{}", sections.stdout);
    let russian = folder.run(&["inspect", "orders.csv", "--format", "md", "--lang", "ru"]);
    assert_ne!(russian.answer(), sections.answer());
}

#[test]
fn the_written_profile_reads_the_file_alike() {
    let folder = Folder::with("orders.csv", ORDERS);
    folder.run(&["inspect", "orders.csv", "--write-profile", "own.toml", "-q"]).answer();
    let by_profile = folder.run(&["rfm", "orders.csv", "--profile", "own.toml", "-q"]);
    assert_eq!(by_profile.answer(), folder.run(&["rfm", "orders.csv", "-q"]).answer());
}

#[test]
fn rejected_rows_are_an_error_where_strict() {
    let folder = Folder::new();
    let faulty = dataset("orders_with_faults.csv");
    let lenient = folder.run(&["inspect", &faulty, "-q"]);
    let strict = folder.run(&["inspect", &faulty, "--strict", "-q"]);
    assert_eq!(strict.code, Some(1));
    assert_eq!(strict.stdout, lenient.answer(), "what is wrong is shown all the same");
    let refused = "error: 10 rows are rejected\n\
                   hint: correct the rows, or leave out `--strict` to go on without them\n";
    assert_eq!(strict.stderr, refused);
    folder.run(&["inspect", &dataset("orders.csv"), "--strict", "-q"]).answer();
}
