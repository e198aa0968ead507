//! `crmstat rfm`: what it answers, and what it says beside the answer.

use crate::support::{Folder, ORDERS, Run};

const SCORED: &str = "\
customer_id,last_order,recency_days,frequency,monetary,r,f,m,rfm,segment
anna,2024-03-31,1,3,60.00,5,5,3,553,Potential Loyalist
boris,2024-02-01,60,1,250.50,1,1,5,115,Cannot Lose Them
clara,2024-03-20,12,1,5.25,3,1,1,311,New Customers
";

const NOTES: &str = "\
5 rows read: 5 accepted
3 customers as of 2024-04-01
nobody has the recency score 2, 4: equal customers share one score
nobody has the frequency score 2, 3, 4: equal customers share one score
nobody has the monetary score 2, 4: equal customers share one score
";

fn folder() -> Folder {
    Folder::with("orders.csv", ORDERS)
}

#[test]
fn a_plain_table_of_orders_needs_no_option() {
    folder().run(&["rfm", "orders.csv"]).is(0, SCORED, NOTES);
    folder().run(&["rfm", "orders.csv", "-q"]).is(0, SCORED, "");
}

#[test]
fn standard_input_is_an_export() {
    let folder = folder();
    let input = std::fs::File::open(folder.path("orders.csv")).unwrap();
    let output = folder.command(&["rfm", "-"]).stdin(input).output().unwrap();
    Run::from(output).is(0, SCORED, NOTES);
}

#[test]
fn every_decision_is_told_with_the_option_that_overrides_it() {
    let run = folder().run(&["rfm", "orders.csv", "-v"]);
    let decisions = "\
orders.csv: encoding: UTF-8 (every byte is ASCII) [--encoding]
orders.csv: delimiter: , (6 of 6 records have 4 cells) [--delimiter]
orders.csv: profile: generic (no CRM's headers; the columns have plain names) [--profile]
orders.csv: table: orders (the columns found)
orders.csv: column order_id: order_id (a header of the profile generic) [--map]
orders.csv: column customer_id: customer_id (a header of the profile generic) [--map]
orders.csv: column ordered_at: order_date (a header of the profile generic) [--map]
orders.csv: column amount: amount (a header of the profile generic) [--map]
orders.csv: dates in `order_date`: year, month, day (no cell leaves a choice) [--date-order]
orders.csv: numbers in `amount`: decimal point (5 cells such as `10.00`) [--decimal]
";
    run.is(0, SCORED, &format!("{decisions}{NOTES}"));
}

#[test]
fn segments_are_summed_up() {
    let summary = "\
segment,customers,orders,revenue,share_customers,share_revenue,median_recency_days,mean_order
Potential Loyalist,1,3,60.00,0.3333333333333333,0.19002375296912113,1.0,20.0
New Customers,1,1,5.25,0.3333333333333333,0.0166270783847981,12.0,5.25
Cannot Lose Them,1,1,250.50,0.3333333333333333,0.7933491686460807,60.0,250.5
";
    folder().run(&["rfm", "orders.csv", "--summary"]).is(0, summary, NOTES);
}

#[test]
fn thresholds_freeze_the_scores() {
    let folder = folder();
    let thresholds = folder.run(&["rfm", "orders.csv", "--thresholds", "-q"]);
    let folder = folder.and("cuts.csv", thresholds.answer());
    assert_eq!(folder.run(&["rfm", "orders.csv", "--cuts", "cuts.csv", "-q"]).answer(), SCORED);
}

#[test]
fn a_saved_model_scores_new_data_alike() {
    let folder = folder();
    folder.run(&["rfm", "orders.csv", "--save-model", "model.json", "-q"]).answer();
    let new = "customer_id,order_date,amount\nnew,2024-03-31,300\n";
    let folder = folder.and("new.csv", new);
    let run = folder.run(&["rfm", "new.csv", "--model", "model.json", "-q"]);
    let scored = "\
customer_id,last_order,recency_days,frequency,monetary,r,f,m,rfm,segment
new,2024-03-31,1,1,300.00,5,1,5,515,Promising
";
    run.is(0, scored, "");
}

#[test]
fn moves_between_two_dates_are_counted_under_the_same_cuts() {
    let run = folder().run(&["rfm", "orders.csv", "--compare", "2024-03-01", "-q"]);
    let moves = "\
from,to,customers,share_customers,revenue
Cannot Lose Them,Cannot Lose Them,1,0.3333333333333333,250.50
Lost customers,Potential Loyalist,1,0.3333333333333333,60.00
(no purchase),New Customers,1,0.3333333333333333,5.25
";
    run.is(0, moves, "");
    folder()
        .run(&["rfm", "orders.csv", "--compare", "2025-01-01", "-q"])
        .refuses(2, "error: `--compare 2025-01-01` is not before 2024-04-01\n");
}

#[test]
fn names_and_titles_are_russian_on_request() {
    let run = folder().run(&["rfm", "orders.csv", "--lang", "ru", "--format", "md", "-q"]);
    let first = run.answer().lines().next().unwrap();
    assert!(first.contains("Клиент") && first.contains("Последний заказ"), "{first}");
    assert!(run.stdout.contains("Нельзя потерять"), "{}", run.stdout);
}

#[test]
fn json_carries_the_record_of_the_run() {
    let run = folder().run(&["rfm", "orders.csv", "--format", "json", "-q"]);
    for part in ["\"as_of\":\"2024-04-01\"", "\"accepted\":5", "\"customer_id\":\"anna\""] {
        assert!(run.answer().contains(part), "{part} in {}", run.stdout);
    }
}

#[test]
fn a_file_is_written_in_the_format_of_its_extension() {
    let folder = folder();
    folder.run(&["rfm", "orders.csv", "-o", "scored.tsv", "-q"]).is(0, "", "");
    assert_eq!(folder.read("scored.tsv"), SCORED.replace(',', "\t"));
    for (name, first_bytes) in [("scored.xlsx", "PK"), ("scored.parquet", "PAR1")] {
        folder.run(&["rfm", "orders.csv", "-o", name, "-q"]).is(0, "", "");
        assert!(std::fs::read(folder.path(name)).unwrap().starts_with(first_bytes.as_bytes()));
    }
}

#[test]
fn text_that_a_spreadsheet_would_run_is_defused() {
    let orders =
        "customer_id,order_date,amount\n=HYPERLINK(1),2024-01-31,-5\n=HYPERLINK(1),2024-01-31,7\n";
    let run = Folder::with("orders.csv", orders).run(&["rfm", "orders.csv", "-q"]);
    let line = "'=HYPERLINK(1),2024-01-31,1,1,2.00,5,1,1,511,New Customers";
    assert_eq!(run.answer().lines().nth(1), Some(line));
}

#[test]
fn wrong_options_are_named_with_what_to_write() {
    for (arguments, message) in [
        (
            &["--as-of", "2024-13-01"][..],
            "error: `2024-13-01` is not a date\n\
             hint: write it as YYYY-MM-DD, such as 2026-01-31\n",
        ),
        (
            &["--since", "2024-02-01", "--as-of", "2024-01-01"],
            "error: `--since 2024-02-01` is not before `--as-of 2024-01-01`\n",
        ),
        (
            &["--format", "doc"],
            "error: `doc` is not a format\n\
             hint: it is one of table, csv, tsv, json, ndjson, md, parquet, xlsx\n",
        ),
        (&["--threads", "0"], "error: `--threads 0` leaves nobody to do the work\n"),
        (&["--bins", "5,5"], "error: `--bins 5,5` is neither one number nor three\n"),
        (
            &["--encoding", "klingon"],
            "error: `klingon` is not an encoding that crmstat knows\n\
             hint: use utf-8, utf-16le, utf-16be, windows-1251, windows-1252, koi8-r, ibm866 or \
             another name of the WHATWG encoding standard\n",
        ),
        (
            &["--map", "amount"],
            "error: `--map amount` has no two sides\n\
             hint: write it as in `--map \"amount=Total\"`\n",
        ),
    ] {
        let all = [&["rfm", "orders.csv"], arguments].concat();
        folder().run(&all).refuses(2, message);
    }
}

#[test]
fn an_output_of_no_known_format_is_refused_before_the_work() {
    let folder = folder();
    let run = folder.run(&["rfm", "orders.csv", "-o", "scored.doc"]);
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""));
    assert!(run.stderr.starts_with("error: "), "{}", run.stderr);
    assert_eq!(folder.names(), ["orders.csv"]);
}

#[test]
fn rejected_rows_are_told_kept_and_refused_on_request() {
    let orders = format!("{ORDERS}6,anna,soon,1\n7,,2024-01-02,1\n8,boris,2024-01-02,ten\n9,b\n");
    let folder = Folder::with("orders.csv", orders);
    let run = folder.run(&["rfm", "orders.csv", "--quarantine", "rejected.csv"]);
    assert_eq!(run.answer(), SCORED);
    let told = "\
9 rows read: 5 accepted, 3 rejected, 1 left out (1 without a customer)
  rejected 1: not a date `soon` at orders.csv:7, column `order_date`
  rejected 1: not a number `ten` at orders.csv:9, column `amount`
  rejected 1: the row has fewer cells than the header `9` at orders.csv:10
warning: rows that name no customer count in sales and not here: 1, worth 1.00
3 rejected rows are in `rejected.csv`
";
    assert_eq!(&run.stderr[..told.len()], told);
    let rejected = "\
file,line,column,value,reason,row
orders.csv,7,order_date,soon,not a date,\"6,anna,soon,1\"
orders.csv,9,amount,ten,not a number,\"8,boris,2024-01-02,ten\"
orders.csv,10,,9,the row has fewer cells than the header,\"9,b\"
";
    assert_eq!(folder.read("rejected.csv"), rejected);
    folder.run(&["rfm", "orders.csv", "--strict"]).refuses(
        1,
        "error: orders.csv:7, column `order_date`: not a date: `soon` (3 rows are rejected)\n\
         hint: correct the rows, or leave out `--strict` to go on without them\n",
    );
}
