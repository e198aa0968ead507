//! The report as people open it: the page in a real browser, the workbook in a real spreadsheet.
//!
//! The tests need Chromium and node with the packages of `package-lock.json` (`npm ci` in this folder), and
//! LibreOffice. They are ignored unless asked for; `.ci/run` installs what they need and asks.

use std::{
    collections::BTreeMap,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// The program of one of `names`.
fn program(names: &[&str]) -> PathBuf {
    let path = env::var_os("PATH").unwrap();
    let folders: Vec<PathBuf> = env::split_paths(&path).collect();
    let mut found =
        names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("none of {names:?} is installed"))
}

fn checkout(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path).canonicalize().unwrap()
}

/// Runs `crmstat report` on `export` with `options`; the folder of the report.
fn report(place: &TempDir, name: &str, export: &Path, options: &[&str]) -> PathBuf {
    let folder = place.path().join(name);
    let output = Command::new(env!("CARGO_BIN_EXE_crmstat"))
        .arg("report")
        .arg(export)
        .arg("-o")
        .arg(&folder)
        .arg("-q")
        .args(options)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

/// Ids that do harm where they are taken for anything but text.
const HOSTILE: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "</style></script><svg onload=alert(1)>",
    "שלום עולם",
    "🙂👩‍👩‍👧",
    "javascript:alert(1)",
];

/// Orders of customers with hostile ids, all of whom have bought more than the others and then stopped.
fn hostile() -> String {
    let mut orders = String::from("customer_id,order_date,amount\n");
    let long = "x".repeat(10_000);
    let ids = HOSTILE.iter().copied().chain([long.as_str()]);
    for (number, id) in ids.enumerate() {
        let quoted = id.replace('"', "\"\"");
        for month in 1..=12 {
            let day = number + month;
            let amount = 900 + 10 * number;
            orders.push_str(&format!("\"{quoted}\",2024-{month:02}-{day:02},{amount}\n"));
        }
    }
    for number in 0..200 {
        let (month, day) = (number % 12 + 1, number % 27 + 1);
        orders.push_str(&format!("C{number},2024-{month:02}-{day:02},20\n"));
        orders.push_str(&format!("C{number},2025-{:02}-{day:02},20\n", number % 3 + 1));
    }
    orders
}

#[test]
#[ignore = "needs chromium and node"]
fn pages_work_in_a_browser_needs_chromium() {
    let script = checkout("tests/report/check.mjs");
    let (chromium, node) =
        (program(&["chromium", "chromium-browser"]), program(&["node", "nodejs"]));
    assert!(script.with_file_name("node_modules").is_dir(), "run `npm ci` in tests/report first");
    let place = tempfile::tempdir().unwrap();
    let mut command = Command::new(node);
    command.arg(script).arg(chromium);
    command.arg(Path::new(env!("CARGO_TARGET_TMPDIR")).join("screenshots"));
    for export in ["orders", "amocrm", "pipedrive"] {
        for lang in ["en", "ru"] {
            let data = checkout("datasets").join(format!("{export}.csv"));
            let folder = report(&place, &format!("{export}-{lang}"), &data, &["--lang", lang]);
            command.arg(folder.join("report.html"));
        }
    }
    let data = place.path().join("hostile.csv");
    fs::write(&data, hostile()).unwrap();
    let folder = report(&place, "hostile", &data, &["--title", HOSTILE[1]]);
    command.arg(folder.join("report.html"));
    command.args(HOSTILE.map(|id| format!("--shows={id}")));
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let failed = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{failed}");
}

#[test]
#[ignore = "needs LibreOffice"]
fn workbooks_open_in_a_spreadsheet_needs_libreoffice() {
    let soffice = program(&["soffice", "libreoffice"]);
    let place = tempfile::tempdir().unwrap();
    for (export, lang) in [("orders", "en"), ("amocrm", "ru")] {
        let data = checkout("datasets").join(format!("{export}.csv"));
        let folder = report(&place, export, &data, &["--lang", lang]);
        let sheets = place.path().join(format!("{export}-sheets"));
        // Comma, quote, UTF-8, from the first line on, values rather than what is shown, every sheet.
        let filter =
            "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1";
        let output = Command::new(&soffice)
            .arg(format!("-env:UserInstallation=file://{}/office", place.path().display()))
            .args(["--headless", "--convert-to", filter, "--outdir"])
            .arg(&sheets)
            .arg(folder.join("report.xlsx"))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let opened: Vec<Vec<Vec<String>>> =
            entries(&sheets).values().map(|text| csv(text)).collect();
        let tables = entries(&folder.join("tables"));
        assert!(tables.len() > 15 && opened.len() > tables.len(), "{} sheets", opened.len());
        for (name, text) in tables {
            let table = csv(&text);
            let mark = format!("tables/{}", name.trim_end_matches(".csv"));
            let is_sheet = |sheet: &&Vec<Vec<String>>| {
                sheet.get(1).is_some_and(|row| row.iter().any(|cell| cell.ends_with(&mark)))
            };
            let sheet =
                opened.iter().find(is_sheet).unwrap_or_else(|| panic!("no sheet of {name}"));
            assert_eq!(sheet.len() - 3, table.len() - 1, "rows of {name}");
            for column in 0..table[0].len() {
                let (found, wanted) = (total(&sheet[3..], column), total(&table[1..], column));
                let same = match (found, wanted) {
                    (Some(found), Some(wanted)) => (found - wanted).abs() <= 1e-9 * wanted.abs(),
                    // Days are texts in CSV and numbers in a workbook.
                    (_, wanted) => wanted.is_none(),
                };
                assert!(same, "{name}, {}: {found:?} is not {wanted:?}", table[0][column]);
            }
        }
    }
}

/// The texts of the files in `folder`, by name.
fn entries(folder: &Path) -> BTreeMap<String, String> {
    let read = |entry: std::io::Result<fs::DirEntry>| {
        let entry = entry.unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        (entry.file_name().into_string().unwrap(), text)
    };
    fs::read_dir(folder).unwrap().map(read).collect()
}

/// The sum of a column; `None` where a cell is no number.
fn total(rows: &[Vec<String>], column: usize) -> Option<f64> {
    let cells = rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
    let number = |cell: &String| match cell.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().ok().map(|percent| percent / 100.0),
        None => cell.parse::<f64>().ok(),
    };
    cells.map(number).sum()
}

/// Records of comma-separated text with quotes.
fn csv(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.trim_start_matches('\u{FEFF}').chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => cell.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut cell)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            '\r' if !quoted => {}
            other => cell.push(other),
        }
    }
    rows
}
