//! JSON, and folders whose names are keys, as exports.

use crate::support::{Folder, dataset};

const CSV: &str = "customer_id,order_date,amount,region\n\
    A,2025-01-05,1.234,North\nB,2025-02-06,20.00,South\nA,2025-03-07,5.00,North\n";
const JSON: &str = "[\n\
    {\"customer_id\": \"A\", \"order_date\": \"2025-01-05\", \"amount\": 1.234, \"region\": \"North\"},\n\
    {\"customer_id\": \"B\", \"order_date\": \"2025-02-06\", \"amount\": 20.00, \"region\": \"South\", \"tags\": [1]},\n\
    {\"customer_id\": \"A\", \"order_date\": \"2025-03-07\", \"amount\": 5.00, \"region\": \"North\"}\n]\n";

#[test]
fn json_is_read_as_the_same_rows_of_text_whatever_it_is_called() {
    let lines: String = JSON
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| format!("{}\n", line.trim_end_matches(',')))
        .collect();
    let folder =
        Folder::with("orders.csv", CSV).and("orders.json", JSON).and("orders.jsonl", lines);
    // What a text leaves open, a number of JSON does not.
    let expected = folder.run(&["rfm", "orders.csv", "--decimal", "point", "--format", "csv"]);
    assert_eq!(expected.code, Some(0), "{}", expected.stderr);
    for name in ["orders.json", "orders.jsonl"] {
        let run = folder.run(&["rfm", name, "--format", "csv"]);
        assert_eq!((run.code, &run.stdout), (Some(0), &expected.stdout), "{}", run.stderr);
    }
}

#[test]
fn faults_in_json_are_told_with_their_lines() {
    let folder = Folder::with("bad.json", JSON.replace("2025-02-06", "soon"))
        .and("pages.json", "{\"total\": 1, \"data\": [{\"id\": 1}]}")
        .and("cut.json", &JSON[..200]);
    let run = folder.run(&["rfm", "bad.json"]);
    assert!(run.stderr.contains("`soon` at bad.json:3, column `order_date`"), "{}", run.stderr);
    folder.run(&["rfm", "pages.json"]).refuses(
        1,
        "error: pages.json: is one JSON object, not an array of objects\n\
         hint: the rows seem to stand under `data`: write that array to a file, such as with `jq '.data'`\n",
    );
    folder.run(&["rfm", "cut.json"]).refuses(
        1,
        "error: cut.json:4: an object begins here and is never closed\nhint: check that the file arrived whole\n",
    );
    let named = folder.and("orders.json", JSON);
    named.run(&["rfm", "orders.json", "--map", "region=tags"]);
    let run = named.run(&["rfm", "orders.json", "--map", "customer_id=tags"]);
    assert!(
        run.code == Some(1)
            && run.stderr.starts_with("error: orders.json:3, column `tags`: cannot be read"),
        "{}",
        run.stderr
    );
}

#[test]
fn folders_with_keys_are_columns_of_the_files_below_them() {
    let folder = Folder::with("orders.csv", CSV);
    for (region, rows) in [("North", [1, 3].as_slice()), ("South", &[2])] {
        let path = folder.path(&format!("orders/region={region}/part-0.csv"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        let line = |row: &usize| {
            let line = CSV.lines().nth(*row).unwrap();
            format!("{}\n", line.rsplit_once(',').unwrap().0)
        };
        let rows: String = rows.iter().map(line).collect();
        std::fs::write(&path, format!("customer_id,order_date,amount\n{rows}")).unwrap();
        std::fs::write(path.with_file_name("_SUCCESS"), "").unwrap();
    }
    let options = ["--decimal", "point", "--by", "region", "--horizon", "2", "--format", "csv"];
    let forecast = |files: &str| folder.run(&[&["forecast", files], &options[..]].concat());
    let expected = forecast("orders.csv");
    assert!(expected.code == Some(0) && expected.stdout.contains("South"), "{}", expected.stderr);
    for files in ["orders", "orders/", "orders/region=*", "orders/*/*.csv"] {
        let run = forecast(files);
        assert_eq!((run.code, &run.stdout), (Some(0), &expected.stdout), "{files}: {}", run.stderr);
    }
}

/// Rows of one value are those of a file that has no others, in every format and for every command; the rest is counted.
#[test]
fn rows_that_are_asked_for_are_as_a_file_of_them() {
    let all = std::fs::read_to_string(dataset("orders.csv")).unwrap();
    let (header, rows) = all.split_once('\n').unwrap();
    let of = |wanted: &[&str]| -> String {
        let rows = rows.lines().filter(|row| wanted.contains(&row.split(',').nth(5).unwrap()));
        format!("{header}\n{}\n", rows.collect::<Vec<_>>().join("\n"))
    };
    let folder = Folder::with("all.csv", &all)
        .and("north.csv", of(&["North"]))
        .and("two.csv", of(&["North", "South"]))
        .and("all.parquet", std::fs::read(dataset("orders.parquet")).unwrap());
    let north = ["--where", "region=North"];
    for command in [&["rfm"][..], &["sales", "--by", "product"], &["kpi"], &["cohorts"], &["clv"]] {
        let alone = folder.run(&[command, &["north.csv", "-q"]].concat());
        for file in ["all.csv", "all.parquet"] {
            let run = folder.run(&[command, &[file, "-q"], &north].concat());
            assert_eq!(run.answer(), alone.answer(), "{command:?} {file}");
        }
    }
    let two = ["--where", "region=north", "--where", "Region= SOUTH "];
    let run = folder.run(&[&["rfm", "all.csv", "-q"][..], &two].concat());
    assert_eq!(run.answer(), folder.run(&["rfm", "two.csv", "-q"]).answer());
    let run = folder.run(&[&["rfm", "all.csv"][..], &north].concat());
    let left = rows.lines().count() - of(&["North"]).lines().count() + 1;
    assert!(run.stderr.contains(&format!("{left} not asked for")), "{}", run.stderr);
    // Of several columns all have to be met.
    let more = [&["rfm", "all.csv", "-q"][..], &north, &["--where", "channel=web"]].concat();
    assert!(folder.run(&more).answer().lines().count() < run.answer().lines().count());
    let run = folder.run(&["rfm", "all.csv", "--where", "area=North"]);
    assert_eq!(run.code, Some(2), "{}", run.stderr);
    assert!(run.stderr.contains("no column `area`") && run.stderr.contains("`region`"));
    let run = folder.run(&["rfm", "all.csv", "--where", "region=Nord"]);
    assert!(run.code == Some(1) && run.stderr.contains("not asked for"), "{}", run.stderr);
    assert_eq!(folder.run(&["rfm", "all.csv", "--where", "region"]).code, Some(2));
}

#[test]
fn deals_that_are_asked_for_are_as_a_file_of_them() {
    let all = std::fs::read_to_string(dataset("pipedrive.csv")).unwrap();
    let (header, rows) = all.split_once('\n').unwrap();
    let own: Vec<&str> = rows.lines().filter(|row| row.contains(",B. Jones,")).collect();
    let folder = Folder::with("all.csv", &all)
        .and("own.csv", format!("{header}\n{}\n", own.join("\n")))
        .and("history.csv", std::fs::read(dataset("pipedrive_history.csv")).unwrap());
    for command in
        [&["funnel"][..], &["funnel", "--history", "history.csv"], &["managers"], &["rfm"]]
    {
        // A word for the field is as good as the header.
        let as_of: &[&str] = if command[0] == "rfm" { &[] } else { &["--as-of", "2026-01-01"] };
        let (name, options) = command.split_at(1);
        let alone = folder.run(&[name, &["own.csv", "-q"], options, as_of].concat());
        let asked = ["all.csv", "-q", "--where", "manager=B. Jones"];
        let run = folder.run(&[name, &asked[..], options, as_of].concat());
        assert_eq!(run.answer(), alone.answer(), "{command:?}");
    }
}
