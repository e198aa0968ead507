//! Files as they come in practice, each with its right answer.
//!
//! A folder of `tests/cases` holds the files, the command (`cmd.txt`), the right answer (`expected.json`) and why it is
//! right (`case.md`). `$CRMSTAT_SHARED/cases` holds cases of the same kinds that are not ours to ship; every folder there
//! is run, and one that is not in the list below is held to the general form of `expected.json`. What is not right
//! yet stands in [`KNOWN`], and a case in it that has become right fails until it is taken off.

mod checks;

use checks::{Answer, Check};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

/// What is not answered right yet.
const KNOWN: &[&str] = &[];

/// A kind of case: our own of it, the shared one, and how an answer is judged.
struct Kind {
    own: &'static str,
    shared: &'static str,
    /// The right answer of the shared case, where its `expected.json` leaves it to `case.md`.
    told: &'static str,
    check: Check,
}

const fn kind(own: &'static str, shared: &'static str, told: &'static str, check: Check) -> Kind {
    Kind { own, shared, told, check }
}

const KINDS: &[Kind] = &[
    kind("excel-protected-ids", "03-excel-protected-ids", "", Check::Customers),
    kind("malformed-numbers", "06-malformed-numbers", "", Check::Customers),
    kind("cp1251-few-capitals", "101-cp1251-few-capitals", r#"{"ids": ["ООО", "ИП"]}"#, Check::Ids),
    kind(
        "products-price",
        "104-products-price",
        r#"{"a": [1, 13], "b": [1, 5]}"#,
        Check::CustomersOrTold(&["--products"]),
    ),
    kind(
        "unknown-labels-listed",
        "106-unknown-labels-listed",
        r#"{"labels": {"Resolved": 20, "Disputed": 20, "In Process": 20, "Approved": 20}}"#,
        Check::Labels,
    ),
    kind("forecast-guest-orders", "115-forecast-drops-guest-orders", "", Check::PerMonth),
    kind(
        "seasonal-zero-months",
        "117-seasonal-five-zero-months",
        r#"{"year": 7490, "zero_months": [1, 2, 3, 11, 12]}"#,
        Check::Season,
    ),
    kind(
        "last-month-all-but-one-day",
        "118-last-month-all-but-one-day",
        r#"{"as_of": "2023-01-01", "last_month": "2022-12-01"}"#,
        Check::LastMonth,
    ),
    kind(
        "partial-refund",
        "119-shopify-partial-refund",
        r#"{"u1@example.test": [1, 49.99], "u2@example.test": [2, 120]}"#,
        Check::CustomersOrTold(&["Refunded Amount"]),
    ),
    kind(
        "report-with-one-mistyped-year",
        "121-report-with-one-mistyped-year",
        r#"{"year": "2042", "others": 200}"#,
        Check::FarDate,
    ),
    kind("discount-in-orders", "126-discount-ignored-in-orders", "", Check::Customers),
    kind(
        "indian-grouping",
        "14-indian-grouping",
        r#"{"a": 100000, "b": 1234567.5, "c": 999}"#,
        Check::Customers,
    ),
    kind("order-total-on-each-line", "18-order-total-repeated-per-line", "", Check::Customers),
    kind("guest-words", "22-guest-words", "", Check::Customers),
    kind(
        "float-ids-in-one-file",
        "23-float-ids-two-files",
        r#"{"17850": [2, 20], "17851": [1, 10], "17852": [1, 10]}"#,
        Check::Customers,
    ),
    kind("overlapping-exports", "42-overlapping-exports", "", Check::CustomersOrTold(&["repeat"])),
    kind(
        "placeholder-dates",
        "45-placeholder-dates",
        r#"{"years": ["1900", "1970"]}"#,
        Check::YearsTold,
    ),
    kind("discount-fraction-lines", "50-discount-fraction-lines", "", Check::Customers),
    kind("status-header-result", "62-status-header-deal-outcome", "", Check::Customers),
    kind("status-header-sostoyanie", "65-status-header-sostoyanie", "", Check::Customers),
    kind(
        "status-header-cancelled-flag",
        "67-status-header-is-cancelled-flag",
        "",
        Check::Customers,
    ),
    kind(
        "map-makes-deals-orders",
        "69-map-makes-deals-an-order-table",
        "",
        Check::CustomersOrTold(&["stage"]),
    ),
    kind(
        "first-purchase-after-calibration",
        "79-first-purchase-after-calibration",
        "",
        Check::Answered,
    ),
    kind("custom-breaks", "84-custom-breaks", "", Check::Scores),
    kind("weekdays-only", "92-weekdays-only", r#"{"weekday": 150}"#, Check::Weekdays),
    kind(
        "single-byte-euro-only",
        "98-single-byte-euro-only",
        r#"{"a": 1234.56, "b": 99.9}"#,
        Check::Customers,
    ),
    ours("first-run-adventureworks-excel", Check::SecondRun),
    ours("first-run-adventureworks-fact", Check::SecondRun),
    ours("first-run-adventureworks-header", Check::SecondRun),
    ours("first-run-adventureworks-maven", Check::SecondRun),
    ours("first-run-maven-deals", Check::SecondRun),
    ours("first-run-northwind-invoices", Check::SecondRun),
    ours("first-run-northwind-joined", Check::SecondRun),
    ours("first-run-northwind-orders-alone", Check::CustomersOrTold(&["--lines"])),
    ours("first-run-northwind-orders-details", Check::SecondRun),
    ours("first-run-onec-documents", Check::SecondRun),
    ours("first-run-onec-documents-client", Check::SecondRun),
    ours("first-run-online-retail", Check::SecondRun),
    ours("first-run-online-retail-ii", Check::SecondRun),
    ours("first-run-sample-sales", Check::SecondRun),
    ours("first-run-sample-sales-all-statuses", Check::SecondRun),
    ours("first-run-shopify-orders", Check::SecondRun),
    ours("first-run-stripe-payments", Check::SecondRun),
    ours("first-run-stripe-two-currencies", Check::SecondRun),
    ours("first-run-superstore", Check::SecondRun),
    ours("first-run-superstore-day-first", Check::SecondRun),
    ours("first-run-superstore-global", Check::SecondRun),
    ours("first-run-woocommerce-analytics", Check::SecondRun),
    ours("first-run-woocommerce-csv-suite", Check::SecondRun),
    ours("first-run-woocommerce-lines", Check::SecondRun),
    ours("status-header-dealstage", Check::Customers),
    ours("status-header-itog", Check::Customers),
    ours("status-header-step", Check::Customers),
    ours("status-words-of-spanish", Check::SecondRun),
    ours("status-flag-livemode", Check::Customers),
    ours("status-flag-win", Check::Customers),
    ours("status-flag-archived", Check::CustomersOrTold(&["`archived`", "--map is_lost=archived"])),
    ours("status-day-of-refund", Check::Customers),
    ours("status-reason-of-cancellation", Check::Customers),
    ours("status-reason-of-loss", Check::SecondRun),
    ours("status-probability-alone", Check::SecondRun),
    ours("status-remark", Check::CustomersOrTold(&["`remark`", "CANCELLED by client"])),
    ours("returns-as-documents", Check::Customers),
    ours("returns-as-rows-of-no-sale", Check::Customers),
    ours("returns-value", Check::Customers),
    ours("chargeback-amount", Check::Customers),
    ours("price-after-discount", Check::Customers),
    ours("price-after-discount-ru", Check::Customers),
    ours("subtotal-is-named", Check::SecondRun),
    ours("order-total-under-plain-number", Check::Customers),
    ours("far-dates-several", Check::Customers),
    ours("far-date-next-year", Check::Customers),
    ours("euro-on-every-row", Check::Customers),
    ours("no-break-space-on-every-row", Check::Customers),
    ours("roubles-on-every-row", Check::Customers),
    ours("codes-with-one-russian-letter", Check::Customers),
    ours("ids-written-alike", Check::CustomersOrTold(&["`ACME`", "`Acme`", "letter case"])),
    ours("guest-address", Check::CustomersOrTold(&["guest@shop.example", "--guest"])),
    ours("words-for-no-customer", Check::Customers),
    ours("shopify-by-product", Check::Parts),
    ours("shopify-by-country", Check::Parts),
    ours("order-total-on-first-line-by-product", Check::Parts),
    ours("status-words-of-a-shop", Check::SecondRun),
    ours("status-words-of-a-shop-ru", Check::SecondRun),
    ours("status-not-collected", Check::SecondRun),
    ours("status-flag-draft", Check::Customers),
    ours("status-flag-draft-ru", Check::Customers),
    ours("quote-or-order", Check::SecondRun),
    ours("payments-of-a-trial", Check::Customers),
    ours("codes-of-status", Check::CustomersAndTold(&["`st`", "--map status=st"])),
    ours("codes-of-letters", Check::CustomersAndTold(&["`code`", "--map status=code"])),
    ours("payment-is-a-way", Check::Customers),
    ours("paid-is-a-flag", Check::Customers),
    ours("total-under-the-rows", Check::Customers),
    ours("total-under-the-rows-ru", Check::Customers),
    ours("amounts-in-cents", Check::CustomersAndTold(&["`amount cents` is in hundredths"])),
    ours("price-with-quantity", Check::SecondRun),
    ours("shopify-without-total", Check::Customers),
    ours("money-back", Check::Customers),
    ours("money-back-ru", Check::Customers),
    ours("pieces-that-came-back", Check::CustomersAndTold(&["`returned_qty`", "is not used"])),
    ours("markdown", Check::CustomersOrTold(&["--discounts"])),
];

/// A case of ours alone: the headers and cells of a well-known data set or export, or another of a kind.
const fn ours(own: &'static str, check: Check) -> Kind {
    Kind { own, shared: "", told: "", check }
}

/// Runs the command of the case in `folder`, with `more` arguments, on a copy of its files.
fn run(folder: &Path, more: &[String]) -> Answer {
    let place = copied(folder);
    let line = fs::read_to_string(folder.join("cmd.txt")).unwrap();
    let arguments = words(line.trim());
    assert_eq!(arguments[0], "crmstat", "{}", folder.display());
    let output = Command::new(env!("CARGO_BIN_EXE_crmstat"))
        .current_dir(place.path())
        .args(&arguments[1..])
        .args(more)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Answer {
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A copy of the files of the case in `folder`.
fn copied(folder: &Path) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), place.path().join(entry.file_name())).unwrap();
    }
    place
}

/// Judges the answer of the case in `folder`, or that of the second run, with what the first one hints at.
fn judge_case(folder: &Path, check: Check, expected: &Value) -> Result<(), String> {
    let first = run(folder, &[]);
    let verdict = check.judge(&first, expected);
    let options = first.hinted();
    if verdict.is_ok() || !matches!(check, Check::SecondRun) || options.is_empty() {
        return verdict;
    }
    let options: Vec<String> = options.iter().flat_map(|option| words(option)).collect();
    check.judge(&run(folder, &options), expected)
}

/// The words of a command line; quotes keep blanks.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quote) = (vec![String::new()], None);
    for letter in line.chars() {
        match letter {
            '"' | '\'' if quote.is_none() => quote = Some(letter),
            _ if quote == Some(letter) => quote = None,
            ' ' if quote.is_none() => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap();
    serde_json::from_str(&text).unwrap_or_else(|cause| panic!("{}: {cause}", path.display()))
}

/// Holds the answers of cases, by name, to [`KNOWN`].
fn judge(verdicts: &[(String, Result<(), String>)]) {
    assert!(!verdicts.is_empty(), "no case was run");
    let mut failures = Vec::new();
    for (name, verdict) in verdicts {
        match (verdict, KNOWN.contains(&name.as_str())) {
            (Err(why), false) => failures.push(format!("{name}: {why}")),
            (Ok(()), true) => failures.push(format!("{name} is right now: take it off the list")),
            _ => {}
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn our_own_cases_are_answered_right() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let verdict = |kind: &Kind| {
        let folder = root.join(kind.own);
        let verdict = judge_case(&folder, kind.check, &json(&folder.join("expected.json")));
        (kind.own.to_owned(), verdict)
    };
    judge(&KINDS.iter().map(verdict).collect::<Vec<_>>());
    let folders = folders(&root);
    let listed: BTreeSet<String> = KINDS.iter().map(|kind| kind.own.to_owned()).collect();
    assert_eq!(folders, listed);
}

#[test]
#[ignore = "needs CRMSTAT_SHARED"]
fn shared_cases_are_answered_right_needs_shared_data() {
    let root = crmstat_testkit::shared("cases");
    let verdict = |name: String| {
        let folder = root.join(&name);
        let known = KINDS.iter().find(|kind| kind.shared == name);
        let told = known.map_or("", |kind| kind.told);
        let expected = if told.is_empty() {
            json(&folder.join("expected.json"))
        } else {
            serde_json::from_str(told).unwrap()
        };
        let check = known.map_or(Check::General, |kind| kind.check);
        (name, check.judge(&run(&folder, &[]), &expected))
    };
    judge(&folders(&root).into_iter().map(verdict).collect::<Vec<_>>());
}

/// The names of the folders in `root`.
fn folders(root: &Path) -> BTreeSet<String> {
    fs::read_dir(root)
        .unwrap()
        .map(Result::unwrap)
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect()
}

/// What is told with options, or hinted at, can be copied to a shell as it stands.
#[cfg(unix)]
#[test]
fn options_that_are_told_run_as_they_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/cases");
    let mut tried = 0;
    for kind in KINDS {
        let folder = root.join(kind.own);
        for options in run(&folder, &[]).told_options() {
            let place = copied(&folder);
            let line = fs::read_to_string(folder.join("cmd.txt")).unwrap();
            let command = line.trim().strip_prefix("crmstat").unwrap();
            let output = Command::new("sh")
                .current_dir(place.path())
                .arg("-c")
                .arg(format!("\"$CRMSTAT\" {command} {options}"))
                .env("CRMSTAT", env!("CARGO_BIN_EXE_crmstat"))
                .stdin(Stdio::null())
                .output()
                .unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr);
            // The data may be refused for another reason, of which the next hint tells.
            let runs = matches!(output.status.code(), Some(0 | 1));
            assert!(runs, "{}: {command} {options}: {stderr}", kind.own);
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried} lines of options");
}

#[test]
fn what_is_known_is_the_name_of_a_case() {
    for name in KNOWN {
        assert!(KINDS.iter().any(|kind| kind.own == *name || kind.shared == *name), "{name}");
    }
}
